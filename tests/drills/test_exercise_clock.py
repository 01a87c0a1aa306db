"""Exercise time: how it is written, and a clock that runs faster than the day, or stands still."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from drills.exercise_clock import SECOND, ExerciseClock, ExerciseTime, duration, shown
from drills.placeholders import PlaceholderError, with_times

MINUTES = timedelta(minutes=1)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [(0, 0), (12, 720), ("90s", 90), ("12m", 720), ("1h30m", 5400), ("2h", 7200), ("1m5s", 65)],
)
def test_exercise_time_is_minutes_or_a_text_with_units(written: int | str, meant: int) -> None:
    assert duration(written) == timedelta(seconds=meant)
    assert TypeAdapter(ExerciseTime).validate_python(written) == written


@pytest.mark.parametrize(
    "written", ["", "12", "90 s", "5d", "30m1h", "-5m", "1.5h", "9000h", -1, 525_601, "٣m"]
)
def test_what_is_no_length_of_exercise_time_is_refused(written: int | str) -> None:
    with pytest.raises(ValidationError, match="not a number of minutes"):
        TypeAdapter(ExerciseTime).validate_python(written)


def test_a_living_drill_counts_in_seconds_where_no_unit_is_written() -> None:
    assert (duration(7, SECOND), duration("7m", SECOND)) == (timedelta(seconds=7), 7 * MINUTES)


async def test_the_clock_runs_faster_than_the_day_and_stands_still_while_it_is_held() -> None:
    day = [100.0]
    clock = ExerciseClock(60, lambda: day[0])
    assert clock.now == timedelta(0)
    clock.start(5 * MINUTES)
    day[0] += 3
    assert clock.now == 8 * MINUTES
    clock.hold()
    day[0] += 1000
    assert clock.now == 8 * MINUTES
    clock.go_on()
    clock.go_on()
    day[0] += 2
    assert clock.now == 10 * MINUTES
    assert clock.real_seconds(30 * MINUTES) == 30
    await clock.reached(10 * MINUTES)


async def test_who_waits_for_a_time_waits_longer_while_the_clock_is_held() -> None:
    day = [0.0]
    clock = ExerciseClock(1, lambda: day[0])
    clock.start(timedelta(0))
    clock.hold()
    waiting = asyncio.create_task(clock.reached(2 * MINUTES))
    await asyncio.sleep(0)
    day[0] += 500
    clock.go_on()
    await asyncio.sleep(0)
    assert not waiting.done()
    day[0] += 120
    clock.hold()
    await waiting


async def test_without_a_speed_nobody_waits_and_no_exercise_time_is_shown() -> None:
    clock = ExerciseClock(None)
    clock.start(timedelta(0))
    await clock.reached(1000 * MINUTES)
    assert (clock.now, clock.real_seconds(MINUTES)) == (None, 0)


@pytest.mark.parametrize(
    ("text", "speed", "seconds"),
    [
        ("{play+30m}", 60, 30),
        ("{play-1h}", 600, -6),
        ("{play}", 60, 0),
        ("{play+30m}", None, 1800),
        ("{now+30m}", 60, 1800),
    ],
)
def test_times_of_the_play_are_scaled_by_its_speed_and_others_are_not(
    text: str, speed: float | None, seconds: int
) -> None:
    filled = with_times({"by": [text]}, NOW, speed)
    assert datetime.fromisoformat(filled["by"][0]) == NOW + timedelta(seconds=seconds)


def test_a_malformed_time_of_the_play_is_refused() -> None:
    with pytest.raises(PlaceholderError, match=r"\{play\+30m\}"):
        with_times("{play+1y}", NOW)


@pytest.mark.parametrize(("text", "speed"), [("{play-999999d}", 0.1), ("{play+1d}", 5e-324)])
def test_a_time_that_no_calendar_has_is_refused(text: str, speed: float) -> None:
    with pytest.raises(PlaceholderError, match="beyond the calendar"):
        with_times(text, NOW, speed)


def test_exercise_time_is_shown_in_hours_and_minutes() -> None:
    assert [shown(each) for each in (timedelta(0), 90 * MINUTES, timedelta(seconds=3725))] == [
        "T+0:00",
        "T+1:30",
        "T+1:02:05",
    ]
