"""A partner, or something behind the broker, that does not play by the rules."""

import json
from datetime import timedelta

import pytest

from bus.ports import OutboundBundle
from bus.store import receipts as receipts_table
from bus.store import rejected
from bus.store.epochs import store_epoch
from bus.store.writer import Transaction
from bus.transport import NatsTransport
from gateways.context import FlowLimits, GatewayContext
from gateways.publishing import planning
from gateways.receiving import filing, receive
from gateways.receiving.mail import Filed, OpenedMail
from gateways.relaying.sending import NEVER_A_SEQUENCE
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import Receipt, ReceiptStatus
from schemas.wire import Lane
from tests.flows.world import World, acknowledgement, subjects


async def test_garbage_between_two_messages_is_refused_and_spoils_neither(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    first = await alfa.publish("XBB", subject="one")
    await alfa.states(first, {"XBB": "delivered"})
    await alfa.exchange.relay.stop()
    # A hostile gateway of XAA writes into its own stream behind its own outbox's back.
    result = await alfa.transport.publisher.publish_window(
        [OutboundBundle("out.XAA.op.normal.XBB", b"not sealed at all")], await _end_of_stream(alfa.transport)
    )
    assert result.complete
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_REJECTED)
    assert (record.partner, record.reason) == ("XAA", ReasonCode.MALFORMED_SEALED)
    alfa.exchange.relay.start()
    # The outbox finds more in the stream than it ever sent: every lane begins a new epoch.
    await alfa.evidence(AuditEvent.LANE_EPOCH_BEGUN)
    second = await alfa.publish("XBB", subject="two")
    mail = await bravo.mail(2)
    assert subjects(mail) == ["one", "two"]
    began, again = (entry.epoch for entry in mail)
    assert again > began
    assert [entry.serial for entry in mail] == [1, 1]
    await alfa.states(second, {"XBB": "delivered"})
    assert alfa.exchange.counters.alarm_broker_foreign == 1


async def _end_of_stream(transport: NatsTransport) -> int:
    nothing = OutboundBundle("out.XAA.ts.control.XAA", b"")
    result = await transport.publisher.publish_window([nothing], NEVER_A_SEQUENCE)
    assert result.actual_last is not None
    return result.actual_last


async def test_receipts_for_what_was_never_sent_to_that_nation_count_for_nothing(world: World) -> None:
    alfa, _, charlie = await world.trio()
    await charlie.exchange.receivers[Lane.NORMAL].stop()
    accepted = await alfa.publish("XBB", "XCC")
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "sent"})

    epoch = await alfa.store.read(store_epoch)

    def forge(digest: str) -> Receipt:
        return Receipt(
            mode=Mode.OPERATION,
            lane=Lane.NORMAL,
            lane_epoch=epoch,
            serial=1,
            content_digest=digest,
            message_id=accepted.message_id,
            status=ReceiptStatus.DELIVERED,
            at=world.clock(),
        )

    never_sent = forge("sha256:" + "0" * 64)
    await charlie.job(lambda tx: receipts_table.add(tx, "XAA", Mode.OPERATION, [never_sent]))
    (ignored,) = await alfa.evidence(AuditEvent.RECEIPT_IGNORED)
    assert (ignored.partner, ignored.count) == ("XCC", 1)
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "sent"})


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param({}, {"mode": "EXERCISE", "exercise_id": "EX-1"}, id="an exercise for what is real"),
        pytest.param({}, {"mode": "TEST"}, id="a test for what is real"),
        pytest.param(
            {"mode": "EXERCISE", "exercise_id": "EX-1"},
            {"mode": "EXERCISE", "exercise_id": "EX-2"},
            id="another exercise",
        ),
    ],
)
async def test_an_acknowledgement_under_another_mode_or_exercise_settles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    receipts = alfa.exchange.receivers[Lane.CONTROL]
    await receipts.stop()
    accepted = await alfa.publish("XBB", header=ours)
    (received,) = await bravo.mail(1)
    await alfa.states(accepted, {"XBB": "sent"})
    # A hostile gateway of XBB does not check what it sends.
    monkeypatch.setattr(planning, "check_references", lambda *_, **__: None)
    await bravo.exchange.accept(_with_header(acknowledgement(received), theirs), api_key_id="test")
    await alfa.mail(1)  # it is a well-formed message, and admitted as one
    (ignored,) = await alfa.evidence(AuditEvent.RECEIPT_IGNORED)
    assert (ignored.partner, ignored.mode, ignored.count) == ("XBB", theirs["mode"], 1)
    await alfa.states(accepted, {"XBB": "sent"})
    # Still to be sent again: the delivery waits for its receipt as before.
    world.clock.move(timedelta(hours=1))
    alfa.exchange.context.relay_wanted.set()
    await alfa.evidence(AuditEvent.DELIVERY_RESENT)
    assert alfa.exchange.counters.alarm_receipts_ignored == 1
    receipts.start()
    await alfa.states(accepted, {"XBB": "delivered"})
    # The honest one, under the same mode and exercise, counts.
    await bravo.exchange.accept(_with_header(acknowledgement(received), ours), api_key_id="test")
    await alfa.states(accepted, {"XBB": "acknowledged"})


def _with_header(raw: bytes, changes: dict[str, str]) -> bytes:
    value = json.loads(raw)
    value["header"].update(changes)
    return json.dumps(value).encode()


async def test_a_bundle_that_our_own_code_cannot_file_does_not_stop_the_lane(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    real = filing.file_mail

    def faulty(context: GatewayContext, tx: Transaction, mail: OpenedMail) -> Filed:
        opened = mail.opened
        if opened and any(item.delivery and item.delivery.serial == 1 for item in opened.deliveries):
            raise KeyError("a fault of ours")
        return real(context, tx, mail)

    monkeypatch.setattr(receive, "NAK_SECONDS", 0.01)
    monkeypatch.setattr(receive, "file_mail", faulty)
    poison = await alfa.publish("XBB", subject="poison")
    await alfa.states(poison, {"XBB": "sent"})
    await alfa.publish("XBB", subject="good")
    (filed,) = await bravo.mail(1)
    assert subjects([filed]) == ["good"]
    (listed,) = await bravo.store.read(lambda tx: rejected.list_newest(tx))
    assert listed.reason is ReasonCode.INTERNAL_FAULT
    assert bravo.exchange.counters.alarm_faults == receive.TRIES


async def test_a_flood_of_garbage_leaves_only_so_many_refusals(world: World) -> None:
    world.limits = FlowLimits(rejected_rows=5)
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.exchange.relay.stop()
    garbage = [OutboundBundle("out.XAA.op.normal.XBB", b"garbage %d" % number) for number in range(12)]
    sent = await alfa.transport.publisher.publish_window(garbage, await _end_of_stream(alfa.transport))
    assert sent.complete
    listed = await bravo.store.until(
        rejected.list_newest, lambda rows: bool(rows) and rows[0].rejected_seq == 12
    )
    assert [row.rejected_seq for row in listed] == [12, 11, 10, 9, 8]
    assert await bravo.store.read(lambda tx: rejected.kept_octets(tx, "XAA")) == sum(
        row.size for row in listed
    )
