"""One nation as a child process: the gateway's exchange as the library runs it, without HTTP."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.children import Answer, answer_commands, settings_given
from benchmarks.drafts import draft
from bus.store import backlog, deadlines, events, inbox
from bus.store.writer import Transaction
from drills.load.processes import resident_bytes
from gateways.collector import collect_seldom
from gateways.context import GatewayContext
from gateways.opening import open_gateway
from gateways.publishing.publish import accept_draft
from gateways.settings import Settings

_KEY = "benchmark"
_LOOK_SECONDS = 0.005


class Nation:
    """Answers the benchmark's commands on one open gateway. Times are of the machine's monotonic clock."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._arrived: list[tuple[int, float]] = []
        self._watching: asyncio.Task[None] | None = None

    async def ready(self) -> Answer:
        """Answered once the relay holds its lease."""
        while not self._context.counters.relay_active:  # noqa: ASYNC110 - the gateway has no such event
            await asyncio.sleep(_LOOK_SECONDS)
        return {"pid": os.getpid()}

    async def load(self, recipients: list[str], count: int, at_once: int) -> Answer:
        """Accept ``count`` drafts, ``at_once`` under way, and wait for the last receipt."""
        drafts = [draft(tuple(recipients), number) for number in range(count)]
        waiting = iter(drafts)

        async def worker() -> None:
            for raw in waiting:
                await accept_draft(self._context, raw, api_key_id=_KEY)

        cpu = time.process_time()
        began = time.monotonic()
        await asyncio.gather(*(worker() for _ in range(at_once)))
        accepted = time.monotonic()
        await self._settled()
        ended = time.monotonic()
        return {
            "seconds": ended - began,
            "accept_seconds": accepted - began,
            "cpu_seconds": time.process_time() - cpu,
        }

    async def idle(self, recipients: list[str], count: int, pause: float, seconds: float) -> Answer:
        """Accept drafts one at a time, each after the receipts of the one before: when, by message id."""
        sent: dict[str, float] = {}
        ends = time.monotonic() + seconds
        for number in range(count):
            if time.monotonic() > ends:
                break
            raw = draft(tuple(recipients), number)
            began = time.monotonic()
            accepted = await accept_draft(self._context, raw, api_key_id=_KEY)
            sent[accepted.answer.message_id] = began
            await self._settled()
            await asyncio.sleep(pause)
        return {"sent": sent}

    async def arrivals(self) -> Answer:
        """When each message came to stand in the inbox, by message id, since last asked; noted from the
        first time on."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(self._context.inbox.latest))
        noted, self._arrived = self._arrived, []
        if not noted:
            return {"arrived": {}}
        first = noted[0][0]

        def look(tx: Transaction) -> dict[int, str]:
            return {row.inbox_seq: row.message_id for row in inbox.list_after(tx, first - 1, limit=100_000)}

        ids = await self._context.store.read(look)
        return {"arrived": {ids[seq]: at for seq, at in noted}}

    async def counts(self) -> Answer:
        """Totals of what the flows counted."""
        counters = self._context.counters
        return {
            "bundles_sent": counters.bundles_sent,
            "deliveries_sent": counters.deliveries_sent,
            "bundles_received": counters.bundles_received,
            "receipts_recorded": counters.receipts_recorded,
        }

    async def usage(self) -> Answer:
        """Processor seconds used so far, resident bytes, messages in the inbox."""
        count = await self._context.store.read(inbox.latest_seq)
        return {"cpu_seconds": time.process_time(), "resident": resident_bytes(os.getpid()), "inbox": count}

    async def accept(self, recipients: list[str], numbers: list[int], at_once: int, due: str) -> Answer:
        """Accept the drafts with these numbers, to be acknowledged by ``due``, without waiting for more."""
        waiting = iter(range(*numbers))

        async def worker() -> None:
            for number in waiting:
                raw = draft(tuple(recipients), number, due)
                await accept_draft(self._context, raw, api_key_id=_KEY)

        await asyncio.gather(*(worker() for _ in range(at_once)))
        return {}

    async def standing(self) -> Answer:
        """What waits, by what for; what is overdue; the feed's last number; how long a commit waits now."""

        def look(tx: Transaction) -> Answer:
            rows = backlog.per_recipient(tx)
            overdue: dict[str, int] = {}
            for (_, awaited), count in deadlines.count_overdue(tx).items():
                overdue[awaited.value] = overdue.get(awaited.value, 0) + count
            return {
                "queued": sum(row.queued + row.sealed for row in rows),
                "unreceipted": sum(row.unreceipted for row in rows),
                "overdue": overdue,
                "events": events.latest_seq(tx),
            }

        found = await self._context.store.read(look)
        began = time.monotonic()
        await self._context.store.write(_touch)
        return {**found, "commit_seconds": time.monotonic() - began}

    async def _settled(self) -> None:
        """Wait until every delivery has its receipt recorded and committed."""
        while True:
            rows = await self._context.store.read(backlog.per_recipient)
            if not any(row.queued or row.sealed or row.unreceipted for row in rows):
                return
            # Counting costs time that grows with what waits, so look seldom while much does.
            waiting = sum(row.queued + row.sealed + row.unreceipted for row in rows)
            await asyncio.sleep(_LOOK_SECONDS if waiting < 2000 else 20 * _LOOK_SECONDS)

    async def _watch(self, seen: int) -> None:
        while True:
            latest = await self._context.inbox.wait_beyond(seen)
            at = time.monotonic()
            self._arrived += ((seq, at) for seq in range(seen + 1, latest + 1))
            seen = latest


def _touch(tx: Transaction) -> None:
    tx.execute("UPDATE meta SET value = value WHERE key = 'format'")


async def _serve(given: dict[str, Any]) -> None:
    for name in ("state_dir", "keys_file", "trust_dir"):
        given[name] = Path(given[name])
    async with open_gateway(Settings(**given)) as opened:
        nation = Nation(opened.context)
        commands = (nation.ready, nation.load, nation.idle, nation.arrivals, nation.usage, nation.counts)
        commands_of_backlog = (nation.accept, nation.standing)
        await answer_commands({each.__name__: each for each in (*commands, *commands_of_backlog)})


if __name__ == "__main__":
    collect_seldom()  # as a gateway's own process does
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings_given()))
    sys.exit(0)
