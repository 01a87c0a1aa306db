"""Where and when two exercises meet: the same time, the same ground, between serials of both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.calendar.exercises import Exercise, Serial, SerialKind
from console.calendar.overlap import TooMuchWork, Work, overlap

WORK_OF_A_PAIR = 60_000
"""Steps for two exercises: two outlines of a thousand positions are compared well within them."""
WORK_OF_ALL = 1_500_000
"""Steps for a whole calendar, about a second of one core."""


@dataclass(frozen=True)
class Meeting:
    """One serial of each, and the time that they share."""

    first: Serial
    second: Serial
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Conflict:
    """Two exercises that meet. ``certain`` is False where their outlines could not be compared to the end:
    then they are at the same time, and no more is known."""

    first: Exercise
    second: Exercise
    meetings: tuple[Meeting, ...]
    certain: bool

    @property
    def start(self) -> datetime:
        """When they first meet."""
        return min(meeting.start for meeting in self.meetings)

    @property
    def end(self) -> datetime:
        """When they last meet."""
        return max(meeting.end for meeting in self.meetings)

    @property
    def live_fire(self) -> bool:
        """Whether either of them fires live ammunition."""
        return self.first.notice.live_fire or self.second.notice.live_fire

    def other(self, exercise: Exercise) -> Exercise:
        """The one that ``exercise`` meets."""
        return self.second if exercise.key == self.first.key else self.first


def conflicts(
    exercises: Sequence[Exercise], *, of_all: int = WORK_OF_ALL, of_a_pair: int = WORK_OF_A_PAIR
) -> tuple[Conflict, ...]:
    """Every pair that meets, by time. Cheap comparisons come first, so that one notice with an outline made
    to be costly keeps no others from being compared."""
    left = of_all
    found: list[Conflict] = []
    for first, second in sorted(_at_the_same_time(exercises), key=_cost):
        work = Work(min(of_a_pair, max(0, left)))
        given = work.left
        conflict = _conflict(first, second, work)
        left -= given - max(0, work.left)
        if conflict is not None:
            found.append(conflict)
    return tuple(sorted(found, key=lambda each: (each.start, each.first.key, each.second.key)))


def by_pair(found: Sequence[Conflict]) -> tuple[tuple[Conflict, ...], ...]:
    """Conflicts of the same two exercises together, in the order of the first of each: exercises are
    announced again, under the same name, and so is what they meet."""
    pairs: dict[frozenset[tuple[str, str]], list[Conflict]] = {}
    for conflict in found:
        both = (conflict.first.notice, conflict.second.notice)
        names = frozenset((each.host_nation, each.designation) for each in both)
        pairs.setdefault(names, []).append(conflict)
    return tuple(map(tuple, pairs.values()))


def _at_the_same_time(exercises: Sequence[Exercise]) -> Iterator[tuple[Exercise, Exercise]]:
    """Pairs of different exercises of one world that share time; two notices of one exercise are none."""
    running: list[Exercise] = []
    for exercise in sorted(exercises, key=lambda each: (each.notice.start, each.key)):
        running = [other for other in running if other.notice.end > exercise.notice.start]
        for other in running:
            same = other.notice.exercise_id == exercise.notice.exercise_id
            if not same and other.world == exercise.world:
                yield other, exercise
        running.append(exercise)


def _cost(pair: tuple[Exercise, Exercise]) -> int:
    return sum(
        figure.positions
        for exercise in pair
        for serial in (exercise.whole, *exercise.serials)
        for figure in serial.figures
    )


def _conflict(first: Exercise, second: Exercise, work: Work) -> Conflict | None:
    try:
        meetings = list(_meetings(first, second, work))
    except TooMuchWork:
        return Conflict(first, second, (_meeting(first.whole, second.whole),), certain=False)
    if not meetings:
        return None
    return Conflict(first, second, tuple(_telling(meetings)), certain=True)


def _meetings(first: Exercise, second: Exercise, work: Work) -> Iterator[Meeting]:
    for one in (first.whole, *first.serials):
        for other in (second.whole, *second.serials):
            work.spend(1)
            if one.start < other.end and other.start < one.end and _share_ground(one, other, work):
                yield _meeting(one, other)


def _meeting(one: Serial, other: Serial) -> Meeting:
    return Meeting(one, other, max(one.start, other.start), min(one.end, other.end))


def _share_ground(one: Serial, other: Serial, work: Work) -> bool:
    return any(overlap(a, b, work) for a in one.figures for b in other.figures)


def _telling(meetings: list[Meeting]) -> list[Meeting]:
    """The meetings that say most: between serials, or else of the whole with a serial, or of the wholes."""

    def vague(meeting: Meeting) -> int:
        return sum(serial.kind is SerialKind.WHOLE for serial in (meeting.first, meeting.second))

    least = min(vague(meeting) for meeting in meetings)
    return sorted((each for each in meetings if vague(each) == least), key=lambda each: each.start)
