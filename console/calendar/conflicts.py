"""Where and when two exercises meet: the same time, the same ground, between serials of both."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.calendar.exercises import Exercise, Serial, SerialKind
from console.calendar.overlap import TooMuchWork, Work, overlap

WORK_OF_A_PAIR = 60_000
"""Steps for two exercises: two outlines of a thousand positions are compared well within them."""
WORK_OF_ALL = 1_500_000
"""Steps for a whole calendar, about a second of one core."""
MOST = 200
MOST_OF_ONE = 10
"""Conflicts that are kept, of all exercises and of any one: partners announce as much as they like."""
MOST_PAIRS = 2_000
"""Pairs that share time and are looked at, of one originator with another or with itself."""
IN_TURN = 5
"""So many pairs of two originators are compared before it is the turn of others'."""
MOST_MEETINGS = 40


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


@dataclass(frozen=True)
class Compared:
    """Conflicts, by time; and how many pairs that share time were not compared or kept, in all and by the key
    of either exercise."""

    conflicts: tuple[Conflict, ...]
    left_out: int
    left_out_of: Mapping[str, int]


def conflicts(
    exercises: Sequence[Exercise], *, of_all: int = WORK_OF_ALL, of_a_pair: int = WORK_OF_A_PAIR
) -> tuple[Conflict, ...]:
    """The conflicts that ``compared`` finds."""
    return compared(exercises, of_all=of_all, of_a_pair=of_a_pair).conflicts


def compared(
    exercises: Sequence[Exercise], *, of_all: int = WORK_OF_ALL, of_a_pair: int = WORK_OF_A_PAIR
) -> Compared:
    """Which pairs meet. Cheap comparisons come first and originators take turns, so that neither one notice
    with an outline made to be costly nor a flood of them keeps others from being compared."""
    left, found, met, left_out = of_all, list[Conflict](), Counter[str](), Counter[str]()
    for first, second in _in_turn(exercises, left_out):
        full = max(met[first.key], met[second.key]) >= MOST_OF_ONE or len(found) >= MOST
        if full or left <= 0:
            left_out.update((first.key, second.key))
            continue
        work = Work(min(of_a_pair, left))
        given = work.left
        conflict = _conflict(first, second, work)
        left -= given - max(0, work.left)
        if conflict is not None:
            found.append(conflict)
            met.update((first.key, second.key))
    in_order = sorted(found, key=lambda each: (each.start, each.first.key, each.second.key))
    return Compared(tuple(in_order), left_out.total() // 2, left_out)


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


def _in_turn(exercises: Sequence[Exercise], left_out: Counter[str]) -> list[tuple[Exercise, Exercise]]:
    """Pairs that share time, a few of every two originators after each other, the cheap ones first. What is
    too much of two originators is counted in ``left_out``."""
    costs = {exercise.key: _cost(exercise) for exercise in exercises}
    groups: dict[frozenset[str], list[tuple[int, Exercise, Exercise]]] = {}
    for first, second in _at_the_same_time(exercises):
        group = groups.setdefault(frozenset((first.originator, second.originator)), [])
        if len(group) < MOST_PAIRS:
            group.append((costs[first.key] + costs[second.key], first, second))
        else:
            left_out.update((first.key, second.key))
    ranked: list[tuple[int, int, Exercise, Exercise]] = []
    for group in groups.values():
        cheap_first = sorted(group, key=lambda each: each[0])
        ranked += [(place // IN_TURN, *each) for place, each in enumerate(cheap_first)]
    return [(first, second) for *_, first, second in sorted(ranked, key=lambda each: each[:2])]


def _cost(exercise: Exercise) -> int:
    serials = (exercise.whole, *exercise.serials)
    return sum(figure.positions for serial in serials for figure in serial.figures)


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
    told = sorted((each for each in meetings if vague(each) == least), key=lambda each: each.start)
    if len(told) <= MOST_MEETINGS:
        return told
    # The last one says until when they meet.
    return [*told[: MOST_MEETINGS - 1], max(told, key=lambda each: each.end)]
