"""What measures are taken over: every copy of every message, and how long it took. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from drills.after_action.model import Met
from drills.after_action.pacing import Pace, pace_of
from drills.course import CopyTimes
from drills.objectives import Measure
from drills.outcome import DrillOutcome, MessageOutcome, NationOutcome

SILENT = "silent"
"""What an actor does that does nothing."""
ARRIVED = ("delivered", "read", "acknowledged", "actioned")


@dataclass(frozen=True)
class Copy:
    """A nation's copy of a message that had to reach it, or did."""

    message: MessageOutcome
    to: NationOutcome
    pace: Pace

    @property
    def times(self) -> CopyTimes:
        """Its times; none of them where the gateway gave it none."""
        return self.to.times or CopyTimes()

    @property
    def arrived(self) -> bool:
        """Whether the nation's gateway signed that it has it."""
        return self.to.state in ARRIVED

    def reached(self, measure: Measure) -> datetime | None:
        """When that was reached of which a measure of copies speaks; None when it never was."""
        match measure:
            case Measure.READ:
                # Who acknowledges has read it, whether or not that was said before.
                return self.times.read_at or self.times.acknowledged_at
            case Measure.ACKNOWLEDGED:
                return self.times.acknowledged_at
            case _:
                return self.times.delivered_at

    def deadline(self, measure: Measure) -> datetime | None:
        """By when the gateways want that; None when they do not."""
        if measure is Measure.DELIVERED:
            return self.times.deliver_by
        return self.times.acknowledge_by if measure is Measure.ACKNOWLEDGED else None

    def met(self, measure: Measure, ended: datetime) -> Met:
        """How the deadline was met by the end; without one, whatever came was in time."""
        reached, deadline = self.reached(measure), self.deadline(measure)
        if reached is not None:
            return Met.IN_TIME if deadline is None or reached <= deadline else Met.LATE
        return Met.NEVER if deadline is not None and deadline <= ended else Met.OPEN

    def took(self, measure: Measure) -> float | None:
        """Seconds from the message's acceptance; None when it never came, or acceptance is not known."""
        return self.pace.seconds(measure, self.message.accepted_at, self.reached(measure))


def copies(outcome: DrillOutcome) -> Iterator[Copy]:
    """Every copy, in order of the injects."""
    pace = pace_of(outcome)
    for message in outcome.messages:
        for nation in message.nations:
            if nation.must_have or nation.times is not None:
                yield Copy(message, nation, pace)


def silent_by_script(outcome: DrillOutcome) -> frozenset[tuple[str, str]]:
    """Messages, by serial, and nations that the scenario has keep silent on them."""
    return frozenset((each.on, each.nation) for each in outcome.actors if each.does == SILENT)


def end_of(outcome: DrillOutcome) -> datetime:
    """The end of the drill: of its play, or the last thing that was signed or played, if that is later."""
    moments = [outcome.started_at + timedelta(seconds=max(outcome.seconds, 0.001))]
    moments += [inject.at for inject in outcome.injects]
    for copy in copies(outcome):
        moments += [at for at in (copy.times.delivered_at, copy.times.acknowledged_at) if at is not None]
    return max(moments)


def awaited(copy: Copy, measure: Measure) -> bool:
    """Whether the measure is about this copy: reading of what came for people, acknowledging where asked."""
    if measure is Measure.ACKNOWLEDGED:
        return copy.times.acknowledge_by is not None or copy.times.acknowledged_at is not None
    if measure is Measure.READ:
        return copy.reached(Measure.READ) is not None or copy.times.acknowledge_by is not None
    return copy.to.must_have


def seconds(began: datetime | None, ended: datetime | None) -> float | None:
    """Seconds between two times, not below 0; None when one of them is not known."""
    if began is None or ended is None:
        return None
    return max(0.0, round((ended - began).total_seconds(), 3))


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return round(median(values), 3) if values else None


def percentile(values: Sequence[float], share: int) -> float | None:
    """The value that ``share`` percent do not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
