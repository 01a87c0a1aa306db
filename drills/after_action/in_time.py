"""Faults whose recovery must not take longer than the scenario says. Pure."""

from drills.after_action.recovering import recoveries
from drills.exercise_clock import SECOND, duration
from drills.outcome import DrillOutcome
from drills.scenario import Scenario


def in_time(outcome: DrillOutcome, scenario: Scenario) -> DrillOutcome:
    """The outcome, in which a fault is not as expected when what it held up came too late, or never."""
    took = {each.serial: each for each in recoveries(outcome)}
    late = {}
    for expectation in scenario.expectations:
        found = took.get(expectation.inject)
        if expectation.recovered_within is None or found is None:
            continue
        seconds = found.recovered_seconds
        if seconds is None:
            late[expectation.inject] = f"it must be over within {expectation.recovered_within}, and was not"
        elif seconds > duration(expectation.recovered_within, SECOND).total_seconds():
            late[expectation.inject] = (
                f"it must be over within {expectation.recovered_within}, and took {seconds:.1f} s"
            )
    return outcome.model_copy(
        update={
            "events": tuple(
                each.model_copy(
                    update={
                        "as_expected": False,
                        "remark": "; ".join(part for part in (each.remark, late[each.serial]) if part),
                    }
                )
                if each.serial in late
                else each
                for each in outcome.events
            )
        }
    )
