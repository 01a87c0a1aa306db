"""The agenda and the month."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.calendar.exercises import Exercise
from console.calendar.pages import LANES, Month, agenda_of, days_of, next_after, weeks_of, within
from tests.console.exercises.notices import exercise


def at(name: str, start: datetime, end: datetime) -> Exercise:
    return exercise(name, start=start.isoformat(), end=end.isoformat())


def test_a_day_is_one_of_the_readers_zone() -> None:
    night = at("NIGHT", datetime(2030, 3, 4, 22, 30, tzinfo=UTC), datetime(2030, 3, 4, 23, tzinfo=UTC))
    assert days_of(night, UTC) == (date(2030, 3, 4), date(2030, 3, 4))
    assert days_of(night, ZoneInfo("Europe/Helsinki")) == (date(2030, 3, 5), date(2030, 3, 5))


def test_what_ends_at_midnight_does_not_run_on_the_next_day() -> None:
    whole = at("DAY", datetime(2030, 3, 4, tzinfo=UTC), datetime(2030, 3, 5, tzinfo=UTC))
    assert days_of(whole, UTC) == (date(2030, 3, 4), date(2030, 3, 4))


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "٢٠٢٦-01", "9999-01"])
def test_what_is_no_month_is_none(text: str) -> None:
    assert Month.parse(text) is None


@given(st.integers(1900, 2199), st.integers(1, 12), st.integers(0, 6))
def test_a_month_has_all_its_days_once_in_whole_weeks(year: int, month: int, first_weekday: int) -> None:
    page = Month(year, month)
    days = [day for week in weeks_of(page, [], UTC, first_weekday) for day in week.days]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert days[0].weekday() == first_weekday
    assert [day for day in days if Month.of(day) == page] == [
        page.first + timedelta(days=n) for n in range((page.moved(1).first - page.first).days)
    ]
    assert Month.parse(page.text) == page
    assert page.moved(17).moved(-17) == page


placed = st.lists(st.tuples(st.integers(-20, 60), st.integers(1, 40)), max_size=8)


@given(placed)
def test_bars_of_one_lane_never_lie_on_each_other_and_none_is_lost(spans: list[tuple[int, int]]) -> None:
    base = datetime(2030, 3, 1, 6, tzinfo=UTC)
    made = [
        at(f"EX {n}", base + timedelta(days=first), base + timedelta(days=first + length, hours=1))
        for n, (first, length) in enumerate(spans)
    ]
    for week in weeks_of(Month(2030, 3), made, UTC, 0):
        for column, day in enumerate(week.days, 1):
            running = sum(days_of(each, UTC)[0] <= day <= days_of(each, UTC)[1] for each in made)
            bars = [bar for bar in week.bars if bar.start <= column < bar.start + bar.span]
            assert len({bar.lane for bar in bars}) == len(bars) <= LANES
            assert len(bars) + week.hidden[column - 1] == running


def test_the_agenda_has_what_runs_what_comes_by_month_and_what_is_over() -> None:
    now = datetime(2030, 3, 10, tzinfo=UTC)
    made = [
        at("MAY", datetime(2030, 5, 1, tzinfo=UTC), datetime(2030, 5, 9, tzinfo=UTC)),
        at("NOW", datetime(2030, 3, 1, tzinfo=UTC), datetime(2030, 3, 20, tzinfo=UTC)),
        at("OLD", datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 20, tzinfo=UTC)),
        at("OVER", datetime(2030, 2, 1, tzinfo=UTC), datetime(2030, 3, 10, tzinfo=UTC)),
        at("SOON", datetime(2030, 3, 12, tzinfo=UTC), datetime(2030, 5, 9, tzinfo=UTC)),
    ]
    agenda = agenda_of(made, now, UTC)
    assert [each.notice.exercise_id for each in agenda.running] == ["NOW"]
    assert [(month.text, [e.notice.exercise_id for e in each]) for month, each in agenda.coming] == [
        ("2030-03", ["SOON"]),
        ("2030-05", ["MAY"]),
    ]
    assert [each.notice.exercise_id for each in agenda.past] == ["OVER", "OLD"]


def test_a_month_without_exercises_knows_what_comes_next() -> None:
    early, late = (
        at(name, datetime(2031, 1, day, tzinfo=UTC), datetime(2031, 1, day + 2, tzinfo=UTC))
        for name, day in (("EARLY", 5), ("LATE", 9))
    )
    over = at("OVER", datetime(2030, 3, 4, tzinfo=UTC), datetime(2030, 3, 6, tzinfo=UTC))
    months = {month: weeks_of(Month(2030, month), [late, early, over], UTC, 0) for month in (3, 6)}
    assert within(months[3], [late, early, over], UTC) == [over]
    assert within(months[6], [late, early, over], UTC) == []
    assert next_after(months[6], [late, early, over], UTC) == early
    assert next_after(months[6], [over], UTC) is None
