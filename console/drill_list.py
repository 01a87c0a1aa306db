"""The main events list of a drill as its journal tells it: where each inject stands, who asked for what."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from schemas.drill_journal import (
    ActHeard,
    DrillPhase,
    FaultSeen,
    InjectMoved,
    InjectStatus,
    ListLine,
    PhaseBegan,
    PlannedInject,
    Score,
)

SHOWN_ACTS = 50
AHEAD = (InjectStatus.PLANNED, InjectStatus.READY, InjectStatus.HELD)


@dataclass
class ListedInject:
    """One inject: as planned, and where it stands. ``actual``: when it was released."""

    plan: PlannedInject
    status: InjectStatus = InjectStatus.PLANNED
    actual: datetime | None = None
    moved: InjectMoved | None = None
    met: bool | None = None
    publication_id: str | None = None

    @property
    def ahead(self) -> bool:
        """Whether it is yet to be played."""
        return self.status in AHEAD

    @property
    def planned(self) -> str:
        """Its time in the exercise."""
        seconds = round(self.plan.minutes * 60)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"T+{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


@dataclass
class DrillList:
    """Every inject in order, what the drill does, how it stands, what is broken, what was asked for."""

    injects: list[ListedInject] = field(default_factory=list)
    phase: DrillPhase | None = None
    score: Score | None = None
    faults: dict[tuple[str, str], FaultSeen] = field(default_factory=dict)
    acts: list[ActHeard] = field(default_factory=list)
    newest: datetime | None = None

    @property
    def counts(self) -> dict[InjectStatus, int]:
        """How many injects stand in each status, those with none left out."""
        found = {status: sum(each.status is status for each in self.injects) for status in InjectStatus}
        return {status: count for status, count in found.items() if count}

    @property
    def played(self) -> int:
        """How many injects were played."""
        return sum(each.status in (InjectStatus.RELEASED, InjectStatus.CLOSED) for each in self.injects)

    @property
    def newest_acts(self) -> list[ActHeard]:
        """What was asked for last, the newest first."""
        return self.acts[: -SHOWN_ACTS - 1 : -1]

    @property
    def next(self) -> ListedInject | None:
        """The inject that is played next."""
        return next((each for each in self.injects if each.ahead), None)

    @property
    def held_by(self) -> str | None:
        """Who holds it, while it is held."""
        if self.phase is not DrillPhase.HELD:
            return None
        return next((each.by for each in reversed(self.acts) if each.act == "HOLD" and not each.refused), "")


def told(lines: Iterable[ListLine]) -> DrillList:
    """The list as these lines leave it. What names an inject that there is not is left out."""
    found, by_serial = DrillList(), dict[str, ListedInject]()
    for line in lines:
        if not isinstance(line, PlannedInject):
            found.newest = line.at
        match line:
            case PlannedInject() if line.serial not in by_serial:
                by_serial[line.serial] = ListedInject(line)
                found.injects.append(by_serial[line.serial])
            case InjectMoved() if line.serial in by_serial:
                _move(by_serial[line.serial], line)
            case PhaseBegan():
                found.phase = line.phase
            case Score():
                found.score = line
            case ActHeard():
                found.acts.append(line)
            case FaultSeen():
                _fault(found, line)
    return found


def _move(inject: ListedInject, line: InjectMoved) -> None:
    inject.status, inject.moved = line.status, line
    if line.status is InjectStatus.RELEASED and inject.actual is None:
        inject.actual = line.at
    inject.met = inject.met if line.met is None else line.met
    inject.publication_id = line.publication_id or inject.publication_id


def _fault(found: DrillList, line: FaultSeen) -> None:
    key = (line.what, line.nation or "")
    if line.over:
        found.faults.pop(key, None)
    else:
        found.faults[key] = line
