"""An exercise as the calendar knows it: the notice, where it came from, and its serials in order of time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from console.calendar.figures import Figure, figures_of
from schemas.area import Area
from schemas.exercise_notice import ExerciseNotice


class SerialKind(StrEnum):
    """What a line of an exercise's programme is."""

    WHOLE = "whole"
    PHASE = "phase"
    ACTIVITY = "activity"
    RESERVATION = "reservation"


@dataclass(frozen=True)
class Serial:
    """Something that happens in an exercise at a time, and where that is stated, at a place of its own."""

    kind: SerialKind
    type: str
    name: str
    start: datetime
    end: datetime
    areas: tuple[Area, ...] = ()

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Its areas on the plane."""
        return figures_of(self.areas)


@dataclass(frozen=True)
class Exercise:
    """One notice that is current. ``path`` is its message's page below the console's root."""

    path: str
    own: bool
    originator: str
    message_id: str
    issued_at: datetime
    mode: str
    game: str | None
    marking: str | None
    level: int | None
    policy: str
    classification: str
    subject: str
    language: str
    revision: int
    notice: ExerciseNotice

    @property
    def key(self) -> str:
        """Names it among all exercises: ids are unique per originator only."""
        return f"{self.originator}-{self.message_id}"

    @property
    def map_key(self) -> str:
        """Its key on the map, where publications go by their own id."""
        return self.path.rpartition("/")[2] if self.own else self.key

    @property
    def world(self) -> tuple[str, str | None]:
        """What is real and what is played, in which game, never meets: exercise is never live."""
        return self.mode, self.game

    @cached_property
    def serials(self) -> tuple[Serial, ...]:
        """Phases, special activities and reservations, by time."""
        notice = self.notice
        found = [
            Serial(
                SerialKind.PHASE,
                phase.type.value,
                phase.name,
                phase.start,
                phase.end,
                () if phase.area is None else (phase.area,),
            )
            for phase in notice.phases
        ]
        for activity in notice.special_activities:
            start = activity.start or notice.start
            within = [phase.end for phase in notice.phases if phase.start <= start < phase.end]
            found.append(
                Serial(
                    SerialKind.ACTIVITY,
                    activity.type.value,
                    activity.description or "",
                    start,
                    notice.end if activity.start is None else min(within, default=notice.end),
                    () if activity.area is None else (activity.area,),
                )
            )
        found += [
            Serial(
                SerialKind.RESERVATION,
                reservation.system,
                reservation.reference,
                reservation.start,
                reservation.end,
                () if reservation.area is None else (reservation.area,),
            )
            for reservation in notice.reservations
        ]
        return tuple(sorted(found, key=lambda serial: (serial.start, serial.end)))

    @cached_property
    def whole(self) -> Serial:
        """All of it, in its areas, from start to end."""
        notice = self.notice
        return Serial(
            SerialKind.WHOLE,
            notice.exercise_type.value,
            notice.designation,
            notice.start,
            notice.end,
            notice.areas,
        )

    @property
    def nations(self) -> tuple[str, ...]:
        """Who takes part, the host first."""
        others = (name for name in self.notice.participating_nations if name != self.notice.host_nation)
        return (self.notice.host_nation, *others)


@dataclass(frozen=True)
class Unreadable:
    """A notice that is there but cannot be read: by this operator (no content), or by this console."""

    path: str
    originator: str
    message_id: str
    issued_at: datetime
    withheld: bool


def exercise_of(entry: Mapping[str, Any], *, own: bool, path: str) -> Exercise | Unreadable:
    """The exercise in an entry of the gateway's inbox, or in a publication of this nation."""
    message = entry.get("message")
    issued_at = datetime.fromisoformat(entry.get("issued_at") or entry["accepted_at"])
    if message is None:
        return Unreadable(path, entry.get("originator", ""), entry["message_id"], issued_at, withheld=True)
    header = message["header"]
    issued_at = datetime.fromisoformat(header["issued_at"])
    try:
        notice = ExerciseNotice.model_validate_json(json.dumps(message["body"]))
    except ValidationError:
        return Unreadable(path, header["originator"], header["message_id"], issued_at, withheld=False)
    return Exercise(
        path=path,
        own=own,
        originator=header["originator"],
        message_id=header["message_id"],
        issued_at=issued_at,
        mode=header["mode"],
        game=header.get("exercise_id"),
        marking=entry.get("marking"),
        level=entry.get("level"),
        policy=message["label"]["policy"],
        classification=message["label"]["classification"],
        subject=header["subject"],
        language=header.get("language", "en"),
        revision=max(0, len(entry.get("history", ())) - 1),
        notice=notice,
    )
