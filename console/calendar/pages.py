"""The agenda and the month: which exercise stands where. Days are days of the reader's own time zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from console.calendar.exercises import Exercise
from console.times import in_zone

DAY = timedelta(days=1)
LANES = 4
"""Bars above each other in a week of the month; further ones are counted."""


@dataclass(frozen=True)
class Month:
    """A month of the calendar."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that a day lies in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month | None":
        """``2026-11``; None where the text is no month of the years 1900 to 2200."""
        year, _, month = text.partition("-")
        if not (text.isascii() and year.isdecimal() and month.isdecimal() and len(text) == 7):
            return None
        if not (len(year) == 4 and 1900 <= int(year) <= 2200 and 1 <= int(month) <= 12):
            return None
        return cls(int(year), int(month))

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def text(self) -> str:
        """As ``parse`` reads it."""
        return f"{self.year:04}-{self.month:02}"

    def moved(self, months: int) -> "Month":
        """So many months later."""
        ahead = self.year * 12 + self.month - 1 + months
        return Month(ahead // 12, ahead % 12 + 1)


@dataclass(frozen=True)
class Bar:
    """An exercise's days in one week: from column ``start`` (1 to 7) over ``span`` columns, in a ``lane``
    (from 1). ``before`` and ``after``: it goes on in the weeks beside."""

    exercise: Exercise
    start: int
    span: int
    lane: int
    before: bool
    after: bool


@dataclass(frozen=True)
class Week:
    """Seven days; ``hidden`` says for each how many exercises found no lane."""

    days: tuple[date, ...]
    bars: tuple[Bar, ...]
    hidden: tuple[int, ...]


def days_of(exercise: Exercise, zone: tzinfo) -> tuple[date, date]:
    """Its first and its last day. One that ends at midnight does not run on the day that begins then."""
    start = in_zone(exercise.notice.start, zone)
    last = in_zone(exercise.notice.end - timedelta(microseconds=1), zone)
    return start.date(), max(start.date(), last.date())


def weeks_of(month: Month, exercises: Sequence[Exercise], zone: tzinfo, first_weekday: int) -> list[Week]:
    """The weeks that hold a day of the month. ``first_weekday``: 0 is Monday."""
    start = month.first - DAY * ((month.first.weekday() - first_weekday) % 7)
    following = month.moved(1).first
    weeks = []
    while start < following:
        weeks.append(_week(start, exercises, zone))
        start += 7 * DAY
    return weeks


def _week(start: date, exercises: Sequence[Exercise], zone: tzinfo) -> Week:
    days = tuple(start + DAY * offset for offset in range(7))
    spans = [(*days_of(exercise, zone), exercise) for exercise in exercises]
    within = [span for span in spans if span[0] <= days[-1] and span[1] >= days[0]]
    # The longer first: what runs through the week keeps the top lane.
    within.sort(key=lambda span: (max(span[0], start), span[0] - span[1], span[2].key))
    free_from = [start] * LANES
    bars, hidden = [], [0] * 7
    for first, last, exercise in within:
        shown_first, shown_last = max(first, days[0]), min(last, days[-1])
        lane = next((index for index, free in enumerate(free_from) if free <= shown_first), None)
        column, span = (shown_first - start).days, (shown_last - shown_first).days + 1
        if lane is None:
            for day in range(column, column + span):
                hidden[day] += 1
            continue
        free_from[lane] = shown_last + DAY
        bars.append(Bar(exercise, column + 1, span, lane + 1, first < days[0], last > days[-1]))
    return Week(days, tuple(bars), tuple(hidden))


def within(weeks: Sequence[Week], exercises: Sequence[Exercise], zone: tzinfo) -> list[Exercise]:
    """The exercises that have a day in these weeks."""
    first, last = weeks[0].days[0], weeks[-1].days[-1]
    return [each for each in exercises if days_of(each, zone)[0] <= last and days_of(each, zone)[1] >= first]


def next_after(weeks: Sequence[Week], exercises: Sequence[Exercise], zone: tzinfo) -> Exercise | None:
    """The first exercise that begins after these weeks."""
    coming = [each for each in exercises if days_of(each, zone)[0] > weeks[-1].days[-1]]
    return min(coming, key=lambda each: (each.notice.start, each.key), default=None)


@dataclass(frozen=True)
class Agenda:
    """What runs now, what comes month by month, and what is over, the newest first."""

    running: tuple[Exercise, ...]
    coming: tuple[tuple[Month, tuple[Exercise, ...]], ...]
    past: tuple[Exercise, ...]


def agenda_of(exercises: Sequence[Exercise], now: datetime, zone: tzinfo) -> Agenda:
    """Exercises in the order in which they matter."""
    by_start = sorted(exercises, key=lambda each: (each.notice.start, each.notice.end, each.key))
    coming: dict[Month, list[Exercise]] = {}
    for exercise in by_start:
        if exercise.notice.start > now:
            coming.setdefault(Month.of(days_of(exercise, zone)[0]), []).append(exercise)
    return Agenda(
        running=tuple(each for each in by_start if each.notice.start <= now < each.notice.end),
        coming=tuple((month, tuple(each)) for month, each in coming.items()),
        past=tuple(sorted((e for e in by_start if e.notice.end <= now), key=_end, reverse=True)),
    )


def _end(exercise: Exercise) -> datetime:
    return exercise.notice.end.astimezone(UTC)
