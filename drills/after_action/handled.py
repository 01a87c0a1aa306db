"""What may be done with the whole of a drill's report. Pure."""

from drills.handling import Bounds, Handling, together
from drills.outcome import DrillOutcome


def handled(outcome: DrillOutcome) -> DrillOutcome:
    """The outcome with what the whole of it allows."""
    return outcome.model_copy(update={"handling": handling_of(outcome)})


def handling_of(outcome: DrillOutcome) -> Handling:
    """The labels of everything that the report shows, together. What has no bounds may go to nobody."""
    parts = [
        each.bounds or Bounds(policy="", classification=each.classification) for each in outcome.messages
    ]
    return together([*parts, *outcome.drafts], outcome.levels)
