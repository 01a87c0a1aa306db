"""Which exercises meet in area and time."""

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.calendar.conflicts import by_pair, conflicts
from console.calendar.exercises import SerialKind
from tests.console.exercises.notices import comb, exercise, square

EAST, NEAR_EAST, FAR = square(20, 57), square(20.5, 57.5), square(0, 0)
MARCH = {"start": "2030-03-04T06:00:00Z", "end": "2030-03-22T18:00:00Z"}
LATE_MARCH = {"start": "2030-03-20T06:00:00Z", "end": "2030-03-30T18:00:00Z"}
APRIL = {"start": "2030-04-04T06:00:00Z", "end": "2030-04-22T18:00:00Z"}
PHASE = {"type": "ACTIVE", "name": "Firing", "purpose": "To fire"}


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        pytest.param({"areas": [NEAR_EAST], **LATE_MARCH}, True, id="same ground, days in common"),
        pytest.param({"areas": [NEAR_EAST], **APRIL}, False, id="same ground, another month"),
        pytest.param({"areas": [FAR], **LATE_MARCH}, False, id="other ground, days in common"),
        pytest.param(
            {"areas": [EAST], "start": MARCH["end"], "end": LATE_MARCH["end"]}, False, id="one after another"
        ),
        pytest.param({"areas": [{"description": "In words alone"}], **MARCH}, False, id="no outline"),
        pytest.param(
            {"areas": [NEAR_EAST], **MARCH, "header": {"mode": "EXERCISE", "exercise_id": "GAME"}},
            False,
            id="one real, the other played",
        ),
        pytest.param({"areas": [NEAR_EAST], **MARCH, "exercise_id": "ONE"}, False, id="one exercise twice"),
    ],
)  # fmt: skip
def test_exercises_conflict_where_they_share_ground_and_time(other: dict[str, Any], meets: bool) -> None:
    one = exercise("ONE", areas=[EAST], **MARCH)
    found = conflicts([one, exercise("TWO", **other)])
    assert bool(found) is meets
    for conflict in found:
        assert conflict.certain
        assert (conflict.start, conflict.end) == (
            max(conflict.first.notice.start, conflict.second.notice.start),
            min(conflict.first.notice.end, conflict.second.notice.end),
        )


def test_a_conflict_names_the_serials_that_meet_rather_than_the_whole_exercises() -> None:
    firing = PHASE | {"start": "2030-03-10T00:00:00Z", "end": "2030-03-12T00:00:00Z", "area": NEAR_EAST}
    reserved = {
        "system": "NOTAM", "reference": "A1/30", "start": "2030-03-11T00:00:00Z",
        "end": "2030-03-15T00:00:00Z", "area": EAST,
    }  # fmt: skip
    one = exercise("ONE", areas=[EAST], phases=[firing], **MARCH)
    two = exercise("TWO", areas=[NEAR_EAST], reservations=[reserved], **MARCH)
    (conflict,) = conflicts([one, two])
    (meeting,) = conflict.meetings
    assert {meeting.first.kind, meeting.second.kind} == {SerialKind.PHASE, SerialKind.RESERVATION}
    assert (meeting.start.day, meeting.end.day) == (11, 12)
    assert conflict.live_fire
    assert conflict.other(one) is two


def test_serials_elsewhere_do_not_hide_that_the_exercises_meet() -> None:
    away = PHASE | {"start": "2030-03-10T00:00:00Z", "end": "2030-03-12T00:00:00Z", "area": FAR}
    one = exercise("ONE", areas=[EAST], phases=[away], **MARCH)
    (conflict,) = conflicts([one, exercise("TWO", areas=[NEAR_EAST], **MARCH)])
    assert conflict.meetings[0].first.kind is SerialKind.WHOLE


def test_an_outline_made_to_be_costly_is_said_to_be_uncertain_and_hides_no_other_conflict() -> None:
    rings = [comb(1000), comb(1000, from_east=True)]
    shapes = [{"description": "x", "geometry": {"type": "Polygon", "coordinates": [ring]}} for ring in rings]
    costly = [exercise(f"COSTLY {n}", areas=[shape], **MARCH) for n, shape in enumerate(shapes)]
    plain = [exercise("ONE", areas=[EAST], **MARCH), exercise("TWO", areas=[NEAR_EAST], **MARCH)]
    found = conflicts([*costly, *plain], of_all=70_000)
    assert {(c.first.notice.exercise_id, c.second.notice.exercise_id): c.certain for c in found} == {
        ("ONE", "TWO"): True,
        ("COSTLY 0", "COSTLY 1"): False,
    }


days = st.integers(0, 30)


@given(st.lists(st.tuples(days, st.integers(1, 10), st.integers(0, 6)), min_size=2, max_size=6))
def test_every_pair_is_compared_whatever_the_order(placed: list[tuple[int, int, int]]) -> None:
    base = exercise().notice.start
    made = [
        exercise(
            f"EX {n}",
            areas=[square(float(west), 0.0, 1.5)],
            start=(base + timedelta(days=first)).isoformat(),
            end=(base + timedelta(days=first + length)).isoformat(),
        )
        for n, (first, length, west) in enumerate(placed)
    ]
    expected = {
        frozenset((f"EX {a}", f"EX {b}"))
        for (a, (first, length, west)), (b, (first2, length2, west2)) in combinations(enumerate(placed), 2)
        if first < first2 + length2 and first2 < first + length and abs(west - west2) < 1.5
    }
    for order in (made, made[::-1]):
        found = conflicts(order)
        pairs = [frozenset((c.first.notice.exercise_id, c.second.notice.exercise_id)) for c in found]
        assert set(pairs) == expected
        assert len(pairs) == len(expected)


def test_two_exercises_announced_again_and_again_are_one_pair() -> None:
    notices = [
        exercise(name, exercise_id=f"{name} {round_}", areas=[EAST], **MARCH)
        for round_ in range(3)
        for name in ("ONE", "TWO")
    ]
    notices.append(exercise("THREE", areas=[EAST], **LATE_MARCH))
    found = conflicts(notices)
    pairs = by_pair(found)
    assert sum(map(len, pairs)) == len(found) > len(pairs)
    names = [{each.notice.designation for each in (pair[0].first, pair[0].second)} for pair in pairs]
    assert sorted(map(sorted, names)) == [
        ["ONE"],
        ["ONE", "THREE"],
        ["ONE", "TWO"],
        ["THREE", "TWO"],
        ["TWO"],
    ]
