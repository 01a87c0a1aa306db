"""One gateway as a child process: started, watched, started again when it died, stopped.

The child gets a pipe as its standard input and stops by itself when that ends, so it never outlives us,
whatever ends us. It has its own session: Ctrl-C in a terminal reaches the parent, which stops it in order.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

PATIENCE_READY = 60.0
PATIENCE_STOP = 8.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
_POLL = 0.05


class GatewayDiedError(Exception):
    """A gateway did not come up; the text holds its last log line."""


class GatewayProcess:
    """The gateway of one nation. `settings` become `ENTENTE_GATEWAY_<NAME>` variables of the child."""

    def __init__(
        self,
        nation: str,
        settings: Mapping[str, str],
        log: Path,
        report: Callable[[str], None],
        lock: int | None = None,
    ) -> None:
        self.nation = nation
        self.url = f"http://{settings['host']}:{settings['port']}"
        self._environment = {f"ENTENTE_GATEWAY_{name.upper()}": value for name, value in settings.items()}
        self._log = log
        self._report = report
        self._inherited = () if lock is None else (lock,)
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id while the gateway lives."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start the process and the watch over it, also after `stop`; `wait_ready` waits for the gateway."""
        self._stopping = False
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_alive())

    async def wait_ready(self, client: httpx.AsyncClient, patience: float = PATIENCE_READY) -> None:
        """Return once the gateway says that it is ready and connected to the broker.

        GatewayDiedError when its process ended with an error, or `patience` seconds went by.
        """
        state = "it did not answer"
        try:
            async with asyncio.timeout(patience):
                while True:
                    process = self._process
                    if process is not None and process.returncode not in (None, 0, -signal.SIGTERM):
                        raise GatewayDiedError(f"the gateway of {self.nation} ended: {self._last_line()}")
                    with contextlib.suppress(httpx.TransportError):
                        answer = await client.get(f"{self.url}/readyz", timeout=5.0)
                        if answer.status_code == 200 and answer.json().get("broker_connected"):
                            return
                        state = f"it is not ready (/readyz answers {answer.status_code})"
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            raise GatewayDiedError(
                f"the gateway of {self.nation} was not ready after {patience:.0f} s: {state}; "
                f"{self._last_line()}"
            ) from None

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that did not help in time."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), PATIENCE_STOP)
            except TimeoutError:
                self._report(f"the gateway of {self.nation} did not stop in time and was killed")
                self.kill()
                await process.wait()
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch

    def kill(self) -> None:
        """SIGKILL: the crash of a gateway. The watch starts it again."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _spawn(self) -> None:
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "entente",
                "gateway",
                "run",
                "--until-stdin-ends",
                env={**os.environ, **self._environment},
                stdin=asyncio.subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                pass_fds=self._inherited,
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
            self._report(
                f"the gateway of {self.nation} ended ({_how(code)}); starting it again in {pause:.1f} s"
            )
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)
            await self._spawn()

    def _last_line(self) -> str:
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return (lines[-1][:500] if lines else "it wrote nothing") + f" (log: {self._log})"


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
