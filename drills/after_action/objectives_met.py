"""How far each objective was met. Pure."""

from collections.abc import Collection

from drills.after_action.answers import asked
from drills.after_action.cases import Copy, awaited, copies, middle, silent_by_script
from drills.after_action.model import Evidence, ObjectiveResult
from drills.after_action.pacing import OF_PEOPLE, pace_of
from drills.after_action.recovering import recoveries
from drills.objectives import Measure, Objective
from drills.outcome import DrillOutcome, MessageOutcome


def results(outcome: DrillOutcome) -> tuple[ObjectiveResult, ...]:
    """Every objective of the exercise, in its order."""
    return tuple(_result(objective, outcome) for objective in outcome.objectives)


def _result(objective: Objective, outcome: DrillOutcome) -> ObjectiveResult:
    scripted = silent_by_script(outcome) if objective.measure in OF_PEOPLE else ()
    cases = [
        each.model_copy(update={"by_script": each.seconds is None and (each.serial, each.nation) in scripted})
        for each in _cases(objective, outcome)
    ]
    took = [case.seconds for case in cases if case.seconds is not None]
    missed = sorted((case for case in cases if not case.met), key=_worst_first)
    met = len(cases) - len(missed)
    return ObjectiveResult(
        id=objective.id,
        title=objective.title,
        measure=objective.measure,
        goal_seconds=objective.goal_seconds,
        exercise_time=pace_of(outcome).in_exercise_time(objective.measure),
        cases=len(cases),
        met=met,
        median_seconds=middle(took),
        worst_seconds=max(took, default=None),
        rating=objective.ratings.rating(met, len(cases)),
        missed=tuple(missed),
        measured_over=tuple(dict.fromkeys(case.serial for case in cases)),
    )


def _worst_first(case: Evidence) -> tuple[bool, float]:
    return (case.seconds is not None, -(case.seconds or 0.0))


def _cases(objective: Objective, outcome: DrillOutcome) -> list[Evidence]:
    # Also what was not played: an objective of skipped injects alone is measured over nothing.
    not_played = (*outcome.skipped, *outcome.cancelled)
    serials = {inject.serial for inject in outcome.injects if objective.id in inject.objectives}
    serials |= {inject.serial for inject in not_played if objective.id in inject.objectives}
    match objective.measure:
        case Measure.ANSWERED:
            return [
                _timed(objective, each.request.serial, each.nation, each.took)
                for each in asked(outcome)
                if _of(objective, each.request, each.nation, serials)
            ]
        case Measure.RECOVERED:
            return [
                _timed(objective, each.serial, each.nation, each.recovered_seconds, each.title)
                for each in recoveries(outcome)
                if not serials or each.serial in serials
            ]
        case Measure.EXPECTATIONS:
            return _expected(outcome, serials)
        case Measure.NOTHING_LEAKED:
            return _kept(objective, outcome, serials)
        case Measure.NOTHING_LOST:
            return [
                Evidence(
                    serial=copy.message.serial, nation=copy.to.nation, met=copy.arrived, what=copy.to.state
                )
                for copy in _copies(objective, outcome, serials)
                if copy.to.must_have
            ]
        case measure:
            return [
                _timed(objective, copy.message.serial, copy.to.nation, copy.took(measure), copy.to.state)
                for copy in _copies(objective, outcome, serials)
                if awaited(copy, measure)
            ]


def _timed(objective: Objective, serial: str, nation: str, took: float | None, what: str = "") -> Evidence:
    met = took is not None and objective.goal_seconds is not None and took <= objective.goal_seconds
    return Evidence(serial=serial, nation=nation, seconds=took, met=met, what=what)


def _copies(objective: Objective, outcome: DrillOutcome, serials: Collection[str]) -> list[Copy]:
    return [copy for copy in copies(outcome) if _of(objective, copy.message, copy.to.nation, serials)]


def _of(objective: Objective, message: MessageOutcome, nation: str, serials: Collection[str]) -> bool:
    """Whether an objective is about a nation's part in a message."""
    return (
        (not serials or message.serial in serials)
        and (not objective.kinds or message.kind in objective.kinds)
        and (not objective.precedences or message.precedence in objective.precedences)
        and (not objective.nations or nation in objective.nations)
    )


def _expected(outcome: DrillOutcome, serials: Collection[str]) -> list[Evidence]:
    cases = [
        Evidence(serial=message.serial, nation=nation.nation, met=nation.as_expected, what=nation.remark)
        for message in outcome.messages
        for nation in message.nations
        if not serials or message.serial in serials
    ]
    cases += [
        Evidence(serial=each.serial, nation=each.nation, met=each.as_expected, what=each.remark)
        for each in outcome.singly_judged
        if not serials or each.serial in serials
    ]
    return cases


def _kept(objective: Objective, outcome: DrillOutcome, serials: Collection[str]) -> list[Evidence]:
    """Attempts that must reach nobody, and nations that must not have a message."""
    cases = [
        Evidence(serial=each.serial, nation=each.nation, met=not each.reached, what=each.stopped_by)
        for each in outcome.attempts
        if not serials or each.serial in serials
    ]
    cases += [
        Evidence(
            serial=message.serial,
            nation=nation.nation,
            met=not leaked(message, nation.nation),
            what=nation.code,
        )
        for message in outcome.messages
        for nation in message.nations
        if not nation.must_have and _of(objective, message, nation.nation, serials)
    ]
    return cases


def leaked(message: MessageOutcome, nation: str) -> bool:
    """Whether a nation that must not have a message got it."""
    return any(
        each.nation == nation and not each.must_have and (each.latency_ms is not None or _holds(each.state))
        for each in message.nations
    )


def _holds(state: str) -> bool:
    return state in ("delivered", "read", "acknowledged", "actioned")
