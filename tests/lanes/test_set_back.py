"""Stores that were lost or set back: at the recipient, at the originator; as partners claim."""

from datetime import timedelta

import pytest

from bus.protocol.lane_health import LaneAlarm
from bus.store import deliveries, resending
from bus.store.writer import Transaction
from gateways.agreements import own_acts
from gateways.lanes.policy import HeadPolicy
from gateways.lanes.set_back import BEGIN_PAUSE
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import WantedRecall, recall
from gateways.receiving.control_in import ControlReader
from schemas.agreement import ActKind
from schemas.audit import AuditEvent
from schemas.control import Control, ResendRequest, SerialRange
from schemas.header import Mode
from schemas.lane_head import LaneState, SerialSeen
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason
from schemas.wire import Lane
from tests.faults.small_world import Sent, run
from tests.flows.world import acknowledgement
from tests.lanes.lane_world import LOOK, LaneWorld

POLICY = HeadPolicy()


def epoch_to(world: LaneWorld, originator: str, recipient: str, lane: Lane = Lane.NORMAL) -> int:
    return world.read(originator, lambda tx: deliveries.lane_position(tx, recipient, Mode.OPERATION, lane))[0]


def lane_of(sent: Sent) -> str:
    return sent.subject.split(".")[3]


def control(world: LaneWorld, nation: str, partner: str, *contents: Control) -> None:
    """A partner says this, verified, to a nation's gateway."""
    context = world.gateways[nation].context

    def job(tx: Transaction) -> None:
        evidence = context.evidence("test", context.now())
        reader = ControlReader(context, tx, evidence, partner, context.now())
        for content in contents:
            reader.read(content, Mode.OPERATION)
        evidence.write(tx)

    run(context.store.write(job))


# -- the recipient ------------------------------------------------------------------------------------------


def test_what_a_recipient_receipted_and_lost_is_sent_again_and_its_state_stays(world: LaneWorld) -> None:
    world.settle()
    old = world.copy("XBB")
    sent = [world.publish("XAA", "XBB", subject=f"number {number}") for number in range(3)]
    world.pump()
    (first, *_) = world.gateways["XBB"].inbox()
    world.gateways["XBB"].publish(acknowledgement(first, at=world.now))
    world.pump()
    assert world.states("XAA", sent[0]) == {"XBB": "acknowledged"}
    world.set_back("XBB", old)
    assert world.subjects("XBB") == []
    for _ in range(3):
        world.pass_time(POLICY.heartbeat)
        world.look()
        world.pump()
    assert world.subjects("XBB") == ["number 0", "number 1", "number 2"]
    assert world.states("XAA", sent[0]) == {"XBB": "acknowledged"}
    assert world.states("XAA", sent[1]) == {"XBB": "delivered"}
    assert world.missing("XBB") == {}


def test_what_may_no_longer_be_sent_is_voided_for_a_recipient_that_lost_it(world: LaneWorld) -> None:
    world.settle()
    old = world.copy("XBB")
    sent = world.publish("XAA", "XBB", subject="released then")
    world.pump()
    (agreement,) = world.gateways["XAA"].context.trust.book.by_digest
    run(own_acts.act(world.gateways["XAA"].context, agreement, ActKind.SUSPEND, actor="test"))
    world.pump()
    world.set_back("XBB", old)
    for _ in range(3):
        world.pass_time(POLICY.heartbeat)
        world.look()
        world.pump()
    assert world.subjects("XBB") == []
    assert world.missing("XBB") == {}, "voided"
    assert world.states("XAA", sent) == {"XBB": "delivered"}
    assert world.records("XAA", AuditEvent.DELIVERY_VOIDED)


def test_what_was_recalled_is_not_sent_again_to_a_recipient_that_lost_it(world: LaneWorld) -> None:
    world.settle()
    old = world.copy("XBB")
    sent = world.publish("XAA", "XBB", subject="recalled")
    world.pump()
    wanted = WantedRecall(
        sent.publication_id, next(iter(RecallReason)), False, "test", lambda kind, mode: True
    )
    run(recall(world.gateways["XAA"].context, wanted))
    world.pump()
    world.set_back("XBB", old)
    for _ in range(3):
        world.pass_time(POLICY.heartbeat)
        world.look()
        world.pump()
    assert world.subjects("XBB") == []
    assert not world.gateways["XBB"].store.connection.execute("SELECT 1 FROM inbox").fetchall()
    assert world.missing("XBB") == {}


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


# -- the originator -----------------------------------------------------------------------------------------


def test_an_originator_that_was_set_back_learns_it_from_a_refusal_and_delivers(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XBB", subject="in the copy")
    world.pump()
    old = world.copy("XAA")
    world.publish("XAA", "XBB", "XCC", subject="after the copy")
    world.pump()
    world.set_back("XAA", old)
    world.pass_time(timedelta(seconds=2))
    accepted = world.publish("XAA", "XBB", subject="after the restore")
    before = epoch_to(world, "XAA", "XBB")
    other = epoch_to(world, "XAA", "XCC")
    world.pump()
    assert world.subjects("XBB") == ["in the copy", "after the copy", "after the restore"]
    assert world.states("XAA", accepted) == {"XBB": "delivered"}
    assert epoch_to(world, "XAA", "XBB") > before
    assert epoch_to(world, "XAA", "XCC") == other, "only lanes to who said so begin anew"
    (begun,) = world.records("XAA", AuditEvent.LANE_EPOCH_BEGUN)
    assert begun.partner == "XBB"
    assert {alarm.alarm for alarm in world.alarms("XBB")} == {LaneAlarm.REWOUND}
    # XCC has seen a serial of its lane that XAA does not know: it says so, too, once it is used again.
    again = world.publish("XAA", "XCC", subject="to another")
    world.pump()
    assert world.states("XAA", again) == {"XCC": "delivered"}


def test_an_originator_that_was_set_back_and_sends_nothing_learns_it_by_its_heads(world: LaneWorld) -> None:
    world.settle()
    old = world.copy("XAA")
    world.publish("XAA", "XBB", subject="after the copy")
    world.pump()
    world.set_back("XAA", old)
    before = epoch_to(world, "XAA", "XBB")
    for _ in range(2):
        world.pass_time(POLICY.heartbeat)
        world.look()
        world.pump()
    assert epoch_to(world, "XAA", "XBB") > before
    assert not [alarm for alarm in world.alarms("XBB") if alarm.alarm is LaneAlarm.REWOUND], (
        "the new epoch shows that it knows"
    )
    accepted = world.publish("XAA", "XBB", subject="after the restore")
    world.pump()
    assert world.subjects("XBB") == ["after the copy", "after the restore"]
    assert world.states("XAA", accepted) == {"XBB": "delivered"}


def test_a_store_set_back_again_and_again_delivers_every_time(world: LaneWorld) -> None:
    world.settle()
    old = world.copy("XAA")
    wanted = []
    for time in range(4):
        world.set_back("XAA", old)
        world.pass_time(BEGIN_PAUSE + timedelta(seconds=2))
        wanted.append(f"life {time}")
        world.publish("XAA", "XBB", subject=wanted[-1])
        for _ in range(3):
            world.pass_time(POLICY.heartbeat)
            world.look()
            world.pump()
    assert world.subjects("XBB") == wanted
    assert world.missing("XBB") == {}


def test_a_gateway_that_lost_its_store_learns_of_suspensions_from_its_partners(world: LaneWorld) -> None:
    world.settle()
    (agreement,) = world.gateways["XBB"].context.trust.book.by_digest
    run(own_acts.act(world.gateways["XBB"].context, agreement, ActKind.SUSPEND, actor="test"))
    world.pump()
    with pytest.raises(DraftRefused) as refused:
        world.publish("XAA", "XBB")
    assert ReasonCode.AGREEMENT_SUSPENDED in str(refused.value.faults)
    world.set_back("XAA", None)
    world.pass_time(timedelta(seconds=2))
    world.look()
    world.pump()
    with pytest.raises(DraftRefused):
        world.publish("XAA", "XBB")
    # Once per epoch: nobody is passed the same papers with every head.
    passed = world.gateways["XBB"].context.counters.deliveries_sealed
    world.pass_time(POLICY.heartbeat)
    world.look()
    world.pump()
    assert world.gateways["XBB"].context.counters.deliveries_sealed == passed


def test_in_a_new_realm_nobody_is_passed_papers_that_all_know(world: LaneWorld) -> None:
    world.pass_time(LOOK)
    world.look()
    for nation in world.gateways:
        world.relay(nation)
    for nation, waiting in world.travelling.items():
        assert len(waiting) == 2
        while waiting:
            world.deliver(nation)
    for gateway in world.gateways.values():
        assert gateway.relay() == [], "no answer to a head"


# -- a partner that lies ------------------------------------------------------------------------------------


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
