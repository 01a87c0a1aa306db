"""A program of a realm as a child process: started, watched, started again when it died, stopped.

The child gets a pipe as its standard input and stops by itself when that ends, so it never outlives us,
whatever ends us. It has its own session: Ctrl-C in a terminal reaches the parent, which stops it in order. It
is forked from a process that has read its modules (`starter.py`).
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from entente.ending_tasks import ended
from entente.starter import Started, starter_of

PATIENCE_STOP = 8.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0


class ChildProcess:
    """`entente` with these arguments and variables; ``name`` is what it is called in what is told."""

    def __init__(
        self,
        name: str,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        log: Path,
        report: Callable[[str], None],
        lock: int | None = None,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._report = report
        self._inherited = () if lock is None else (lock,)
        self._process: Started | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id while it lives."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start the process and the watch over it, also after `stop`."""
        self._stopping = False
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that did not help in time."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
                process.send_signal(signal.SIGCONT)  # else one that stands still would not hear of it
            try:
                await asyncio.wait_for(process.wait(), PATIENCE_STOP)
            except TimeoutError:
                self._report(f"{self.name} did not stop in time and was killed")
                self.kill()
                await process.wait()
        if self._watch is not None:
            await ended(self._watch, f"the watch over {self.name}", self._report)

    async def crash(self) -> None:
        """SIGKILL, and stay away until `start`."""
        self._stopping = True
        self.kill()
        await self.stop()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: a crash. The watch starts it again."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _spawn(self) -> None:
        starter = await starter_of(self._arguments[0])
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = starter.start(
                self.name.removeprefix("the "),
                (*self._arguments, "--until-stdin-ends"),
                {**os.environ, **self._environment},
                stdout=descriptor,
                stderr=descriptor,
                kept=self._inherited,
            )
        finally:
            os.close(descriptor)

    async def _keep_alive(self) -> None:
        pause = FIRST_PAUSE
        while True:
            process = self._process
            if process is None:
                return
            began = asyncio.get_running_loop().time()
            code = await process.wait()
            if self._stopping:
                return
            if asyncio.get_running_loop().time() - began > 6 * LONGEST_PAUSE:
                pause = FIRST_PAUSE
            self._report(f"{self.name} ended ({_how(code)}); starting it again in {pause:.1f} s")
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)
            await self._spawn_at_last(pause)

    async def _spawn_at_last(self, pause: float) -> None:
        """Start the process again, however often this machine refuses to."""
        while True:
            try:
                return await self._spawn()
            except OSError as error:
                self._report(f"{self.name} cannot be started ({error.strerror}); trying in {pause:.1f} s")
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)

    @property
    def ended_badly(self) -> bool:
        """Whether it ended, and not because it was told to."""
        process = self._process
        return process is not None and process.returncode not in (None, 0, -signal.SIGTERM)

    def last_line(self) -> str:
        """The last line of its log, and where that is."""
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return (lines[-1][:500] if lines else "it wrote nothing") + f" (log: {self._log})"


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
