"""Ctrl-C, SIGTERM or the end of the terminal as an event, and running something until it comes."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

WANTED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C, SIGTERM or the end of the terminal sets."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in WANTED:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in WANTED:
            loop.remove_signal_handler(number)


@dataclass
class Stop:
    """The word to stop. Until it is `awaited`, it cancels the work; from then on the work ends by itself."""

    came: asyncio.Event
    _heeded: bool = False

    async def awaited(self) -> None:
        """Wait for the word."""
        self._heeded = True
        await self.came.wait()

    async def ends(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work until it is done; cancelled by the word, it clears up after itself."""
        running, came = asyncio.create_task(work), asyncio.create_task(self.came.wait())
        await asyncio.wait((running, came), return_when=asyncio.FIRST_COMPLETED)
        if not self._heeded:
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        came.cancel()


def run_until_stopped(work: Callable[[Stop], Coroutine[Any, Any, None]]) -> None:
    """Run the work in a loop of its own, until it is done or a signal stops it."""

    async def main() -> None:
        with stop_signals() as came:
            stop = Stop(came)
            await stop.ends(work(stop))

    asyncio.run(main())
