"""Whether notice was given in time, and what is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.calendar.lead_time import FindingOf, Weight, findings, lead_days, notice_due
from tests.console.exercises.notices import exercise

START = datetime(2030, 3, 4, 6, tzinfo=UTC)
NOW = datetime(2030, 2, 1, tzinfo=UTC)
SMALL = [{"nation": "XAA", "troops": {"ground": 400}}]
LARGE = [{"nation": "XAA", "troops": {"ground": 41_000}}]


def found(nation: str = "XEE", now: datetime = NOW, **changes: Any) -> dict[FindingOf, Weight]:
    return {each.of: each.weight for each in findings(exercise(**changes), now, nation)}


@pytest.mark.parametrize(
    ("before", "basis", "expected"),
    [
        pytest.param(timedelta(days=42), "VD11", {}, id="42 days to the second"),
        pytest.param(
            timedelta(days=42, seconds=-1), "VD11", {FindingOf.LEAD_TIME_SHORT: Weight.BAD}, id="a bit less"
        ),
        pytest.param(timedelta(days=3), "VOLUNTARY", {}, id="voluntary: no rule"),
        pytest.param(
            timedelta(hours=-1), "VD11", {FindingOf.STARTED_BEFORE_NOTICE: Weight.BAD}, id="after the start"
        ),
        pytest.param(
            timedelta(hours=-1), "BILATERAL", {FindingOf.STARTED_BEFORE_NOTICE: Weight.WARN}, id="bilateral"
        ),
    ],
)  # fmt: skip
def test_lead_time(before: timedelta, basis: str, expected: dict[FindingOf, Weight]) -> None:
    told = found(issued_at=START - before, notification_basis=basis, observer_invitation=None, forces=SMALL)
    assert told == expected


def test_the_days_and_the_deadline_are_named() -> None:
    late = exercise(issued_at=START - timedelta(days=20, hours=5))
    (finding,) = [f for f in findings(late, NOW, "XZZ") if f.of is FindingOf.LEAD_TIME_SHORT]
    assert (finding.days, finding.at) == (20, START - timedelta(days=42))
    assert lead_days(late) == 20
    assert notice_due(exercise(notification_basis="VOLUNTARY")) is None


def test_an_alert_exercise_has_no_lead_time() -> None:
    changes: dict[str, Any] = {
        "no_notice": True,
        "commenced_at": START.isoformat(),
        "observer_invitation": None,
    }
    assert found(issued_at=START + timedelta(hours=2), **changes) == {FindingOf.NO_NOTICE: Weight.NOTE}


def test_size_and_observers() -> None:
    assert found(forces=LARGE, observer_invitation=None, notification_basis="VOLUNTARY") == {
        FindingOf.THRESHOLD_CROSSED: Weight.WARN,
        FindingOf.OBSERVERS_NOT_INVITED: Weight.WARN,
        FindingOf.VERY_LARGE: Weight.WARN,
    }


@pytest.mark.parametrize(
    ("calendar_ref", "issued_at", "told"),
    [
        ("activity 3", datetime(2029, 12, 1, tzinfo=UTC), False),
        (None, datetime(2029, 12, 1, tzinfo=UTC), True),
        (None, datetime(2029, 11, 15, 12, tzinfo=UTC), False),
    ],
)
def test_what_stands_in_no_annual_calendar_is_told(
    calendar_ref: str | None, issued_at: datetime, told: bool
) -> None:
    assert (FindingOf.NOT_IN_CALENDAR in found(calendar_ref=calendar_ref, issued_at=issued_at)) is told


@pytest.mark.parametrize(
    ("nation", "now", "expected"),
    [
        ("XEE", datetime(2030, 1, 1, tzinfo=UTC), {FindingOf.REPLY_DUE: Weight.NOTE}),
        ("XEE", datetime(2030, 2, 5, tzinfo=UTC), {FindingOf.REPLY_DUE: Weight.WARN}),
        ("XEE", datetime(2030, 2, 11, tzinfo=UTC), {FindingOf.REPLY_PASSED: Weight.NOTE}),
        ("XEE", datetime(2031, 2, 11, tzinfo=UTC), {}),
        ("XBB", datetime(2030, 2, 5, tzinfo=UTC), {}),
    ],
)
def test_an_invitation_is_brought_up_to_who_is_invited(
    nation: str, now: datetime, expected: dict[FindingOf, Weight]
) -> None:
    assert found(nation, now) == expected


def test_the_weightiest_comes_first() -> None:
    late = exercise(issued_at=START - timedelta(days=1), forces=LARGE, observer_invitation=None)
    weights = [list(Weight).index(each.weight) for each in findings(late, NOW, "XEE")]
    assert weights == sorted(weights)
    assert weights[0] == 0
