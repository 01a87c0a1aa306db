"""The after-action review of a drill, computed from its outcome alone. Pure."""

from drills.after_action.answers import taken_back
from drills.after_action.cases import awaited, copies, middle
from drills.after_action.cooperating import cooperation, reciprocity
from drills.after_action.handled import handling_of
from drills.after_action.improving import improvements
from drills.after_action.model import AfterAction, Figure, ObjectiveResult
from drills.after_action.objectives_met import leaked, results
from drills.after_action.pacing import pace_of
from drills.after_action.recovering import recoveries
from drills.after_action.timeline import timeline
from drills.after_action.timing import timings
from drills.after_action.wording import span
from drills.expectation import NOT_MEANT
from drills.objectives import Measure, Rating
from drills.outcome import DrillOutcome


def review(outcome: DrillOutcome) -> AfterAction:
    """What is to be learned of a drill."""
    objectives, faults, given = results(outcome), recoveries(outcome), cooperation(outcome)
    lost = sum(copy.to.must_have and not copy.arrived for copy in copies(outcome))
    leaks = sum(
        leaked(message, nation.nation) for message in outcome.messages for nation in message.nations
    ) + sum(each.endswith(NOT_MEANT) for each in outcome.unexpected)
    blocked = sum(not each.reached and each.as_expected for each in outcome.attempts)
    late = sum(each.late for each in outcome.figures)
    return AfterAction(
        title=outcome.title,
        exercise_id=outcome.exercise_id,
        handling=handling_of(outcome),
        levels=outcome.levels,
        started_at=outcome.started_at,
        seconds=outcome.seconds,
        speed=outcome.speed,
        fingerprint=outcome.fingerprint,
        nations=outcome.nations,
        figures=(
            _objectives_figure(objectives, outcome),
            _median_figure(outcome),
            _slowest_figure(outcome),
            Figure(value=str(lost), label="Copies lost", beside=f"{late} came late", good=not lost),
            Figure(
                value=f"{blocked} of {len(outcome.attempts)}",
                label="Attempts blocked",
                beside=f"{leaks} leaked",
                good=blocked == len(outcome.attempts) and not leaks,
            ),
        ),
        objectives=objectives,
        timings=timings(outcome),
        recoveries=faults,
        cooperation=given,
        reciprocity=reciprocity(outcome),
        taken_back=len(taken_back(outcome)),
        attempts=len(outcome.attempts),
        blocked=blocked,
        lost=lost,
        leaked=leaks,
        gaps=sum(each.missing for each in outcome.figures),
        duplicates=sum(each.duplicates for each in outcome.figures),
        late=late,
        improvements=improvements(outcome, objectives, faults, given),
        timeline=timeline(outcome),
    )


def _objectives_figure(objectives: tuple[ObjectiveResult, ...], outcome: DrillOutcome) -> Figure:
    if not objectives:
        failed = len(outcome.failures)
        return Figure(value=str(failed), label="Expectations not met", good=not failed)
    met = sum(each.rating is Rating.PERFORMED for each in objectives)
    return Figure(value=f"{met} / {len(objectives)}", label="Objectives met", good=met == len(objectives))


def _urgent(outcome: DrillOutcome) -> tuple[str, list[tuple[float, str]]]:
    """The most urgent precedence that was acknowledged, and how long each acknowledgement took, where."""
    for precedence in ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"):
        took = [
            (value, copy.to.nation)
            for copy in copies(outcome)
            if copy.message.precedence == precedence
            and awaited(copy, Measure.ACKNOWLEDGED)
            and (value := copy.took(Measure.ACKNOWLEDGED)) is not None
        ]
        if took:
            return precedence, took
    return "", []


def _goal(outcome: DrillOutcome, precedence: str) -> float | None:
    """The goal that an objective sets for acknowledgements at this precedence."""
    for objective in outcome.objectives:
        if objective.measure is Measure.ACKNOWLEDGED and precedence in (
            objective.precedences or (precedence,)
        ):
            return objective.goal_seconds
    return None


def _beside(goal: float | None, outcome: DrillOutcome) -> str:
    """What stands beside how long an acknowledgement took: the goal, and which time that is."""
    named = [f"goal {span(goal)}"] if goal is not None else []
    if pace_of(outcome).in_exercise_time(Measure.ACKNOWLEDGED):
        named.append("exercise time")
    return ", ".join(named)


def _median_figure(outcome: DrillOutcome) -> Figure:
    precedence, took = _urgent(outcome)
    if not took:
        return Figure(value="none", label="Acknowledged")
    value, goal = middle([each[0] for each in took]), _goal(outcome, precedence)
    assert value is not None
    return Figure(
        value=span(value),
        label=f"Median {precedence} acknowledgement",
        beside=_beside(goal, outcome),
        good=None if goal is None else value <= goal,
    )


def _slowest_figure(outcome: DrillOutcome) -> Figure:
    precedence, took = _urgent(outcome)
    if not took:
        return Figure(value="none", label="Slowest acknowledgement")
    (value, nation), goal = max(took), _goal(outcome, precedence)
    return Figure(
        value=span(value),
        label=f"Slowest {precedence} acknowledgement, {nation}",
        beside=_beside(goal, outcome),
        good=None if goal is None else value <= goal,
    )
