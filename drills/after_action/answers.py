"""Requests and their answers: who was asked, who answered, how fast. Pure."""

from dataclasses import dataclass

from drills.after_action.cases import seconds
from drills.outcome import DrillOutcome, MessageOutcome
from schemas.header import Kind


@dataclass(frozen=True)
class Asked:
    """One nation, asked by a request. ``took``: seconds until its first answer was accepted; None without."""

    request: MessageOutcome
    nation: str
    took: float | None


def asked(outcome: DrillOutcome) -> tuple[Asked, ...]:
    """Every request and nation that had to have it, but for those that were not let answer."""
    answers: dict[tuple[str, str], MessageOutcome] = {}
    for message in outcome.messages:
        if message.answers:
            answers.setdefault((message.answers, message.originator), message)
    found = []
    for request in outcome.messages:
        if request.kind != Kind.INFORMATION_REQUEST.value:
            continue
        for nation in request.nations:
            if nation.must_have:
                answer = answers.get((request.serial, nation.nation))
                took = None if answer is None else seconds(request.accepted_at, answer.accepted_at)
                if took is not None or (request.serial, nation.nation) not in outcome.excused_answers:
                    found.append(Asked(request, nation.nation, took))
    return tuple(found)
