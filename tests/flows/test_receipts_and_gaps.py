"""What is lost on the way is noticed, asked for and filled; what was filed is never filed twice."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from bus.ports import IncomingBundle, Mailbox
from bus.store import deliveries, lanes
from bus.store.waiting import take_waiting
from bus.store.writer import Transaction
from gateways.receiving.control_in import ROWS_PER_BUNDLE, ControlReader
from schemas.audit import AuditEvent
from schemas.control import Control, ResendRequest, SerialRange
from schemas.header import Mode
from schemas.wire import Lane
from tests.agreed_realm import bring_agreed
from tests.broker_fixtures import WAIT
from tests.flows.world import Gateway, World, subjects
from tests.realm_fixtures import AgreementPlan


class LossyMailbox:
    """While `losing`, bundles are acknowledged to the broker and never seen by the gateway."""

    def __init__(self, inner: Mailbox) -> None:
        self._inner = inner
        self.losing = True
        self.lost = asyncio.Event()

    async def fetch(self, limit: int = 64, wait: float = 1.0) -> Sequence[IncomingBundle]:
        found = await self._inner.fetch(limit, wait)
        if not self.losing:
            return found
        for bundle in found:
            await bundle.ack()
            self.lost.set()
        return []


async def lossy(gateway: Gateway, lane: Lane) -> LossyMailbox:
    """Make a running gateway lose its mail of one lane."""
    receiver = gateway.exchange.receivers[lane]
    await receiver.stop()
    mailbox = LossyMailbox(receiver.mailbox)
    receiver.mailbox = mailbox  # type: ignore[assignment]
    receiver.start()
    return mailbox


async def test_a_gap_is_asked_for_at_once_filled_and_marked_late(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    mailbox = await lossy(bravo, Lane.NORMAL)
    lost = await alfa.publish("XBB", subject="lost")
    await alfa.states(lost, {"XBB": "sent"})
    await alfa.evidence(AuditEvent.DELIVERY_SENT)
    await asyncio.wait_for(mailbox.lost.wait(), WAIT)
    mailbox.losing = False
    await alfa.publish("XBB", subject="seen")
    mail = await bravo.mail(2)
    assert subjects(mail) == ["seen", "lost"]
    assert [(entry.serial, entry.late) for entry in mail] == [(2, False), (1, True)]
    await alfa.states(lost, {"XBB": "delivered"})
    for event in (AuditEvent.LANE_GAP, AuditEvent.RESEND_REQUESTED, AuditEvent.LANE_GAP_CLOSED):
        (record,) = await bravo.evidence(event)
        assert (record.partner, record.lane, record.serial, record.count) == ("XAA", Lane.NORMAL, 1, 1)


async def test_a_delivery_without_a_receipt_is_sent_again_and_receipted_again(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    receipts = alfa.exchange.receivers[Lane.CONTROL]
    await receipts.stop()
    accepted = await alfa.publish("XBB")
    await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "sent"})
    world.clock.move(timedelta(hours=1))
    alfa.exchange.context.relay_wanted.set()
    await alfa.evidence(AuditEvent.DELIVERY_RESENT)
    await bravo.evidence(AuditEvent.MESSAGE_DUPLICATE)
    await bravo.evidence(AuditEvent.DELIVERY_SENT, 2)
    receipts.start()
    await alfa.states(accepted, {"XBB": "delivered"})
    assert len(await bravo.mail(1)) == 1
    assert len(await alfa.evidence(AuditEvent.RECEIPT_RECORDED)) == 1


async def test_a_serial_that_may_no_longer_be_sent_is_voided(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    mailbox = await lossy(bravo, Lane.NORMAL)
    secret = await alfa.publish("XBB", label={"classification": "NATO SECRET"}, subject="secret")
    await alfa.states(secret, {"XBB": "sent"})
    await asyncio.wait_for(mailbox.lost.wait(), WAIT)
    mailbox.losing = False
    lower = world.realm.agree(AgreementPlan(highest=(("NATO", "NATO RESTRICTED"),)))
    await bring_agreed(alfa.exchange.context, lower.envelopes)
    await bravo.evidence(AuditEvent.TRUST_CHANGED)
    await bring_agreed(bravo.exchange.context, lower.envelopes)
    await alfa.publish("XBB", subject="open")
    (filed,) = await bravo.mail(1)
    assert filed.serial == 2
    key = lanes.LaneKey("XAA", Mode.OPERATION, Lane.NORMAL, filed.epoch)
    await alfa.evidence(AuditEvent.DELIVERY_VOIDED)
    await alfa.states(secret, {"XBB": "withheld"})
    await bravo.evidence(AuditEvent.LANE_GAP_CLOSED)
    (gap,) = await bravo.evidence(AuditEvent.LANE_GAP)
    assert (gap.lane_epoch, gap.serial) == (key.epoch, 1)
    assert await bravo.store.read(lambda tx: lanes.missing(tx, key)) == ()
    assert len(await bravo.mail(1)) == 1


async def test_a_lost_receipt_is_no_hole_for_ever(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    mailbox = await lossy(alfa, Lane.CONTROL)
    first = await alfa.publish("XBB", subject="first")
    await bravo.mail(1)
    await bravo.evidence(AuditEvent.DELIVERY_SENT)
    await asyncio.wait_for(mailbox.lost.wait(), WAIT)
    mailbox.losing = False
    second = await alfa.publish("XBB", subject="second")
    await alfa.states(second, {"XBB": "delivered"})
    await alfa.evidence(AuditEvent.LANE_GAP)
    await alfa.evidence(AuditEvent.LANE_GAP_CLOSED)
    world.clock.move(timedelta(hours=1))
    alfa.exchange.context.relay_wanted.set()
    await alfa.states(first, {"XBB": "delivered"})
    assert subjects(await bravo.mail(2)) == ["first", "second"]


async def test_a_request_that_names_the_same_serials_over_and_over_is_answered_once(world: World) -> None:
    alfa = await world.gateway("XAA")
    for number in range(3):
        await alfa.states(await alfa.publish("XBB", subject=f"number {number}"), {"XBB": "sent"})
    await alfa.evidence(AuditEvent.DELIVERY_SENT)
    await alfa.exchange.relay.stop()
    now, context = world.clock(), alfa.exchange.context
    epoch = await alfa.store.read(
        lambda tx: deliveries.lane_position(tx, "XBB", Mode.OPERATION, Lane.NORMAL)[0]
    )
    everything = SerialRange(mode=Mode.OPERATION, lane=Lane.NORMAL, lane_epoch=epoch, first=1, last=10**6)
    request = Control(v=1, control=ResendRequest(type="resend_request", ranges=(everything,) * 100))

    def job(tx: Transaction) -> int:
        reader = ControlReader(context, tx, context.evidence("test", now), "XBB", now)
        for _ in range(64):
            reader.read(request, Mode.OPERATION)
        reader.finish()
        return reader.room

    before = context.counters.deliveries_resent
    room = await alfa.store.write(job)
    assert context.counters.deliveries_resent - before == 3
    assert room == ROWS_PER_BUNDLE - 3, "they cost what they name once"
    waiting = await alfa.store.read(lambda tx: take_waiting(tx, limit=1000, blocked=frozenset()))
    assert [row.serial for row in waiting.deliveries if row.lane is Lane.NORMAL] == [1, 2, 3]
    assert not [row for row in waiting.deliveries if row.lane is Lane.CONTROL], "nothing is voided"


async def test_a_flood_of_resend_requests_is_looked_at_only_so_far_in_one_transaction(world: World) -> None:
    alfa = await world.gateway("XAA")
    now, context = world.clock(), alfa.exchange.context

    def request(start: int) -> Control:
        scattered = tuple(
            SerialRange(mode=Mode.OPERATION, lane=Lane.NORMAL, lane_epoch=1, first=serial, last=serial)
            for serial in range(start, start + 200, 2)
        )
        return Control(v=1, control=ResendRequest(type="resend_request", ranges=scattered))

    def job(tx: Transaction) -> int:
        reader = ControlReader(context, tx, context.evidence("test", now), "XBB", now)
        for number in range(64):
            reader.read(request(1 + 200 * number), Mode.OPERATION)
        reader.finish()
        return reader.room

    assert await alfa.store.write(job) == 0
