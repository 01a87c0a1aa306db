"""Where the processor's time goes: every stage of a delivery alone, in one process, without a broker.

The stages are the gateway's own functions on real stores (committed, synced); only the bundles are carried by
hand. Figures are processor time, all threads, so that they add up to what the machine has.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import TypeVar

from benchmarks.drafts import draft
from benchmarks.world import founded
from bus.keystore import NationKeys
from bus.store import bundles, deliveries, lease
from bus.store.bundles import StoredBundle
from bus.store.lease import Lease
from bus.store.writer import Store, Transaction
from drills.load.realm import nations
from entente.state_dir import StateDir
from gateways.context import GatewayContext
from gateways.publishing.publish import accept_draft
from gateways.receiving.filing import file_mail
from gateways.receiving.mail import OpenedMail, open_mail
from gateways.relaying.relay_step import StepOptions, run_step

T = TypeVar("T")

AT_ONCE = 256
_RECEIVE_BATCH = 16


@dataclass(frozen=True)
class Stages:
    """Microseconds of processor time per delivery, by stage, for ``recipients`` per message."""

    recipients: int
    originator: dict[str, float]
    recipient: dict[str, float]


class Desk:
    """One nation's context and store, and the relay's lease on it."""

    def __init__(self, state: StateDir, nation: str) -> None:
        trust = state.realm.trust()
        store = Store.open(state.gateway(nation) / "stages.sqlite3", nation, trust.realm)
        keys = NationKeys.load(state.realm.keys_file(nation))
        self.context = GatewayContext(nation, trust.realm, store, trust, keys, _now, os.urandom)
        self.lease: Lease | None = None

    async def relay(self) -> list[StoredBundle]:
        """Relay steps until nothing waits; their bundles."""
        context = self.context
        taken: list[StoredBundle] = []
        if self.lease is None:
            self.lease = await context.store.write(
                lambda tx: lease.acquire(tx, "stages", _now(), context.limits.lease * 100)
            )
        assert self.lease is not None
        held = self.lease
        options = StepOptions(seal=True, count=False)
        while True:
            result = await context.store.write(lambda tx: run_step(context, tx, held, frozenset(), options))
            taken += result.bundles
            if not result.progressed:
                return taken

    async def confirm(self, sent: list[StoredBundle]) -> None:
        """What the sender records when the broker has confirmed its windows."""
        for start in range(0, len(sent), 64):
            seqs = [bundle.bundle_seq for bundle in sent[start : start + 64]]

            def job(tx: Transaction, seqs: list[int] = seqs, last: int = start + 64) -> None:
                deliveries.mark_sent(tx, seqs, _now(), self.context.limits.resend)
                bundles.confirm(tx, seqs, last)

            await self.context.store.write(job)

    async def open(self, arrived: list[StoredBundle]) -> list[OpenedMail]:
        """Steps 1-11."""
        return [open_mail(self.context, bundle.subject, bundle.sealed) for bundle in arrived]

    async def file(self, mail: list[OpenedMail]) -> None:
        """Steps 12-14, inbox, receipts owed, audit; as many bundles at once as the receiver files."""
        for start in range(0, len(mail), _RECEIVE_BATCH):

            def job(tx: Transaction, part: list[OpenedMail] = mail[start : start + _RECEIVE_BATCH]) -> None:
                for each in part:
                    file_mail(self.context, tx, each)

            await self.context.store.write(job)


async def measure(recipients: int = 3, messages: int = 1000, rounds: int = 3) -> Stages:
    """Batches of messages through every stage, after a small one to warm up; medians of the rounds."""
    count = recipients + 1
    with founded(count) as (state, _):
        ours, theirs = Desk(state, nations(count)[0]), Desk(state, nations(count)[1])
        try:
            await _batch(ours, theirs, nations(count)[1:], 50)
            batches = [await _batch(ours, theirs, nations(count)[1:], messages) for _ in range(rounds)]
        finally:
            await ours.context.store.close()
            await theirs.context.store.close()
    return Stages(
        recipients,
        {stage: median(batch.originator[stage] for batch in batches) for stage in batches[0].originator},
        {stage: median(batch.recipient[stage] for batch in batches) for stage in batches[0].recipient},
    )


async def _batch(ours: Desk, theirs: Desk, recipients: tuple[str, ...], messages: int) -> Stages:
    drafts = [draft(recipients, number) for number in range(messages)]
    total = messages * len(recipients)
    sender: dict[str, float] = {}
    receiver: dict[str, float] = {}

    async def accept() -> None:
        waiting = iter(drafts)

        async def worker() -> None:
            for raw in waiting:
                await accept_draft(ours.context, raw, api_key_id="stages")

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))

    await _timed(sender, "accept", total, accept)
    sealed = await _timed(sender, "relay step: decide, sign, seal, store", total, ours.relay)
    await _timed(sender, "record confirmations", total, lambda: ours.confirm(sealed))
    arrived = [bundle for bundle in sealed if bundle.subject.endswith(recipients[0])]
    mail = await _timed(receiver, "open, verify, parse", messages, lambda: theirs.open(arrived))
    await _timed(receiver, "judge, file, owe receipt", messages, lambda: theirs.file(mail))
    receipts = await _timed(receiver, "relay step: receipts", messages, theirs.relay)
    await _timed(receiver, "record confirmations", messages, lambda: theirs.confirm(receipts))
    answers = await _timed(sender, "open and verify receipts", messages, lambda: ours.open(receipts))
    await _timed(sender, "record receipts", messages, lambda: ours.file(answers))
    return Stages(len(recipients), sender, receiver)


async def _timed(
    figures: dict[str, float], name: str, deliveries_made: int, stage: Callable[[], Awaitable[T]]
) -> T:
    began = time.process_time()
    result = await stage()
    figures[name] = 1e6 * (time.process_time() - began) / deliveries_made
    return result


def _now() -> datetime:
    return datetime.now(UTC)
