"""What people did with a message is told to its originator's gateway, once, and is not lost on the way."""

from datetime import datetime, timedelta

import pytest

from bus.store import receipts
from bus.store.inbox import InboxMessage
from bus.store.progress import DeliveryProgress, list_newest
from bus.store.writer import Transaction
from gateways.publishing.accepted import Accepted
from gateways.receipts.owing import note_read
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.receipt import Receipt, ReceiptStatus
from schemas.wire import Lane
from tests.flows.test_receipts_and_gaps import lossy
from tests.flows.world import Gateway, World, acknowledgement

OFFICER = "operator:berg"


async def opens(gateway: Gateway, message: InboxMessage) -> None:
    """A person opens a message, as the HTTP API has it noted."""
    context = gateway.exchange.context
    assert await gateway.job(lambda tx: note_read(context, tx, message.inbox_seq, OFFICER, context.now()))


def receipt_of(message: InboxMessage, status: ReceiptStatus, at: datetime) -> Receipt:
    return Receipt(
        mode=Mode.OPERATION,
        lane=message.lane,
        lane_epoch=message.epoch,
        serial=message.serial,
        content_digest=message.digest,
        message_id=message.message_id,
        status=status,
        at=at,
    )


async def row(gateway: Gateway, accepted: Accepted, nation: str = "XBB") -> DeliveryProgress:
    (found,) = await gateway.store.read(
        lambda tx: list_newest(tx, nation=nation, publication_id=accepted.publication_id)
    )
    return found


async def test_a_message_that_is_opened_is_told_as_read_with_the_time_and_without_the_reader(
    world: World,
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "delivered"})
    world.clock.move(timedelta(minutes=7))
    await opens(bravo, message)
    opened = world.clock()
    await alfa.states(accepted, {"XBB": "read"})
    delivered, read = (await row(alfa, accepted)).progress.told
    assert (delivered.status, read.status) == (ReceiptStatus.DELIVERED, ReceiptStatus.READ)
    assert read.at == opened
    records = await alfa.evidence(AuditEvent.RECEIPT_RECORDED, 2)
    assert [record.state for record in records] == ["delivered", "read"]
    assert OFFICER not in str([record.encode() for record in records])
    context = bravo.exchange.context
    assert not await bravo.job(lambda tx: note_read(context, tx, message.inbox_seq, "operator:x", opened))


async def test_a_nation_that_keeps_reading_to_itself_notes_it_and_tells_nobody(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    bravo.exchange.context.read_receipts = False
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "delivered"})
    await opens(bravo, message)
    assert (await bravo.mail(1))[0].read_at == world.clock()
    assert await bravo.store.read(receipts.due) == ()
    # Whatever was owed came before this one.
    await alfa.states(await alfa.publish("XBB"), {"XBB": "delivered"})
    await alfa.states(accepted, {"XBB": "delivered"})


@pytest.mark.parametrize(("level", "state"), [("UNDERSTOOD", "acknowledged"), ("ACTIONED", "actioned")])
async def test_an_acknowledgement_is_told_with_how_far_it_has_come(
    world: World, level: str, state: str
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB", header={"acknowledgement": {"required": True}})
    (message,) = await bravo.mail(1)
    # Who acknowledges before the first receipt has left spares that one.
    await alfa.states(accepted, {"XBB": "delivered"})
    answer = acknowledgement(message).replace(b"UNDERSTOOD", level.encode())
    await bravo.exchange.accept(answer, api_key_id="test")
    await alfa.states(accepted, {"XBB": state})
    assert [told.status.value for told in (await row(alfa, accepted)).progress.told] == ["delivered", state]


async def test_an_acknowledgement_is_told_by_receipt_also_while_the_message_itself_does_not_come(
    world: World,
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "delivered"})
    # The message itself is lost, and stays so; the receipt travels in a lane of its own.
    mailbox = await lossy(alfa, Lane.NORMAL)
    await bravo.exchange.accept(acknowledgement(message), api_key_id="test")
    await alfa.states(accepted, {"XBB": "acknowledged"})
    assert mailbox.losing
    assert await alfa.mail(0) == ()


async def test_what_a_person_did_survives_a_broker_that_loses_everything(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "delivered"})
    control = alfa.exchange.receivers[Lane.CONTROL]
    await control.stop()
    await opens(bravo, message)
    await bravo.store.until(waits_for_receipt, lambda count: count == 1)
    await world.broker.server.kill()
    await world.broker.server.wipe_store()
    await world.broker.start()
    await bravo.evidence(AuditEvent.BROKER_STORE_LOST)
    control.start()
    await alfa.states(accepted, {"XBB": "read"})
    await bravo.store.until(waits_for_receipt, lambda count: count == 0)


def waits_for_receipt(tx: Transaction) -> int:
    """Receipts of people that are owed, on their way, or sent and not receipted themselves."""
    owed = tx.execute("SELECT count(*) FROM receipt_due WHERE lasting = 1").fetchone()[0]
    under_way = tx.execute(
        "SELECT count(*) FROM delivery d JOIN content c USING (content_id)"
        " WHERE c.content_type = 'receipts.v1' AND d.awaits_receipt = 1 AND d.state <> 'delivered'"
    ).fetchone()[0]
    return int(owed + under_way)


async def test_what_a_person_did_is_sent_again_until_it_is_receipted_and_then_no_more(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "delivered"})
    mailbox = await lossy(alfa, Lane.CONTROL)
    await opens(bravo, message)
    await mailbox.lost.wait()
    mailbox.losing = False
    await bravo.store.until(waits_for_receipt, lambda count: count == 1)
    world.clock.move(timedelta(hours=1))
    bravo.exchange.context.relay_wanted.set()
    await alfa.states(accepted, {"XBB": "read"})
    await bravo.store.until(waits_for_receipt, lambda count: count == 0)
    # A receipt's receipt awaits none: nothing goes to and fro for ever.
    assert await alfa.store.read(waits_for_receipt) == 0


async def test_a_receipt_that_comes_twice_leaves_nothing_the_second_time(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await opens(bravo, message)
    await alfa.states(accepted, {"XBB": "read"})
    read = receipt_of(message, ReceiptStatus.READ, world.clock())
    for _ in range(3):
        await bravo.job(lambda tx: receipts.add(tx, "XAA", Mode.OPERATION, [read]))
        await bravo.store.until(waits_for_receipt, lambda count: count == 0)
    await alfa.states(await alfa.publish("XBB"), {"XBB": "delivered"})
    records = await alfa.evidence(AuditEvent.RECEIPT_RECORDED, 3)
    assert [record.state for record in records] == ["delivered", "read", "delivered"]


async def test_no_receipt_of_a_person_counts_for_what_went_to_somebody_else(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "delivered"})
    forged = receipt_of(message, ReceiptStatus.ACTIONED, world.clock())
    await charlie.job(lambda tx: receipts.add(tx, "XAA", Mode.OPERATION, [forged]))
    (ignored,) = await alfa.evidence(AuditEvent.RECEIPT_IGNORED)
    assert (ignored.partner, ignored.count) == ("XCC", 1)
    await alfa.states(accepted, {"XBB": "delivered"})
    assert alfa.exchange.counters.alarm_receipts_ignored == 1


async def test_reading_says_nothing_of_an_acknowledgement_and_comes_in_any_order(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await bravo.exchange.accept(acknowledgement(message), api_key_id="test")
    await alfa.states(accepted, {"XBB": "acknowledged"})
    await opens(bravo, message)
    await bravo.store.until(waits_for_receipt, lambda count: count == 0)
    await alfa.states(accepted, {"XBB": "acknowledged"})
    told = {each.status.value for each in (await row(alfa, accepted)).progress.told}
    assert told == {"delivered", "read", "acknowledged"}


async def test_a_receipt_of_a_receipt_that_is_lost_comes_again(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB")
    (message,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "delivered"})
    mailbox = await lossy(bravo, Lane.CONTROL)
    await opens(bravo, message)
    await alfa.states(accepted, {"XBB": "read"})
    await mailbox.lost.wait()
    mailbox.losing = False
    assert await bravo.store.read(waits_for_receipt) == 1
    world.clock.move(timedelta(hours=1))
    bravo.exchange.context.relay_wanted.set()
    await bravo.store.until(waits_for_receipt, lambda count: count == 0)
