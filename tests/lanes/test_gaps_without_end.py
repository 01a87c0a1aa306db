"""A partner with valid keys names serials as it likes: gaps of 2**53, a thousand epochs, single serials."""

from bus.protocol.lane_health import LaneAlarm
from bus.store import lane_bounds, lane_tails, lanes, lease
from bus.store.lane_alarms import LanePlace
from bus.store.writer import Transaction
from gateways.lanes.alarms import raise_alarm
from gateways.relaying.relay_step import StepOptions, StepResult, run_step
from schemas.audit import AuditEvent
from schemas.control import Control, SerialRange, Void
from schemas.header import Mode
from schemas.wire import Lane
from tests.faults.small_world import run
from tests.lanes.lane_world import LaneWorld, control
from tests.lanes.signed_words import sign_words

LAST = 2**53 - 1


def void(epoch: int, *ranges: tuple[int, int], lane: Lane = Lane.NORMAL) -> Control:
    found = tuple(
        SerialRange(mode=Mode.OPERATION, lane=lane, lane_epoch=epoch, first=first, last=last)
        for first, last in ranges
    )
    return Control(v=1, control=Void(type="void", ranges=found))


def leap(world: LaneWorld, epochs: range) -> None:
    """XBB signs one delivery in each of these epochs, each under the last serial there is."""
    sign_words(world, [(epoch, LAST, void(epoch, (1, 1), lane=Lane.CONTROL)) for epoch in epochs])


def step(world: LaneWorld) -> StepResult:
    gateway = world.gateways["XAA"]

    def job(tx: Transaction) -> StepResult:
        held = lease.acquire(tx, "XAA", gateway.context.now(), gateway.context.limits.lease)
        assert held is not None
        return run_step(gateway.context, tx, held, frozenset(), StepOptions(seal=True, count=True))

    return run(gateway.store.write(job))


def test_serials_that_leap_in_a_thousand_epochs_stop_neither_relay_nor_start_nor_lists(
    world: LaneWorld,
) -> None:
    world.settle()
    leap(world, range(1, 1081))
    assert 0 < world.missing("XAA")["XBB"] <= lane_bounds.SERIALS
    given_up = world.records("XAA", AuditEvent.LANE_GAP_GIVEN_UP)
    assert given_up
    assert all(record.count and record.count <= LAST for record in given_up)
    accepted = world.publish("XAA", "XCC", subject="to an honest third nation")
    result = step(world)
    assert result.missing == world.missing("XAA")["XBB"]
    assert world.states("XAA", accepted) == {"XCC": "sealed"}
    world.restart("XAA")
    assert world.missing("XAA")["XBB"] <= lane_bounds.SERIALS
    found = world.read("XAA", lambda tx: lane_tails.incoming(tx, ["XBB", "XCC"]))
    assert sum(lane.missing for lane in found) <= lane_bounds.SERIALS


def test_gaps_kept_from_before_they_were_bounded_stop_neither_sums_nor_alarms(world: LaneWorld) -> None:
    world.settle()
    tx = world.gateways["XAA"].store.connection
    tx.executemany(
        "INSERT INTO lane_gap VALUES ('XBB', 'OPERATION', 'normal', ?, 1, ?, 0, 0, 9)",
        [(epoch, LAST) for epoch in range(1, 1100)],
    )
    assert world.missing("XAA") == {"XBB": LAST}
    assert step(world).missing == LAST
    assert world.read("XAA", lambda tx: lane_tails.incoming(tx, ["XBB"]))
    context = world.gateways["XAA"].context
    place = LanePlace("XBB", Mode.OPERATION, Lane.NORMAL)

    def alarm(tx: Transaction) -> None:
        evidence = context.evidence("test", world.now)
        for _ in range(3):
            raise_alarm(context, tx, evidence, place, LaneAlarm.WITHHELD, world.now, 2**63)

    run(context.store.write(alarm))
    world.look("XAA")
    assert "WITHHELD" in {standing.alarm.value for standing in world.alarms("XAA")}


def test_a_recipient_that_lost_its_store_still_asks_for_the_newest_of_a_long_lane(world: LaneWorld) -> None:
    """Its partner's lane stands at a high serial in an epoch that it never saw."""
    world.settle()
    key = lanes.LaneKey("XBB", Mode.OPERATION, Lane.NORMAL, 77)
    world.read(
        "XAA",
        lambda tx: lanes.record(tx, key, [lanes.Arrival(5_000_000, "d", None, "admitted")], world.now),
    )
    (gap,) = world.read("XAA", lambda tx: lanes.gaps_to_ask(tx, world.now))
    assert (gap.first, gap.last) == (5_000_000 - lane_bounds.SERIALS, 4_999_999)


def test_voids_of_single_serials_leave_few_gaps_and_few_records(world: LaneWorld) -> None:
    world.settle()
    before = len(world.records("XAA", AuditEvent.LANE_GAP))
    every_second = [(serial, serial) for serial in range(2, 9_000, 2)]
    contents = [void(7, *every_second[start : start + 100]) for start in range(0, len(every_second), 100)]
    control(world, "XAA", "XBB", *contents)
    key = lanes.LaneKey("XBB", Mode.OPERATION, Lane.NORMAL, 7)
    found = world.read("XAA", lambda tx: lanes.missing(tx, key))
    assert len(found) == lane_bounds.GAPS
    assert found[0][0] == 1, "the oldest are one"
    assert found[-1] == (8_997, 8_997), "the newest stay apart"
    assert len(world.records("XAA", AuditEvent.LANE_GAP)) - before == 1
    # Whatever was merged with what came is told apart once it comes.
    control(world, "XAA", "XBB", void(7, (1, 9_000)))
    assert world.missing("XAA") == {}


def test_a_partner_with_many_gaps_does_not_keep_others_waiting(world: LaneWorld) -> None:
    world.settle()
    control(world, "XAA", "XBB", void(7, *[(serial, serial) for serial in range(2, 402, 2)][:100]))
    control(world, "XAA", "XBB", void(8, *[(serial, serial) for serial in range(2, 202, 2)]))
    control(world, "XAA", "XCC", void(7, (2, 2)))
    asked = world.read("XAA", lambda tx: lanes.gaps_to_ask(tx, world.now, limit=2))
    assert [gap.key.originator for gap in asked] == ["XBB", "XCC"]
    world.relay("XAA")
    told = world.records("XAA", AuditEvent.RESEND_REQUESTED)
    assert sorted(str(record.partner) for record in told) == ["XBB", "XCC"]


def test_the_same_voids_many_times_over_are_one(world: LaneWorld) -> None:
    world.settle()
    control(world, "XAA", "XBB", *[void(7, (1, 50), (60, 60)) for _ in range(64)])
    assert world.missing("XAA") == {"XBB": 9}
