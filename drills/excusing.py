"""What is not judged, since exercise staff skipped it or ended the drill before it could come. Pure."""

from collections.abc import Collection

from drills.control import Course
from drills.course import NotPlayed
from drills.expectation import ACKNOWLEDGED, Expectation
from drills.inject import Inject
from drills.outcome import DrillOutcome, MessageOutcome, NationOutcome
from drills.scenario import Scenario
from schemas.drill_journal import InjectStatus, WhyNot
from schemas.header import Kind

Owed = tuple[str, str]
"""A message, by its inject, and the nation that would have acknowledged or answered it."""


def judged_by(scenario: Scenario, course: Course) -> Scenario:
    """The scenario with the expectations that can still be met: nobody is waited for who was not let act."""
    if not course.skipped and course.aborted_by is None:
        return scenario
    owed = _owed(scenario, course)
    ended = course.aborted_by is not None
    return scenario.model_copy(
        update={"expectations": tuple(_without(each, owed, ended) for each in scenario.expectations)}
    )


def with_control(outcome: DrillOutcome, scenario: Scenario, course: Course) -> DrillOutcome:
    """The outcome that says what was not played and by whom, and counts against nobody what was not."""
    owed, ended = _owed(scenario, course), course.aborted_by is not None
    injects = {inject.serial: inject for inject in scenario.injects}
    return outcome.model_copy(
        update={
            "messages": tuple(_excused(message, owed, ended) for message in outcome.messages),
            "excused_answers": tuple(sorted(_answers(outcome, owed, ended))),
            "skipped": tuple(
                _not_played(injects[serial], how.by, how.why, how.needs, how.detail)
                for serial, how in sorted(course.skipped.items(), key=lambda it: course.order.index(it[0]))
            ),
            "cancelled": tuple(
                _not_played(injects[serial], course.aborted_by or "", WhyNot.ASKED)
                for serial in course.cancelled
            ),
            "aborted_by": course.aborted_by,
            "unjudged": _unjudged(outcome, course),
        }
    )


def _unjudged(outcome: DrillOutcome, course: Course) -> tuple[str, ...]:
    """What nobody asked to leave out and all the same was not judged: no drill passes by that."""
    broke = tuple(
        f"{serial}: could not be played after what was skipped: {how.detail}"
        for serial, how in course.skipped.items()
        if how.why is WhyNot.FAILED
    )
    if outcome.injects or course.aborted_by is not None:
        return broke
    return (*broke, "nothing was played, and so nothing was judged")


def _owed(scenario: Scenario, course: Course) -> frozenset[Owed]:
    """Acknowledgements and answers that were part of the play and were not played."""
    missing = [
        inject
        for inject in scenario.injects
        if course.status[inject.serial] in (InjectStatus.SKIPPED, InjectStatus.CANCELLED)
    ]
    return frozenset(
        (about, inject.nation)
        for inject in missing
        if (about := _given_to(inject, scenario)) not in (None, inject.serial)
    )


def _given_to(inject: Inject, scenario: Scenario) -> str | None:
    """The message that an inject acknowledges or answers."""
    if inject.acknowledge is not None or inject.request is not None:
        return inject.looks_at
    return scenario.about(inject) if inject.publish is not None else None


def _without(expectation: Expectation, owed: Collection[Owed], ended: bool) -> Expectation:
    serial = expectation.inject
    excused = {nation for nation in expectation.acknowledged_by if ended or (serial, nation) in owed}
    excused |= {nation for nation in expectation.states if ended or (serial, nation) in owed}
    return expectation.model_copy(
        update={
            "acknowledged_by": tuple(each for each in expectation.acknowledged_by if each not in excused),
            "states": {
                nation: state
                for nation, state in expectation.states.items()
                if nation not in excused or state not in ACKNOWLEDGED
            },
            # Which events there would have been depends on all that was not played.
            "posted": (),
        }
    )


def _excused(message: MessageOutcome, owed: Collection[Owed], ended: bool) -> MessageOutcome:
    """Without the deadlines of acknowledgements that nobody was let give."""
    nations = tuple(
        _without_deadline(nation) if ended or (message.serial, nation.nation) in owed else nation
        for nation in message.nations
    )
    return message.model_copy(update={"nations": nations})


def _without_deadline(nation: NationOutcome) -> NationOutcome:
    if nation.times is None or nation.times.acknowledged_at is not None:
        return nation
    return nation.model_copy(update={"times": nation.times.model_copy(update={"acknowledge_by": None})})


def _answers(outcome: DrillOutcome, owed: Collection[Owed], ended: bool) -> set[Owed]:
    """Requests and nations whose missing answer counts against nobody."""
    return {
        (message.serial, nation.nation)
        for message in outcome.messages
        if message.kind == Kind.INFORMATION_REQUEST.value
        for nation in message.nations
        if ended or (message.serial, nation.nation) in owed
    }


def _not_played(
    inject: Inject, by: str, why: WhyNot, needs: str | None = None, detail: str = ""
) -> NotPlayed:
    return NotPlayed(
        serial=inject.serial,
        title=inject.title,
        nation=inject.nation,
        kind=inject.kind,
        objectives=inject.objectives,
        by=by,
        why=why,
        needs=needs,
        detail=detail,
    )
