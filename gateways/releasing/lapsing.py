"""What nobody confirmed in time is withheld: a keeper that wakes when the first deadline comes."""

import asyncio
import contextlib
import logging

from bus.store import pending
from bus.store.errors import StoreError
from bus.store.pending import Outcome
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.releasing.second_person import end_unreleased

_log = logging.getLogger(__name__)

ACTOR = "gateway"
LOOK_SECONDS = 15.0
"""Longest time between two looks at the clock, which may be set while nothing else happens."""
PAGE = 100


class ReleaseKeeper:
    """Runs until ``stop``. A deadline holds without it: after it a confirmation is refused."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.create_task(self._run(), name=f"releases {self._context.nation}")

    async def stop(self) -> None:
        """End after the look in hand."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            self._context.releases_changed.clear()
            pause = LOOK_SECONDS
            try:
                pause = await lapse(self._context)
            except StoreError as error:
                _log.warning("releases that wait cannot lapse yet: %s", type(error).__name__)
                self._context.counters.storage_faults += 1
            except Exception:  # noqa: BLE001 - logged with its trace; the keeper must go on
                _log.exception("letting releases lapse failed")
                self._context.counters.alarm_faults += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._context.releases_changed.wait()


async def lapse(context: GatewayContext) -> float:
    """Withhold what nobody confirmed in time, and count what waits; seconds until the next look."""

    def job(tx: Transaction) -> int:
        now, withheld = context.now(), 0
        for found in pending.overdue(tx, now, PAGE):
            withheld += end_unreleased(context, tx, found, Outcome.LAPSED, ACTOR, now).withheld
        return withheld

    count, first = await context.store.read(pending.outlook)
    while first is not None and first <= context.now():
        context.counters.deliveries_withheld += await context.store.write(job)
        count, first = await context.store.read(pending.outlook)
    context.counters.releases_waiting = count
    if first is None:
        return LOOK_SECONDS
    return min(LOOK_SECONDS, max(0.0, (first - context.now()).total_seconds()))
