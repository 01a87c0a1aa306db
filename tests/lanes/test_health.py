"""Attacks on a lane are detected and named; what looks like one and is none raises nothing."""

from datetime import timedelta

from bus.protocol.lane_health import HealthPolicy, LaneAlarm
from gateways.lanes.policy import HeadPolicy
from schemas.audit import AuditEvent
from schemas.event import EventType
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.faults.small_world import Sent
from tests.lanes.lane_world import LOOK, LaneWorld

HEADS, HEALTH = HeadPolicy(), HealthPolicy()


def named(world: LaneWorld, nation: str) -> set[tuple[str, Lane, LaneAlarm]]:
    return {(each.place.originator, each.place.lane, each.alarm) for each in world.alarms(nation)}


def lane_of(sent: Sent) -> str:
    return sent.subject.split(".")[3]


def a_minute(world: LaneWorld, *, withhold: str = "", silence: str = "") -> None:
    """A minute passes; the hub drops XBB's mail of one lane, or everything of one nation."""
    world.pass_time(timedelta(minutes=1))
    world.look()
    for _ in range(4):
        for nation in world.gateways:
            world.relay(nation)
        world.travelling["XBB"] = type(world.travelling["XBB"])(
            each
            for each in world.travelling["XBB"]
            if lane_of(each) != withhold and each.nations[0] != silence
        )
        for nation, waiting in world.travelling.items():
            while waiting:
                world.deliver(nation)


def test_a_lane_that_the_hub_withholds_is_named_and_cleared_when_its_mail_comes(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XBB", subject="withheld")
    for minute in range(20):  # noqa: B007 - looked at below
        a_minute(world, withhold="normal")
        if named(world, "XBB"):
            break
    assert named(world, "XBB") == {("XAA", Lane.NORMAL, LaneAlarm.WITHHELD)}
    assert minute >= 2, "not before it was asked for three times"
    (alarm,) = world.alarms("XBB")
    assert alarm.count == 1
    (record,) = world.records("XBB", AuditEvent.LANE_ALARM)
    assert (record.partner, record.lane, record.reason) == ("XAA", Lane.NORMAL, ReasonCode.LANE_WITHHELD)
    (event,) = world.told("XBB", EventType.LANE_ALARM)
    assert (event.nation, event.state, event.reason) == ("XAA", "normal", "LANE_WITHHELD")
    world.restart("XBB")
    a_minute(world, withhold="normal")
    assert len(world.told("XBB", EventType.LANE_ALARM)) == 1, "a restart tells nothing twice"
    for _ in range(70):
        a_minute(world)
    assert world.subjects("XBB") == ["withheld"]
    assert named(world, "XBB") == set()
    assert len(world.told("XBB", EventType.LANE_CLEARED)) == 1


def test_a_partner_that_is_away_withholds_nothing_and_is_silent_after_three_heartbeats(
    world: LaneWorld,
) -> None:
    world.settle()
    world.publish("XAA", "XBB", subject="first")
    world.relay("XAA")
    world.lose_all("XBB")
    world.publish("XAA", "XBB", subject="second")
    world.pump()
    for _ in range(30):
        a_minute(world, silence="XAA")
        assert named(world, "XBB") == set()
    for _ in range(7):
        a_minute(world, silence="XAA")
    assert named(world, "XBB") == {("XAA", Lane.CONTROL, LaneAlarm.SILENT)}
    for _ in range(12):
        a_minute(world)
    assert named(world, "XBB") == set()


def test_a_partner_that_never_sent_anything_is_silent_too_unless_it_is_suspended(world: LaneWorld) -> None:
    world.change(world.realm.suspend("XCC", now=world.now))
    world.gateways["XBB"].take_up(world.realm)
    world.look("XBB")
    world.pass_time(HEALTH.heartbeats * HEADS.heartbeat + timedelta(minutes=5))
    world.look("XBB")
    assert named(world, "XBB") == set()
    world.pass_time(timedelta(minutes=1))
    world.look("XBB")
    assert named(world, "XBB") == {("XAA", Lane.CONTROL, LaneAlarm.SILENT)}


def test_old_heads_that_the_hub_hands_out_one_by_one_do_not_hide_a_silence(world: LaneWorld) -> None:
    kept: list[Sent] = []
    world.settle()
    for _ in range(3):
        world.pass_time(HEADS.heartbeat)
        world.look("XAA")
        world.relay("XAA")
        kept += world.lose_all("XBB")
    world.pass_time(HEADS.heartbeat)
    for number in range(4):
        if number < 3:
            world.gateways["XBB"].receive(kept[number])
        world.pass_time(HEADS.heartbeat)
        world.look("XBB")
    assert ("XAA", Lane.CONTROL, LaneAlarm.SILENT) in named(world, "XBB")


def test_deliveries_in_another_order_than_they_were_signed_in_are_named(world: LaneWorld) -> None:
    world.settle()
    for number in range(3):
        world.publish("XAA", "XBB", subject=f"number {number}")
        world.relay("XAA")
        world.pass_time(timedelta(seconds=1))
    world.deliver("XBB", 2)
    world.deliver("XBB", 0)
    assert named(world, "XBB") == {("XAA", Lane.NORMAL, LaneAlarm.REORDERED)}
    world.deliver("XBB", 0)
    (alarm,) = world.alarms("XBB")
    assert alarm.count == 2
    world.pass_time(HEALTH.quiet)
    world.look("XBB")
    assert not [each for each in world.alarms("XBB") if each.alarm is LaneAlarm.REORDERED]


def test_what_was_lost_and_is_sent_again_is_not_reordered(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XBB", subject="lost")
    world.relay("XAA")
    world.lose_all("XBB")
    world.pass_time(timedelta(seconds=1))
    world.publish("XAA", "XBB", subject="seen")
    world.pump()
    assert world.subjects("XBB") == ["seen", "lost"]
    assert named(world, "XBB") == set()


def test_what_was_held_here_and_is_admitted_later_is_not_reordered(world: LaneWorld) -> None:
    world.settle()
    gateway = world.gateways["XBB"]
    keys = gateway.context.keys
    world.publish("XAA", "XBB", subject="held")
    world.relay("XAA")
    gateway.context.keyring = type(gateway.context.keyring)({})  # type: ignore[call-arg]
    world.deliver("XBB")
    gateway.context.take_keys(keys)
    world.pass_time(timedelta(seconds=1))
    world.publish("XAA", "XBB", subject="seen")
    world.relay("XAA")
    world.deliver("XBB")
    gateway.retry_held()
    assert sorted(world.subjects("XBB")) == ["held", "seen"]
    assert named(world, "XBB") == set()


def test_a_flood_of_replays_is_named_and_a_few_are_not(world: LaneWorld) -> None:
    world.settle()
    world.publish("XAA", "XBB", subject="replayed")
    (sent,) = world.gateways["XAA"].relay()
    for _ in range(HEALTH.flood):
        world.gateways["XBB"].receive(sent)
    world.look("XBB")
    assert named(world, "XBB") == set(), "the first was no replay"
    world.gateways["XBB"].receive(sent)
    world.look("XBB")
    assert named(world, "XBB") == {("XAA", Lane.NORMAL, LaneAlarm.FLOODED)}
    (record,) = world.records("XBB", AuditEvent.LANE_ALARM)
    assert record.count == HEALTH.flood


def test_a_flood_in_the_name_of_who_is_no_nation_of_the_realm_is_no_lane(world: LaneWorld) -> None:
    for _ in range(HEALTH.flood + 1):
        world.gateways["XBB"].receive(Sent("out.XZZ.op.normal.XBB", b"nonsense", world.trust))
    world.look("XBB")
    assert named(world, "XBB") == set()
    for _ in range(HEALTH.flood + 1):
        world.gateways["XBB"].receive(Sent("out.XAA.op.normal.XBB", b"nonsense", world.trust))
    world.look("XBB")
    assert named(world, "XBB") == {("XAA", Lane.NORMAL, LaneAlarm.FLOODED)}


def test_a_head_from_before_the_newest_mail_is_no_rewinding(world: LaneWorld) -> None:
    """Lanes have no order among each other: the head is read after what was sent after it."""
    world.settle()
    world.publish("XAA", "XBB", subject="one")
    world.pump()
    world.look("XAA")
    world.pass_time(LOOK)
    world.look("XAA")
    world.relay("XAA")
    for number in range(3):
        world.pass_time(timedelta(seconds=1))
        world.publish("XAA", "XBB", subject=f"after the head {number}")
        world.relay("XAA")
    for _ in range(3):
        world.deliver("XBB", 1)
    world.pump()
    assert len(world.subjects("XBB")) == 4
    assert named(world, "XBB") == set()


def test_lanes_of_an_exercise_are_watched_apart(world: LaneWorld) -> None:
    world.settle()
    header = {"mode": "EXERCISE", "exercise_id": "EX"}
    for number in range(2):
        world.publish("XAA", "XBB", subject=f"number {number}", header=header)
        world.relay("XAA")
        world.pass_time(timedelta(seconds=1))
    world.deliver("XBB", 1)
    world.deliver("XBB", 0)
    (alarm,) = world.alarms("XBB")
    assert (alarm.place.mode, alarm.alarm) == (Mode.EXERCISE, LaneAlarm.REORDERED)
