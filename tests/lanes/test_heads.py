"""A lost tail is noticed by a signed head; heads cost little, and never answer each other."""

from datetime import timedelta

from bus.store import heads, held
from bus.store.held import NewHeld
from gateways.lanes.policy import HeadPolicy
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.lanes.lane_world import LOOK, LaneWorld

POLICY = HeadPolicy()


def test_the_lost_last_message_of_a_lane_is_asked_for_and_comes(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XBB", subject="seen")
    world.pump()
    world.publish("XAA", "XBB", subject="lost")
    world.relay("XAA")
    assert len(world.lose_all("XBB")) == 1
    world.look("XAA")
    world.pass_time(LOOK)
    world.look("XAA")
    world.pump()
    assert world.missing("XBB") == {}, "what a head announced may still be coming"
    world.look("XBB")
    world.pass_time(POLICY.patience)
    world.look("XBB")
    assert world.missing("XBB") == {"XAA": 1}
    world.pump()
    assert world.subjects("XBB") == ["seen", "lost"]
    assert world.missing("XBB") == {}
    (gap,) = world.records("XBB", AuditEvent.LANE_GAP)
    assert (gap.partner, gap.lane, gap.serial, gap.count) == ("XAA", Lane.NORMAL, 2, 1)
    assert not world.gateways["XBB"].inbox()[-1].late, "nothing later was filed before"


def test_a_long_tail_that_is_still_coming_is_not_taken_for_lost(world: LaneWorld) -> None:
    world.settle()
    for number in range(4):
        world.publish("XAA", "XBB", subject=f"number {number}")
        world.relay("XAA")
    world.look("XAA")
    world.pass_time(LOOK)
    world.look("XAA")
    world.relay("XAA")
    world.deliver("XBB", 4)  # the head first
    for _ in range(4):
        world.look("XBB")
        world.pass_time(POLICY.patience - timedelta(seconds=1))
        world.look("XBB")
        assert world.missing("XBB") == {}
        world.deliver("XBB")
    assert len(world.subjects("XBB")) == 4
    assert not world.records("XBB", AuditEvent.LANE_GAP)


def test_while_bundles_of_its_originator_are_held_here_a_tail_is_not_asked_for(world: LaneWorld) -> None:
    """What cannot be opened yet shows no serial: it may well be the tail."""
    world.settle()
    world.publish("XAA", "XBB", subject="held, for all that is known")
    world.relay("XAA")
    world.lose_all("XBB")
    world.look("XAA")
    world.pass_time(LOOK)
    world.look("XAA")
    world.relay("XAA")
    world.deliver("XBB")
    kept = NewHeld(
        "XAA", Mode.OPERATION, Lane.NORMAL, "subject", b"sealed", ReasonCode.SEAL_KEY_UNKNOWN, world.now
    )
    connection = world.gateways["XBB"].store.connection
    held.hold(connection, kept, held.Quota())
    for _ in range(3):
        world.look("XBB")
        world.pass_time(POLICY.patience)
        world.look("XBB")
    assert world.missing("XBB") == {}
    held.discharge(connection, [each.held_seq for each in held.to_retry(connection, after=0)])
    world.pass_time(POLICY.patience)
    world.look("XBB")
    assert world.missing("XBB") == {"XAA": 1}


def test_quiet_lanes_carry_a_heartbeat_and_nothing_else(world: LaneWorld) -> None:
    world.publish("XAA", "XBB")
    world.settle()
    for _ in range(3):
        world.pass_time(POLICY.cadence)
        world.look()
        world.pump()
    moved = 0
    for _ in range(60):
        world.pass_time(timedelta(minutes=1))
        world.look()
        moved += world.pump()
    assert moved == 6 * 6, "three nations, two partners each, six heartbeats an hour"


def test_heads_leave_no_rows_behind(world: LaneWorld) -> None:
    def rows(table: str) -> int:
        connection = world.gateways["XAA"].store.connection
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    world.settle()
    before = rows("content"), rows("delivery")
    for _ in range(5):
        world.pass_time(POLICY.heartbeat)
        world.look()
        world.pump()
    assert (rows("content"), rows("delivery")) == before
    assert world.gateways["XAA"].context.counters.lane_heads_sent >= 12


def test_while_one_head_waits_no_other_is_made(world: LaneWorld) -> None:
    world.settle()
    sent = world.gateways["XAA"].context.counters.lane_heads_sent
    for _ in range(4):
        world.pass_time(POLICY.heartbeat)
        world.look("XAA")
    assert world.gateways["XAA"].context.counters.lane_heads_sent == sent + 2


def test_no_head_goes_to_a_suspended_nation_nor_to_one_without_keys(world: LaneWorld) -> None:
    world.settle()
    world.change(world.realm.suspend("XCC", now=world.now))
    world.gateways["XAA"].take_up(world.realm)
    world.pass_time(POLICY.heartbeat)
    world.look("XAA")
    sent = [each.nations[1] for each in world.gateways["XAA"].relay()]
    assert "XBB" in sent
    waiting = world.gateways["XAA"].store.connection.execute(
        "SELECT count(*) FROM delivery JOIN content USING (content_id)"
        " WHERE content_type = 'lane-head.v1' AND recipient = 'XCC' AND state = 'queued'"
    )
    assert waiting.fetchone()[0] == 0


def test_a_partner_in_an_exercise_gets_heads_of_that_mode_too(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XBB", header={"mode": "EXERCISE", "exercise_id": "EX"})
    world.pump()
    world.look("XAA")
    world.pass_time(LOOK)
    world.look("XAA")
    world.pump()
    heard = world.read("XBB", lambda tx: heads.heard(tx)["XAA", Mode.EXERCISE])
    assert heard.heard_at is not None
