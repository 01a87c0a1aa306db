"""Requests and their answers: who was asked, who answered, how fast. Pure."""

from dataclasses import dataclass

from drills.after_action.pacing import pace_of
from drills.objectives import Measure
from drills.outcome import DrillOutcome, MessageOutcome
from schemas.header import Kind


@dataclass(frozen=True)
class Asked:
    """One nation, asked by a request. ``took``: seconds until its first answer was accepted; None without.

    ``stood``: seconds until its author took it back; None where it stands.
    """

    request: MessageOutcome
    nation: str
    took: float | None
    stood: float | None

    @property
    def taken_back(self) -> bool:
        """Whether its author took the request back before the nation had answered it."""
        return self.stood is not None and (self.took is None or self.took > self.stood)


def asked(outcome: DrillOutcome) -> tuple[Asked, ...]:
    """Every request and nation that had to have it, but for those that were not let answer.

    Nor those whose request was taken back before they had answered: they owe nothing any more.
    """
    return tuple(each for each in _all_asked(outcome) if not each.taken_back)


def taken_back(outcome: DrillOutcome) -> tuple[Asked, ...]:
    """The requests and nations that owe no answer, since the request was taken back before there was one."""
    return tuple(each for each in _all_asked(outcome) if each.taken_back)


def _all_asked(outcome: DrillOutcome) -> list[Asked]:
    answers: dict[tuple[str, str], MessageOutcome] = {}
    for message in outcome.messages:
        if message.answers:
            answers.setdefault((message.answers, message.originator), message)
    found: list[Asked] = []
    pace = pace_of(outcome)
    for request in outcome.messages:
        if request.kind != Kind.INFORMATION_REQUEST.value:
            continue
        stood = pace.seconds(Measure.ANSWERED, request.accepted_at, request.taken_back_at)
        for nation in request.nations:
            if nation.must_have:
                answer = answers.get((request.serial, nation.nation))
                took = pace.seconds(
                    Measure.ANSWERED, request.accepted_at, None if answer is None else answer.accepted_at
                )
                if took is not None or (request.serial, nation.nation) not in outcome.excused_answers:
                    found.append(Asked(request, nation.nation, took, stood))
    return found
