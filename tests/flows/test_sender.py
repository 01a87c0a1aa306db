"""What the relay's sender does with a broker's answers, one by one: the test is the broker."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.ports import Mailbox, OutboundBundle, PublishRefused, PublishResult
from bus.protocol.subjects import Subject
from bus.protocol.trust import TrustStore
from bus.store import audit, bundles, lease, publications
from bus.store.errors import LeaseLost
from bus.store.writer import Transaction
from gateways.context import FlowLimits, GatewayContext
from gateways.publishing.accepted import Accepted
from gateways.publishing.publish import accept_draft
from gateways.relaying import sending
from gateways.relaying.relay import Relay
from gateways.relaying.relay_step import StepOptions, run_step
from gateways.relaying.restraint import BACKOFF_SECONDS
from gateways.relaying.sending import TRIES_BEFORE_DROPPING, Sender
from schemas.audit import AuditEvent, AuditRecord
from schemas.wire import Lane
from tests.broker_fixtures import WAIT
from tests.flows.world import Clock, ObservedStore, draft
from tests.realm_fixtures import TestRealm


@dataclass
class Window:
    """What was published at once, and the answer that it waits for."""

    items: Sequence[OutboundBundle]
    expected_last: int
    answer: "asyncio.Future[PublishResult]"
    broker: "HeldBroker"

    @property
    def recipients(self) -> list[str]:
        return [Subject.parse(item.subject).recipient for item in self.items]

    def store(self) -> None:
        self.broker.last = self.expected_last + len(self.items)
        self.answer.set_result(PublishResult(len(self.items), self.expected_last + len(self.items)))

    def refuse(self) -> None:
        self.answer.set_result(PublishResult(0, self.expected_last, error=PublishRefused("not this one")))

    def say_where_it_ends(self) -> None:
        """The stream ends elsewhere: nothing of the window is stored."""
        self.answer.set_result(PublishResult(0, self.expected_last, actual_last=self.broker.last))


class HeldBroker:
    """Transport and Publisher ports: always connected, and answers when the test says so."""

    connected = True

    def __init__(self) -> None:
        self._windows: asyncio.Queue[Window] = asyncio.Queue()
        self.last = 0

    @property
    def publisher(self) -> "HeldBroker":
        return self

    async def publish_window(self, items: Sequence[OutboundBundle], expected_last: int) -> PublishResult:
        if expected_last == sending.NEVER_A_SEQUENCE:
            return PublishResult(0, expected_last, actual_last=self.last)
        window = Window(items, expected_last, asyncio.get_running_loop().create_future(), self)
        self._windows.put_nowait(window)
        return await window.answer

    async def window(self) -> Window:
        """The next that is published."""
        async with asyncio.timeout(WAIT):
            return await self._windows.get()

    def mailbox(self, lane: Lane) -> Mailbox:
        raise AssertionError(f"nothing is received here: {lane}")

    async def wait_connected(self, within: float | None = None) -> None:
        return

    async def wait_disconnected(self, within: float | None = None) -> None:
        await asyncio.Event().wait()


class Alone:
    """One nation's store and relay before a held broker."""

    def __init__(self, directory: Path, realm: TestRealm) -> None:
        self.clock = Clock()
        self.store = ObservedStore.open(directory / "XAA.db", "XAA", realm.id, now=self.clock)
        self.store.committed, self.store.failed = asyncio.Event(), asyncio.Event()
        self.context = GatewayContext(
            nation="XAA",
            realm=realm.id,
            store=self.store,
            trust=TrustStore.open(realm.id, realm.envelopes),
            keys=realm.keys["XAA"],
            now=self.clock,
            randomness=os.urandom,
            limits=FlowLimits(lease=timedelta(hours=1)),
        )
        self.broker = HeldBroker()
        self.relay = Relay(self.context, self.broker, "XAA")

    async def publish(self, *nations: str, **options: Any) -> Accepted:
        return (await accept_draft(self.context, draft(nations, **options), api_key_id="test")).answer

    async def state(self, accepted: Accepted, wanted: str) -> None:
        """Wait until the publication's only delivery is in this state."""

        def look(tx: Transaction) -> str:
            detail = publications.get(tx, accepted.publication_id)
            assert detail is not None
            return detail.publication.deliveries[0].state

        await self.store.until(look, lambda state: state == wanted)

    async def evidence(self, event: AuditEvent) -> list[AuditRecord]:
        found = await self.store.read(lambda tx: audit.list_after(tx, limit=1000, event=event))
        return [AuditRecord.model_validate_json(entry.record) for entry in found]


@pytest.fixture
async def alone(tmp_path: Path, realm: TestRealm) -> AsyncIterator[Alone]:
    alone = Alone(tmp_path, realm)
    yield alone
    await alone.store.close()


async def test_a_bundle_refused_thrice_holds_up_nobody_and_is_sealed_anew_later(
    alone: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BACKOFF_SECONDS", (0.0,))
    alone.relay.start()
    unlucky = await alone.publish("XBB")
    window = await alone.broker.window()
    other = await alone.publish("XCC")
    await alone.state(other, "sealed")
    for _ in range(TRIES_BEFORE_DROPPING - 1):
        window.refuse()
        window = await alone.broker.window()
        assert window.recipients[0] == "XBB"
    window.refuse()
    window = await alone.broker.window()
    assert window.recipients == ["XCC"]
    await alone.state(unlucky, "queued")
    window.store()
    await alone.state(other, "sent")
    (record,) = await alone.evidence(AuditEvent.DELIVERY_SET_ASIDE)
    assert (record.partner, record.count) == ("XBB", 1)
    assert alone.context.counters.alarm_publish_refused == TRIES_BEFORE_DROPPING
    assert alone.context.counters.alarm_set_aside == 1
    assert [sent.partner for sent in await alone.evidence(AuditEvent.DELIVERY_SENT)] == ["XCC"]

    later = await alone.publish("XBB")
    window = await alone.broker.window()
    window.store()
    await alone.state(later, "sent")
    await alone.state(unlucky, "queued")
    alone.clock.move(alone.context.limits.resend.first)
    alone.context.relay_wanted.set()
    window = await alone.broker.window()
    assert window.recipients[0] == "XBB"
    window.store()
    await alone.state(unlucky, "sent")
    serials = await alone.store.read(
        lambda tx: tx.execute("SELECT serial, attempts FROM delivery WHERE delivery_seq = 1").fetchall()
    )
    assert serials == [(1, 2)]
    await alone.relay.stop()


async def test_a_bundle_of_another_writer_is_not_taken_for_what_was_refused(
    alone: Alone,
) -> None:
    alone.relay.start()
    first = await alone.publish("XBB")
    (await alone.broker.window()).store()
    await alone.state(first, "sent")
    alone.broker.last += 1  # by somebody with our credentials
    ours = await alone.publish("XCC")
    (await alone.broker.window()).say_where_it_ends()
    # Everything without a receipt leaves again behind it: the first, and ours, which never was there.
    recipients: list[str] = []
    while len(recipients) < 2:
        window = await alone.broker.window()
        assert window.expected_last == alone.broker.last
        recipients += window.recipients
        window.store()
    assert sorted(recipients) == ["XBB", "XCC"]
    await alone.state(ours, "sent")
    assert alone.context.counters.alarm_broker_foreign == 1
    await alone.relay.stop()


async def test_who_lost_the_lease_records_no_confirmation(alone: Alone) -> None:
    context, store = alone.context, alone.store
    accepted = await alone.publish("XBB")
    held = await store.write(lambda tx: lease.acquire(tx, "XAA", alone.clock(), context.limits.lease))
    assert held is not None
    options = StepOptions(seal=True, count=False)
    await store.write(lambda tx: run_step(context, tx, held, frozenset(), options))
    sender = await Sender.load(context, alone.broker, held)
    sending_task = asyncio.create_task(sender.run())
    window = await alone.broker.window()
    alone.clock.move(context.limits.lease + timedelta(seconds=1))
    assert await store.write(lambda tx: lease.acquire(tx, "other", alone.clock(), context.limits.lease))
    window.store()
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(sending_task, WAIT)
    assert await store.read(bundles.count_unconfirmed) == 1
    assert await store.read(bundles.broker_position) == 0
    assert await alone.evidence(AuditEvent.DELIVERY_SENT) == []
    await alone.state(accepted, "sealed")


async def test_bundles_never_wait_for_company(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    """No timer of the relay's ever goes off here: what leaves has not waited for one."""
    loop, test = asyncio.get_running_loop(), asyncio.current_task()
    call_at = loop.call_at

    def never(when: float, callback: Any, *args: Any, **options: Any) -> asyncio.TimerHandle:
        return call_at(when if asyncio.current_task() is test else when + 1e6, callback, *args, **options)

    monkeypatch.setattr(loop, "call_at", never)
    alone.relay.start()
    await alone.publish("XBB")
    first = await alone.broker.window()
    assert (len(first.items), alone.context.counters.deliveries_sealed) == (1, 1)
    second = await alone.publish("XBB")
    # Sealed while the broker has not answered yet, and before there is any third.
    await alone.state(second, "sealed")
    third = await alone.publish("XBB")
    await alone.state(third, "sealed")
    first.store()
    left = 0
    while left < 2:
        window = await alone.broker.window()
        left += len(window.items)
        window.store()
    await alone.state(third, "sent")
    await alone.relay.stop()


@pytest.fixture
def rested(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the sender slept, without the sleep. Others on this loop sleep as ever."""
    rested: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        task = asyncio.current_task()
        if task is None or not task.get_name().startswith("sender "):
            await sleep(seconds)
            return
        rested.extend([seconds] if seconds else [])
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    return rested


async def test_a_broker_that_contradicts_itself_is_not_asked_as_fast_as_it_answers(
    alone: Alone, rested: list[float]
) -> None:
    alone.relay.start()
    accepted = await alone.publish("XBB")
    for _ in range(4):
        (await alone.broker.window()).say_where_it_ends()  # just where it was expected
    (await alone.broker.window()).store()
    await alone.state(accepted, "sent")
    assert rested == list(BACKOFF_SECONDS[:4])
    # Once is what a link that swaps bundles does.
    assert alone.context.counters.alarm_publish_refused == 3
    await alone.relay.stop()


async def test_a_broker_that_always_holds_more_is_followed_ever_more_slowly(
    alone: Alone, rested: list[float]
) -> None:
    alone.relay.start()
    accepted = await alone.publish("XBB")
    for _ in range(4):
        window = await alone.broker.window()
        alone.broker.last += 5
        window.say_where_it_ends()
    (await alone.broker.window()).store()
    await alone.state(accepted, "sent")
    # The first time is what an old backup sees, too: that does not wait.
    assert rested == list(BACKOFF_SECONDS[:3])
    assert alone.context.counters.alarm_broker_foreign == 4
    await alone.relay.stop()
