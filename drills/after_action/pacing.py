"""Which time a drill is measured in: people by exercise time, where it ran, machines by the clock. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from drills.objectives import Measure
from drills.outcome import DrillOutcome
from schemas.drill_control import ControlAct
from schemas.drill_journal import ActHeard

OF_PEOPLE = (Measure.READ, Measure.ACKNOWLEDGED, Measure.ANSWERED)
"""What people do: a scenario says when in exercise time, and its goals for it are in exercise time, too."""

Held = tuple[datetime, datetime | None]
"""From when and until when exercise time stood still; None: to the end."""


@dataclass(frozen=True)
class Pace:
    """How exercise time ran. Without a speed it is the clock's."""

    speed: float | None = None
    held: tuple[Held, ...] = ()

    def in_exercise_time(self, measure: Measure) -> bool:
        """Whether the measure, and a goal for it, are in exercise time."""
        return self.speed is not None and measure in OF_PEOPLE

    def seconds(self, measure: Measure, began: datetime | None, ended: datetime | None) -> float | None:
        """How long something took, as the measure counts it; None when it never came."""
        if began is None or ended is None:
            return None
        took = ended - began
        if self.speed is not None and measure in OF_PEOPLE:
            took = (took - self._stood_still(began, ended)) * self.speed
        return max(0.0, round(took.total_seconds(), 3))

    def _stood_still(self, began: datetime, ended: datetime) -> timedelta:
        spans = (min(until or ended, ended) - max(since, began) for since, until in self.held)
        return sum((span for span in spans if span > timedelta(0)), timedelta(0))


def pace_of(outcome: DrillOutcome) -> Pace:
    """How exercise time ran in a drill."""
    return Pace(outcome.speed, _held(outcome.acts))


def _held(acts: Iterable[ActHeard]) -> tuple[Held, ...]:
    """When the play was held: from an act that holds it until the next that does not."""
    found: list[Held] = []
    since: datetime | None = None
    for heard in acts:
        if heard.refused is not None or heard.act in (None, ControlAct.SKIP):
            continue
        if heard.act is ControlAct.HOLD:
            since = since or heard.at
        elif since is not None:
            found.append((since, heard.at))
            since = None
    return (*found, (since, None)) if since is not None else tuple(found)
