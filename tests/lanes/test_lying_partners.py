"""Partners that lie about lanes, or ask without end: they harm themselves, and seldom."""

from datetime import timedelta

import pytest

from bus.store import heads, lane_tails, resending
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.lanes.heads_in import PAPERS_PAUSE, take_head
from gateways.lanes.set_back import BEGIN_PAUSE
from schemas.audit import AuditEvent
from schemas.control import Control, ResendRequest, SerialRange
from schemas.header import Mode
from schemas.lane_head import LaneHead, LaneReached, LaneState, SerialSeen
from schemas.wire import Delivery, Handling, Lane
from tests.faults.small_world import run
from tests.lanes.lane_world import LaneWorld, control, epoch_to, lane_of


def test_whoever_asks_for_the_same_over_and_over_is_answered_once_in_a_while(world: LaneWorld) -> None:
    world.settle()
    for number in range(3):
        world.publish("XAA", "XBB", subject=f"number {number}")
    world.pump()
    ranges = (
        SerialRange(
            mode=Mode.OPERATION, lane=Lane.NORMAL, lane_epoch=epoch_to(world, "XAA", "XBB"), first=1, last=3
        ),
    )
    request = Control(v=1, control=ResendRequest(type="resend_request", ranges=ranges))
    before = world.gateways["XAA"].context.counters.deliveries_resent
    for _ in range(20):
        control(world, "XAA", "XBB", request, request)
        world.relay("XAA")
    assert world.gateways["XAA"].context.counters.deliveries_resent - before == 3
    for times in range(1, 4):
        # After one minute, four more, sixteen more.
        pause = resending.AGAIN_PAUSE * 4 ** (times - 1)
        world.pass_time(pause - timedelta(seconds=1))
        control(world, "XAA", "XBB", request)
        assert world.gateways["XAA"].context.counters.deliveries_resent - before == 3 * times
        world.pass_time(timedelta(seconds=1))
        control(world, "XAA", "XBB", request)
        assert world.gateways["XAA"].context.counters.deliveries_resent - before == 3 * (times + 1)
        world.relay("XAA")


def test_whoever_asks_without_a_pause_for_what_has_no_receipt_is_not_answered_each_time(
    world: LaneWorld,
) -> None:
    world.settle()
    world.publish("XAA", "XBB", subject="never receipted")
    world.relay("XAA")
    world.lose_all("XBB")
    epoch = epoch_to(world, "XAA", "XBB")
    ranges = (SerialRange(mode=Mode.OPERATION, lane=Lane.NORMAL, lane_epoch=epoch, first=1, last=1),)
    request = Control(v=1, control=ResendRequest(type="resend_request", ranges=ranges))
    left = 0
    for _ in range(60):
        control(world, "XAA", "XBB", request)
        left += len([each for each in world.gateways["XAA"].relay() if lane_of(each) == "normal"])
        world.pass_time(timedelta(seconds=1))
    assert left <= 5, "at once, then after ten seconds, twenty, forty"
    assert world.missing("XBB") == {}
    assert not world.records("XAA", AuditEvent.DELIVERY_VOIDED)


def test_nobody_asks_for_what_was_sent_to_others(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XCC", subject="not for XBB")
    world.pump()
    epoch = epoch_to(world, "XAA", "XCC")
    ranges = (SerialRange(mode=Mode.OPERATION, lane=Lane.NORMAL, lane_epoch=epoch, first=1, last=9),)
    control(world, "XAA", "XBB", Control(v=1, control=ResendRequest(type="resend_request", ranges=ranges)))
    sent = world.gateways["XAA"].relay()
    assert not [each for each in sent if each.subject.split(".")[3] == "normal"]


def head_delivery(context: GatewayContext) -> Delivery:
    return Delivery(
        v=1,
        realm=context.realm,
        originator="XBB",
        recipient="XAA",
        delivery_id="0" * 32,
        mode=Mode.OPERATION,
        lane=Lane.CONTROL,
        lane_epoch=1,
        serial=1,
        content_type="lane-head.v1",
        content_digest="sha256:" + "0" * 64,
        handling=Handling.RELEASE,
        basis=(),
        trust_version=context.trust.trust_version,
        salt="0" * 32,
    )


def test_a_partner_that_names_ever_new_epochs_is_passed_papers_once_in_a_while(world: LaneWorld) -> None:
    world.settle()
    context = world.gateways["XAA"].context
    content = LaneHead(
        v=1,
        mode=Mode.OPERATION,
        at=world.now,
        next_within=600,
        lanes=tuple(LaneReached(lane=lane, lane_epoch=1, serial=0) for lane in Lane),
        papers="sha256:" + "0" * 64,
    )
    delivery = head_delivery(context)

    def passed(epoch: int) -> bool:
        lanes = tuple(LaneReached(lane=lane, lane_epoch=epoch, serial=2**53 - 1) for lane in Lane)
        head = content.model_copy(update={"lanes": lanes, "at": world.now})

        def job(tx: Transaction) -> bool:
            return take_head(context, tx, context.evidence("test", world.now), head, delivery, world.now)

        return run(context.store.write(job))

    first = world.read("XAA", lambda tx: heads.known_epoch(tx, "XBB")) + 1
    assert [passed(first + number) for number in range(300)].count(True) == 1
    world.pass_time(PAPERS_PAUSE)
    assert passed(first + 300)
    world.pass_time(PAPERS_PAUSE)
    assert not passed(first + 300), "once per epoch, also where both never come to know the same"
    seen = world.read("XAA", lambda tx: lane_tails.seen(tx, "XBB", Mode.OPERATION, [first]))
    assert all(len(epochs) <= lane_tails.EPOCHS_LOOKED_AT + 1 for epochs in seen.values())


def test_a_partner_that_receipts_no_papers_is_passed_no_more_of_them(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.lanes.heads_in.CONTROL_WAITING", 3)
    world.settle()
    context = world.gateways["XAA"].context

    def passed() -> bool:
        epoch = world.read("XAA", lambda tx: heads.known_epoch(tx, "XBB")) + 1
        head = LaneHead(
            v=1,
            mode=Mode.OPERATION,
            at=world.now,
            next_within=600,
            lanes=tuple(LaneReached(lane=lane, lane_epoch=epoch, serial=0) for lane in Lane),
            papers="sha256:" + "0" * 64,
        )
        return run(
            context.store.write(
                lambda tx: take_head(
                    context, tx, context.evidence("test", world.now), head, head_delivery(context), world.now
                )
            )
        )

    found = []
    for _ in range(8):
        world.pass_time(PAPERS_PAUSE)
        found.append(passed())
        world.relay("XAA")
        world.lose_all("XBB")
    assert found[0]
    assert found.count(True) <= 3
    assert not found[-1]


def claim(*seen: tuple[Lane, int, int]) -> Control:
    lanes = tuple(SerialSeen(lane=lane, lane_epoch=epoch, serial=serial) for lane, epoch, serial in seen)
    return Control(v=1, control=LaneState(type="lane_state", mode=Mode.OPERATION, lanes=lanes))


@pytest.mark.parametrize(
    "ahead",
    [pytest.param(2 * 86_400, id="two days ahead"), pytest.param(2**31 - 10**9, id="in the next century")],
)
def test_a_partner_does_not_drive_epochs_into_the_future(world: LaneWorld, ahead: int) -> None:
    world.settle()
    before = epoch_to(world, "XAA", "XBB")
    control(world, "XAA", "XBB", claim((Lane.NORMAL, min(before + ahead, 2**31), 7)))
    assert epoch_to(world, "XAA", "XBB") == before
    assert not world.records("XAA", AuditEvent.LANE_EPOCH_BEGUN)


def test_a_partner_that_claims_over_and_over_harms_its_own_lanes_only_and_seldom(world: LaneWorld) -> None:
    world.settle()
    waiting = world.publish("XAA", "XBB", "XCC", subject="to both")
    world.relay("XAA")
    world.lose_all("XBB")
    others = epoch_to(world, "XAA", "XCC")
    for _ in range(10):
        epoch = epoch_to(world, "XAA", "XBB")
        control(world, "XAA", "XBB", claim((Lane.NORMAL, epoch, 2**50)))
    assert len(world.records("XAA", AuditEvent.LANE_EPOCH_BEGUN)) == 1
    assert world.states("XAA", waiting) == {"XBB": "queued", "XCC": "sent"}
    world.pass_time(BEGIN_PAUSE)
    control(world, "XAA", "XBB", claim((Lane.CONTROL, epoch_to(world, "XAA", "XBB"), 2**53 - 1)))
    assert len(world.records("XAA", AuditEvent.LANE_EPOCH_BEGUN)) == 2
    assert epoch_to(world, "XAA", "XCC") == others
    world.pump()
    assert world.states("XAA", waiting) == {"XBB": "delivered", "XCC": "delivered"}


def test_a_true_claim_changes_nothing(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XBB")
    world.pump()
    epoch = epoch_to(world, "XAA", "XBB")
    control(world, "XAA", "XBB", claim((Lane.NORMAL, epoch, 1), (Lane.URGENT, epoch - 5, 99)))
    assert epoch_to(world, "XAA", "XBB") == epoch
