"""Incoming lanes: whatever order serials arrive in, what is missing is exactly what has not come."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.history import History, LaneState
from bus.store import inbox, lanes
from bus.store.lanes import Arrival, AskPolicy, GapChange, LaneKey, StoredHistory
from bus.store.serial_ranges import holes, merged, without
from bus.store.writer import Store
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.store.founded import in_memory
from tests.store.samples import NATION, NOW, REALM, SECOND, digest_of, inbox_message, message_id
from tests.store.test_migrations import of_old_format

Tx = sqlite3.Connection
KEY = LaneKey("XBB", Mode.EXERCISE, Lane.NORMAL, 1)

RANGES = st.tuples(st.integers(1, 40), st.integers(0, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def arrival(serial: int, outcome: str = "admitted", content: str = "content") -> Arrival:
    digest = digest_of(f"{content} {serial}".encode())
    return Arrival(serial, digest, message_id(serial), outcome)  # type: ignore[arg-type]


def serials(ranges: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
    return {serial for first, last in ranges for serial in range(first, last + 1)}


def lane_of(tx: Tx, key: LaneKey = KEY) -> LaneState:
    return StoredHistory(tx).lane(key.originator, key.mode, key.lane, key.epoch)


@given(st.lists(RANGES, max_size=12))
def test_merging_keeps_the_serials_sorted_and_apart(ranges: list[tuple[int, int]]) -> None:
    runs = merged(ranges)
    assert serials(runs) == serials(ranges)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(runs))


@given(RANGES, st.lists(RANGES, max_size=12))
def test_taking_out_leaves_exactly_the_rest(whole: tuple[int, int], ranges: list[tuple[int, int]]) -> None:
    left = without(whole, merged(ranges))
    assert serials(left) == serials([whole]) - serials(ranges)
    assert left == merged(left)


@given(st.integers(0, 50), st.lists(RANGES, max_size=12))
def test_holes_are_what_lies_between(highest: int, ranges: list[tuple[int, int]]) -> None:
    top, found = holes(highest, merged(ranges))
    assert top == max([highest, *serials(ranges)])
    assert serials(found) == set(range(highest + 1, top + 1)) - serials(ranges)


def test_a_gap_that_begins_to_fill_was_not_asked_for_in_vain(tx: Tx) -> None:
    """What is left is asked for soon again, and the requests so far do not count against its originator."""
    policy = AskPolicy(first=SECOND, ceiling=timedelta(hours=1))
    lanes.record(tx, KEY, [arrival(20)], NOW)
    for _ in range(9):
        lanes.mark_asked(tx, lanes.gaps_to_ask(tx, NOW + timedelta(days=1)), NOW, policy)
    (gap,) = lanes.asked_often(tx, 9)
    assert (gap.first, gap.last, gap.asked_at(policy)) == (1, 19, NOW)
    assert lanes.gaps_to_ask(tx, NOW + 30 * SECOND) == ()
    lanes.record(tx, KEY, [arrival(5)], NOW, again_after=30 * SECOND)
    assert lanes.asked_often(tx, 2) == ()
    left = lanes.gaps_to_ask(tx, NOW + 30 * SECOND)
    assert [(gap.first, gap.last) for gap in left] == [(1, 4), (6, 19)]


STEPS = st.lists(
    st.one_of(
        st.lists(st.integers(1, 45), min_size=1, max_size=8).map(lambda found: ("arrive", found)),
        st.lists(RANGES, min_size=1, max_size=3).map(lambda found: ("void", found)),
    ),
    max_size=25,
)


@given(STEPS)
def test_in_any_order_with_duplicates_and_voids_the_missing_ranges_are_exactly_right(
    steps: list[tuple[str, list[int] | list[tuple[int, int]]]],
) -> None:
    tx = in_memory(NATION, REALM)
    try:
        came: set[int] = set()
        filed = 0
        for what, values in steps:
            before = serials(lanes.missing(tx, KEY))
            if what == "arrive":
                numbers = [value for value in values if isinstance(value, int)]
                change = lanes.record(tx, KEY, [arrival(number) for number in numbers], NOW)
                came |= set(numbers)
                filed = max(filed, *numbers)
            else:
                ranges = [value for value in values if isinstance(value, tuple)]
                change = lanes.record_void(tx, KEY, ranges, NOW)
                came |= serials(ranges)
            highest = max(came, default=0)
            state = lane_of(tx)
            expected = set(range(1, highest + 1)) - came
            assert state == LaneState(highest, tuple(merged((one, one) for one in expected)), filed)
            after = serials(state.missing)
            assert serials(change.noticed) == after - before
            assert serials(change.closed) == before - after
            assert lanes.count_missing(tx).get("XBB", 0) == len(expected)
    finally:
        tx.close()


def test_lanes_do_not_mix(tx: Tx) -> None:
    others = [
        LaneKey("XCC", Mode.EXERCISE, Lane.NORMAL, 1),
        LaneKey("XBB", Mode.OPERATION, Lane.NORMAL, 1),
        LaneKey("XBB", Mode.EXERCISE, Lane.URGENT, 1),
        LaneKey("XBB", Mode.EXERCISE, Lane.NORMAL, 2),
    ]
    lanes.record(tx, KEY, [arrival(5)], NOW)
    assert [lane_of(tx, key) for key in others] == [LaneState()] * 4
    for key in others:
        lanes.record(tx, key, [arrival(3)], NOW)
    lanes.record(tx, KEY, [arrival(2)], NOW)
    assert lane_of(tx) == LaneState(5, ((1, 1), (3, 4)), 5)
    assert [lane_of(tx, key) for key in others] == [LaneState(3, ((1, 2),), 3)] * 4


def test_nothing_recorded_changes_nothing(tx: Tx) -> None:
    assert lanes.record(tx, KEY, [], NOW) == GapChange()
    assert lanes.record_void(tx, KEY, [], NOW) == GapChange()
    assert lane_of(tx) == LaneState()


def test_a_vast_void_costs_no_more_than_a_small_one(tx: Tx) -> None:
    lanes.record(tx, KEY, [arrival(10)], NOW)
    change = lanes.record_void(tx, KEY, [(1, 2**53 - 1)], NOW)
    assert change == GapChange((), ((1, 9),))
    assert lane_of(tx) == LaneState(2**53 - 1, filed=10)


@pytest.mark.parametrize(
    ("first", "then", "stands"),
    [
        ("held", "admitted", "admitted"),
        ("held", "refused", "refused"),
        ("refused", "admitted", "admitted"),
        ("admitted", "refused", "admitted"),
        ("admitted", "held", "admitted"),
    ],
)
def test_a_record_moves_on_until_it_is_admitted(tx: Tx, first: str, then: str, stands: str) -> None:
    lanes.record(tx, KEY, [arrival(1, first)], NOW)
    lanes.record(tx, KEY, [arrival(1, then)], NOW)
    found = StoredHistory(tx).received("XBB", "EXERCISE", "normal", 1, [1, 2])
    assert {serial: row.outcome for serial, row in found.items()} == {1: stands}


def test_only_what_was_admitted_counts_as_filed(tx: Tx) -> None:
    lanes.record(tx, KEY, [arrival(1), arrival(4, "held"), arrival(5, "refused")], NOW)
    assert lane_of(tx).filed == 1
    lanes.record(tx, KEY, [arrival(4)], NOW)
    lanes.record(tx, KEY, [arrival(2)], NOW)
    assert lane_of(tx).filed == 4


def test_a_record_never_takes_another_digest(tx: Tx) -> None:
    lanes.record(tx, KEY, [arrival(1, "held")], NOW)
    lanes.record(tx, KEY, [arrival(1, "admitted", "other content")], NOW)
    (found,) = StoredHistory(tx).received("XBB", "EXERCISE", "normal", 1, [1]).values()
    assert (found.digest, found.outcome) == (arrival(1).digest, "held")


def test_the_stored_history_is_the_ports(tx: Tx) -> None:
    history: History = StoredHistory(tx)
    refused = Arrival(3, digest_of(b"x"), None, "refused", ReasonCode.NO_AGREEMENT)
    lanes.record(tx, KEY, [arrival(1), refused], NOW)
    inbox.file(tx, [inbox_message(1), inbox_message(2, "XCC")])
    found = history.received("XBB", "EXERCISE", "normal", 1, [1, 2, 3])
    assert set(found) == {1, 3}
    assert found[3].reason is ReasonCode.NO_AGREEMENT
    ids = [message_id(number) for number in (1, 2, 3)]
    assert history.message_digests("XBB", ids) == {message_id(1): inbox_message(1).digest}
    assert history.lane("XBB", "EXERCISE", "normal", 1) == LaneState(3, ((2, 2),), 1)


def test_gaps_are_asked_for_after_patience_and_then_ever_more_rarely(tx: Tx) -> None:
    policy = AskPolicy(first=10 * SECOND, ceiling=35 * SECOND)
    lanes.record(tx, KEY, [arrival(4)], NOW, patience=2 * SECOND)
    assert lanes.gaps_to_ask(tx, NOW + SECOND) == ()
    now, pauses = NOW + 2 * SECOND, []
    for asked in range(5):
        (gap,) = lanes.gaps_to_ask(tx, now)
        assert (gap.key, gap.first, gap.last, gap.asked_count) == (KEY, 1, 3, asked)
        assert gap.noticed_at == NOW
        lanes.mark_asked(tx, [gap], now, policy)
        later = now
        while not lanes.gaps_to_ask(tx, later):
            later += SECOND
        pauses.append((later - now) // SECOND)
        now = later
    assert pauses == [10, 20, 35, 35, 35]


def test_a_gap_split_by_a_late_arrival_keeps_its_count(tx: Tx) -> None:
    lanes.record(tx, KEY, [arrival(8)], NOW)
    lanes.mark_asked(tx, lanes.gaps_to_ask(tx, NOW), NOW, AskPolicy())
    lanes.record(tx, KEY, [arrival(4)], NOW + SECOND)
    gaps = lanes.gaps_to_ask(tx, NOW + timedelta(hours=1))
    assert [(gap.first, gap.last, gap.asked_count) for gap in gaps] == [(1, 3, 1), (5, 7, 1)]
    assert lanes.gaps_to_ask(tx, NOW + SECOND) == ()
    assert len(lanes.gaps_to_ask(tx, NOW + timedelta(hours=1), limit=1)) == 1


def test_a_gap_that_closed_meanwhile_is_not_marked(tx: Tx) -> None:
    lanes.record(tx, KEY, [arrival(2)], NOW)
    gaps = lanes.gaps_to_ask(tx, NOW)
    lanes.record(tx, KEY, [arrival(1)], NOW)
    lanes.mark_asked(tx, gaps, NOW, AskPolicy())
    assert lanes.missing(tx, KEY) == ()


async def test_a_file_of_format_1_learns_how_far_its_lanes_were_filed(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    of_old_format(path, Path(__file__).parent / "format-1.sql")
    with closing(sqlite3.connect(path)) as old:
        for epoch, highest in ((1, 7), (2, 3)):
            old.execute("INSERT INTO lane_in VALUES ('XBB', 'EXERCISE', 'normal', ?, ?)", (epoch, highest))
        for serial, outcome in ((1, "admitted"), (4, "admitted"), (5, "held"), (7, "refused")):
            old.execute(
                "INSERT INTO received VALUES ('XBB', 'EXERCISE', 'normal', 1, ?, 'd', NULL, ?, NULL)",
                (serial, outcome),
            )
        old.commit()
    store = Store.open(path, NATION, REALM)
    history = await store.read(
        lambda tx: [StoredHistory(tx).lane("XBB", "EXERCISE", "normal", epoch) for epoch in (1, 2)]
    )
    await store.close()
    assert [(state.highest, state.filed) for state in history] == [(7, 4), (3, 0)]
