"""Stores that were lost or set back: at the recipient, at the originator; as partners claim."""

from datetime import timedelta

import pytest

from bus.protocol.lane_health import LaneAlarm
from gateways.agreements import own_acts
from gateways.lanes.policy import HeadPolicy
from gateways.lanes.set_back import BEGIN_PAUSE
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import WantedRecall, recall
from schemas.agreement import ActKind
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason
from tests.faults.small_world import run
from tests.flows.world import acknowledgement
from tests.lanes.lane_world import LOOK, LaneWorld, epoch_to

POLICY = HeadPolicy()


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


def test_what_a_store_set_back_twice_within_the_pause_gave_a_used_serial_comes_too(world: LaneWorld) -> None:
    world.settle()
    old = world.copy("XAA")
    for subject in ("first life", "second life"):
        world.publish("XAA", "XBB", subject=f"lost with the {subject}")
        world.pump()
        world.set_back("XAA", old)
        world.pass_time(timedelta(seconds=2))
        world.publish("XAA", "XBB", subject=f"after the {subject}")
        world.publish("XAA", "XBB", subject=f"ahead after the {subject}")
        world.pump()
        old = world.copy("XAA")
    assert "after the second life" not in world.subjects("XBB")
    world.pass_time(BEGIN_PAUSE)
    world.look()
    world.pump()
    assert "after the second life" in world.subjects("XBB")


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


def test_a_gateway_that_lost_its_store_is_given_back_its_own_suspension(world: LaneWorld) -> None:
    world.settle()
    (agreement,) = world.gateways["XAA"].context.trust.book.by_digest
    run(own_acts.act(world.gateways["XAA"].context, agreement, ActKind.SUSPEND, actor="test"))
    world.pump()
    world.set_back("XAA", None)
    world.pass_time(timedelta(seconds=2))
    world.look()
    world.pump()
    with pytest.raises(DraftRefused) as refused:
        world.publish("XAA", "XBB")
    assert ReasonCode.AGREEMENT_SUSPENDED in str(refused.value.faults)


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
