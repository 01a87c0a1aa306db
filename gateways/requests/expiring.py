"""What is not answered at LTIOV expires: a keeper that wakes when the first one comes, and tells it."""

import asyncio
import contextlib
import logging

from bus.store import requests
from bus.store.errors import StoreError
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.requests.standing import refresh

_log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""Longest time between two looks at the clock, which may be set while nothing else happens."""
PAGE = 100


class RequestKeeper:
    """Runs until ``stop``. LTIOV holds without it: it only tells that it has passed."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.create_task(self._run(), name=f"requests {self._context.nation}")

    async def stop(self) -> None:
        """End after the look in hand."""
        if self._task is not None:
            self._stopping.set()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while not self._stopping.is_set():
            pause = LOOK_SECONDS
            try:
                pause = await expire(self._context)
            except StoreError as error:
                _log.warning("requests cannot expire yet: %s", type(error).__name__)
                self._context.counters.storage_faults += 1
            except Exception:  # noqa: BLE001 - logged with its trace; the keeper must go on
                _log.exception("letting requests expire failed")
                self._context.counters.alarm_faults += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()


async def expire(context: GatewayContext) -> float:
    """Tell of every request whose LTIOV has passed; seconds until the next look."""

    def job(tx: Transaction) -> None:
        now = context.now()
        for party in requests.expiring(tx, now, PAGE):
            refresh(tx, party, now)

    following = await context.store.read(requests.next_expiry)
    while following is not None and following < context.now():
        await context.store.write(job)
        following = await context.store.read(requests.next_expiry)
    if following is None:
        return LOOK_SECONDS
    return min(LOOK_SECONDS, max(0.1, (following - context.now()).total_seconds()))
