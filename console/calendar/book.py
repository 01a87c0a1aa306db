"""Every exercise that is current, as the calendar shows it: read, compared, and no more than can be shown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from console.calendar.conflicts import Compared, Conflict, compared
from console.calendar.exercises import Exercise, Unreadable, exercise_of
from console.calendar.lead_time import Finding, findings
from console.cut import Cut

LISTED_OF_ONE = 60
"""Exercises of one originator on a page: what a partner announces beyond that takes no room of others'."""


@dataclass(frozen=True)
class Book:
    """Every exercise that is current, where they meet, and what is to be said of each."""

    exercises: tuple[Exercise, ...]
    unreadable: tuple[Unreadable, ...]
    compared: Compared
    findings: Mapping[str, tuple[Finding, ...]]
    cut: tuple[Cut, ...]

    @classmethod
    def read(
        cls,
        received: Iterable[Mapping[str, Any]],
        own: Iterable[Mapping[str, Any]],
        *,
        cut: tuple[Cut, ...] = (),
        now: datetime,
        nation: str,
    ) -> "Book":
        """Out of entries of the inbox and own publications. It takes time: nothing for the loop of events."""
        read = [exercise_of(each, own=False, path=f"messages/in/{each['message_id']}") for each in received]
        read += [exercise_of(each, own=True, path=f"messages/out/{each['publication_id']}") for each in own]
        exercises = tuple(each for each in read if isinstance(each, Exercise))
        return cls(
            exercises,
            tuple(each for each in read if isinstance(each, Unreadable)),
            compared(exercises),
            {exercise.key: findings(exercise, now, nation) for exercise in exercises},
            cut,
        )

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Where exercises meet, by time."""
        return self.compared.conflicts

    def of(self, exercise: Exercise) -> tuple[Conflict, ...]:
        """What an exercise meets."""
        return self._by_key.get(exercise.key, ())

    def find(self, key: str) -> Exercise | None:
        """The exercise with this key."""
        return next((exercise for exercise in self.exercises if exercise.key == key), None)

    @cached_property
    def _by_key(self) -> dict[str, tuple[Conflict, ...]]:
        found: dict[str, list[Conflict]] = {}
        for conflict in self.conflicts:
            for each in (conflict.first, conflict.second):
                found.setdefault(each.key, []).append(conflict)
        return {key: tuple(each) for key, each in found.items()}

    @cached_property
    def listed(self) -> tuple[Exercise, ...]:
        """The exercises that a page has room for: of every originator those that end last."""
        latest = sorted(self.exercises, key=lambda each: (each.notice.end, each.key), reverse=True)
        return tuple(_first_of_each(latest))

    @property
    def unlisted(self) -> int:
        """How many exercises a page has no room for."""
        return len(self.exercises) - len(self.listed)


def _first_of_each(exercises: Sequence[Exercise]) -> Iterable[Exercise]:
    listed = Counter[str]()
    for exercise in exercises:
        listed[exercise.originator] += 1
        if listed[exercise.originator] <= LISTED_OF_ONE:
            yield exercise
