"""A keeper: looks after one thing in the background, again and again, until the gateway stops."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from bus.store.errors import StoreError
from gateways.context import GatewayContext

_log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""Longest time between two looks at the clock, which may be set while nothing else happens."""
REST_AFTER_FAULT_SECONDS = 1.0
"""After a look that failed, so long nothing wakes the keeper: what failed may fail at every waking."""
LONGEST_REST_SECONDS = 1.0

Ending = Callable[[], bool]
"""Whether the keeper is to end: a look of many steps asks between two of them."""
Look = Callable[[Ending], Awaitable[float]]
"""One look; seconds until the next. May raise anything."""


def never() -> bool:
    """The `Ending` of a look that nobody ends."""
    return False


class Keeper:
    """Looks when it starts, when woken, and when the pause that the last look named is over.

    ``subject``: what it looks after, for the log. ``wake``: an event that others set to have it look at once.
    ``longest``: seconds until the next look after one that failed. ``rest``: after each look nothing wakes
    it for so many times as long as that took, at most `LONGEST_REST_SECONDS`.
    """

    def __init__(
        self,
        context: GatewayContext,
        subject: str,
        look: Look,
        *,
        wake: asyncio.Event | None = None,
        longest: float = LOOK_SECONDS,
        rest: float = 0.0,
    ) -> None:
        self.look = look
        self._context = context
        self._subject = subject
        self._wanted = asyncio.Event() if wake is None else wake
        self._longest = longest
        self._rest = rest
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background, with a first look."""
        self._ending.clear()
        self._task = asyncio.create_task(self._run(), name=f"{self._subject} {self._context.nation}")

    def wake(self) -> None:
        """Look at once."""
        self._wanted.set()

    async def stop(self) -> None:
        """End after the step in hand: what it commits is counted and told too."""
        if self._task is not None:
            self._ending.set()
            self._wanted.set()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._ending.is_set():
            self._wanted.clear()
            counters = self._context.counters
            began, pause, rest = clock(), self._longest, REST_AFTER_FAULT_SECONDS
            try:
                pause = await self.look(self._ending.is_set)
                rest = min(LONGEST_REST_SECONDS, self._rest * (clock() - began))
            except StoreError as error:
                _log.warning("%s wait for the store: %s", self._subject, type(error).__name__)
                counters.storage_faults += 1
            except Exception:  # noqa: BLE001 - logged with its trace; the keeper must go on
                _log.exception("looking after %s failed", self._subject)
                counters.alarm_faults += 1
            if rest:
                await _within(self._ending, rest)
            if not self._ending.is_set():
                await _within(self._wanted, max(0.0, pause - rest))


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Until the event, or so many seconds have passed."""
    # Not wait_for: where the event comes with a cancellation, Python 3.11's would swallow that.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
