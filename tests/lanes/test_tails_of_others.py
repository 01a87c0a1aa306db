"""A nation that announces lanes without end, or has something held, hides no lost tail, nor its own."""

from collections.abc import Mapping

import pytest

from bus.store import held, lane_tails, lanes
from bus.store.held import NewHeld
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.lanes.lane_world import LOOK, LaneWorld


def announce(world: LaneWorld, originator: str, epochs: range) -> None:
    tx = world.gateways["XBB"].store.connection
    for epoch in epochs:
        for lane in Lane:
            lane_tails.announce(tx, lanes.LaneKey(originator, Mode.OPERATION, lane, epoch), 9)


def hold_something_of(world: LaneWorld, originator: str) -> None:
    gateway = world.gateways["XBB"]
    new = NewHeld(
        originator,
        Mode.OPERATION,
        Lane.NORMAL,
        "subject",
        b"sealed",
        ReasonCode.TRUST_VERSION_UNKNOWN,
        world.now,
    )
    gateway.store.connection.execute("BEGIN")
    held.hold(gateway.store.connection, new, gateway.context.limits.held)
    gateway.store.connection.execute("COMMIT")


def looks(world: LaneWorld, times: int) -> None:
    for _ in range(times):
        world.pass_time(LOOK)
        world.look("XBB")


def test_a_thousand_announced_epochs_of_one_nation_hide_no_tail_of_another(world: LaneWorld) -> None:
    world.settle()
    announce(world, "XAA", range(5000, 5400))
    hold_something_of(world, "XAA")
    announce(world, "XCC", range(6000, 6001))
    found: Mapping[lanes.LaneKey, tuple[int, int]] = world.read("XBB", lane_tails.tails)
    of_one = [key for key in found if key.originator == "XAA"]
    assert len(of_one) == lane_tails.TAIL_EPOCHS * len(Lane)
    assert {key.epoch for key in of_one} == {5398, 5399}, "its newest"
    looks(world, 8)
    assert world.missing("XBB")["XCC"] == 27


def test_a_tail_is_missed_at_last_though_something_of_its_originator_stays_held(world: LaneWorld) -> None:
    world.settle()
    announce(world, "XAA", range(5000, 5001))
    hold_something_of(world, "XAA")
    looks(world, 8)
    assert world.missing("XBB") == {}, "what is held may be the tail"
    looks(world, 60)
    assert world.missing("XBB") == {"XAA": 27}


def test_a_keeper_that_cannot_name_what_is_wrong_still_sends_heads_and_notices_tails(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settle()
    announce(world, "XAA", range(5000, 5001))
    counters = world.gateways["XBB"].context.counters
    before = counters.lane_heads_sent

    def fails(*_: object) -> dict[str, int]:
        raise OverflowError

    monkeypatch.setattr(lanes, "asked_often", fails)
    for _ in range(110):
        world.pass_time(LOOK)
        with pytest.raises(OverflowError):
            world.look("XBB")
    assert counters.lane_heads_sent > before
    assert world.missing("XBB") == {"XAA": 27}
