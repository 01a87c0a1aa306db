"""Judging what is no message: previews, steps on agreements, what happened to the realm; codes counted."""

from collections.abc import Iterable, Mapping, Sequence

from drills.expectation import Expectation
from drills.outcome import (
    AgreementOutcome,
    CodeCount,
    EventOutcome,
    MessageOutcome,
    PreviewOutcome,
    PreviewRow,
)
from drills.partner_system import Answer
from drills.played import Happened, Step
from drills.scenario import Inject
from schemas.reasons import ReasonCode


def preview_outcome(inject: Inject, subject: str, answer: Answer, expectation: Expectation) -> PreviewOutcome:
    """What a preview said, against what it had to say."""
    problem = answer.body.get("problem") if answer.accepted else answer.body
    refused = str(problem.get("code", answer.status)) if problem else ""
    detail = str(problem.get("detail", "")) if problem else ""
    rows = tuple(
        PreviewRow(
            nation=row["nation"],
            permit=row["permit"],
            code=row["code"],
            explanation=row["sentence"],
            change=tuple("; and ".join(step["text"] for step in way["steps"]) for way in row["ways"]),
        )
        for row in answer.body.get("decisions", ())
    )
    codes = {row.nation: row.code for row in rows}
    remarks = different_decisions(expectation, codes)
    wanted = expectation.refused.value if expectation.refused else ""
    if refused != wanted:
        remarks.append(f"publishing it must be {wanted or 'accepted'}, but would be {refused or 'accepted'}")
    said = " ".join((detail, *(text for row in rows for text in (row.explanation, *row.change))))
    remarks += unsaid(expectation, said)
    return PreviewOutcome(
        serial=inject.serial,
        title=inject.title,
        nation=inject.nation,
        subject=subject,
        refused=refused,
        detail=detail,
        rows=rows,
        as_expected=not remarks,
        remark="; ".join(remarks),
    )


def different_decisions(expectation: Expectation, codes: Mapping[str, str]) -> list[str]:
    """Sentences on nations for which another decision was made than was to be."""
    return [
        f"the decision for {nation} must be {wanted.value}, but is {codes.get(nation) or 'none'}"
        for nation, wanted in expectation.decisions.items()
        if codes.get(nation) != wanted.value
    ]


def out_of_order(
    after: Mapping[str, Iterable[str]], serial: str, inboxes: Mapping[str, Sequence[str]]
) -> list[str]:
    """Sentences on nations that do not have this message behind those, each once and in their order."""
    remarks = []
    for nation, before in after.items():
        wanted = [*before, serial]
        found = [each for each in inboxes.get(nation, ()) if each in wanted]
        if found != wanted:
            remarks.append(
                f"{nation} must have {', '.join(wanted)} in this order, but has {', '.join(found)}"
            )
    return remarks


def unsaid(expectation: Expectation, said: str) -> list[str]:
    """Sentences on words that an answer does not explain itself with."""
    return [f"it must say {words!r}, and does not" for words in expectation.says if words not in said]


def step_outcome(step: Step, expectation: Expectation) -> AgreementOutcome:
    """A step on an agreement, and whether every party's gateway made of it what it had to."""
    remarks = different_states(expectation, step.states)
    if step.took is None:
        remarks.append("it did not become known to every party")
    return AgreementOutcome(
        serial=step.inject.serial,
        title=step.inject.title,
        nation=step.inject.nation,
        step=step.what,
        id=step.agreement.id,
        version=step.agreement.version,
        digest=step.agreement.digest,
        states=dict(step.states),
        took_ms=None if step.took is None else round(1000 * step.took, 1),
        as_expected=not remarks,
        remark="; ".join(remarks),
    )


def different_states(expectation: Expectation, states: Mapping[str, str]) -> list[str]:
    """Sentences on gateways where an agreement is in another state than it must be."""
    return [
        f"the agreement must be {wanted.value} at {nation}, but is {states.get(nation, 'unknown')}"
        for nation, wanted in expectation.agreement.items()
        if states.get(nation) != wanted.value
    ]


def event_outcome(happened: Happened) -> EventOutcome:
    """Something that happened, and whether everybody heard of it."""
    missing = ", ".join(happened.missing)
    return EventOutcome(
        serial=happened.inject.serial,
        title=happened.inject.title,
        nation=happened.inject.nation,
        what=happened.what,
        as_expected=not missing,
        remark=f"not known at {missing}" if missing else "",
    )


def counted(messages: Iterable[MessageOutcome], previews: Iterable[PreviewOutcome]) -> tuple[CodeCount, ...]:
    """Release decisions by code: the permits first, then the denials, each the most frequent first."""
    found: dict[tuple[str, bool], list[str]] = {}
    for message in messages:
        for nation in message.nations:
            if nation.explanation:
                found.setdefault((nation.code, nation.permit), []).append(message.serial)
    for preview in previews:
        for row in preview.rows:
            found.setdefault((row.code, row.permit), []).append(preview.serial)
    counts = [
        CodeCount(
            code=code,
            permit=permit,
            explanation=ReasonCode[code].explanation,
            count=len(where),
            injects=tuple(dict.fromkeys(where)),
        )
        for (code, permit), where in found.items()
    ]
    return tuple(sorted(counts, key=lambda each: (not each.permit, -each.count, each.code)))
