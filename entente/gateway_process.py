"""One gateway as a child process, until it is ready and beyond."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from entente.child_process import ChildProcess

PATIENCE_READY = 60.0
_POLL = 0.05


class GatewayDiedError(Exception):
    """A gateway or console did not come up; the text holds its last log line."""


class GatewayProcess(ChildProcess):
    """The gateway of one nation. `settings` become `ENTENTE_GATEWAY_<NAME>` variables of the child.

    ``clock``: a file that says how far its clock is ahead, for a gateway whose clock can be set.
    """

    def __init__(
        self,
        nation: str,
        settings: Mapping[str, str],
        log: Path,
        report: Callable[[str], None],
        lock: int | None = None,
        clock: Path | None = None,
    ) -> None:
        environment = {f"ENTENTE_GATEWAY_{name.upper()}": value for name, value in settings.items()}
        run = ("gateway", "run") if clock is None else ("gateway", "drilled", str(clock))
        super().__init__(f"the gateway of {nation}", run, environment, log, report, lock)
        self.url = f"http://{settings['host']}:{settings['port']}"
        self.clock = clock

    async def wait_ready(self, client: httpx.AsyncClient, patience: float = PATIENCE_READY) -> None:
        """Return once the gateway says that it is ready and connected to the broker.

        GatewayDiedError when its process ended with an error, or `patience` seconds went by.
        """
        state = "it did not answer"
        try:
            async with asyncio.timeout(patience):
                while True:
                    if self.ended_badly:
                        raise GatewayDiedError(f"{self.name} ended: {self.last_line()}")
                    with contextlib.suppress(httpx.TransportError):
                        answer = await client.get(f"{self.url}/readyz", timeout=5.0)
                        if answer.status_code == 200 and answer.json().get("broker_connected"):
                            return
                        state = f"it is not ready (/readyz answers {answer.status_code})"
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            raise GatewayDiedError(
                f"{self.name} was not ready after {patience:.0f} s: {state}; {self.last_line()}"
            ) from None
