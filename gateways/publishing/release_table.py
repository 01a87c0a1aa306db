"""The answer of a release preview: who would get a draft, why, and what would have to change.

A draft that is well-formed is explained also where publishing would refuse it: then ``problem`` is what
publishing would answer, and the table shows nation by nation what else is to be mended.
"""

import asyncio
from datetime import datetime
from typing import Any

from pydantic import Field

from bus.protocol.draft_explanation import explain_draft
from bus.protocol.explanation import Explanation
from bus.protocol.release_case import Bound
from bus.protocol.succession import CHANGES
from gateways.changing.preview import ChangePreview, chains_to_show, change_preview
from gateways.context import GatewayContext
from gateways.http.problems import Problem, refused_draft
from gateways.publishing.accepted import ADDRESSED, AcceptedSecondPerson, AcceptedWarning, warnings_of
from gateways.publishing.draft_checks import ANSWERS, Known
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planned import Planned
from gateways.publishing.planning import known_messages, plan
from gateways.releasing.wait import second_person_wanted
from schemas.base import Digest, Nation, Statement
from schemas.header import DraftHeader
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.message import AnyDraft
from schemas.reasons import ReasonCode
from schemas.wire import Handling


class RestsOnView(Statement):
    """A rule of docs/release.md that a decision comes from, or an agreement that it is about."""

    type: str = Field(json_schema_extra={"enum": ["rule", "agreement"]})
    id: str
    title: str
    version: int | None = Field(None, description="Of an agreement.")
    digest: Digest | None = Field(None, description="Of an agreement: its identity.")


class StepView(Statement):
    """One thing that somebody would have to do."""

    change: str = Field(
        description="release_to, not_release_to, address, not_address, classify, drop_categories, "
        "drop_reference, countersign, resume, suspend, next_version, conclude, wait_until or lift_suspension."
    )
    by: tuple[str, ...] = Field(description="author, realm or nations; empty for time.")
    text: str
    agreement: Digest | None = Field(None, description="The agreement it is about.")


class WayView(Statement):
    """Steps that together make the decision the other one; none of them can be left out."""

    steps: tuple[StepView, ...]


class FullerView(Statement):
    """A fuller version than the one that a nation gets, and why it does not get that."""

    version: int
    code: ReasonCode
    sentence: str
    ways: tuple[WayView, ...]


class ReleaseRow(Statement):
    """The decision for one nation, explained. Of a draft with tear lines, for the version that it gets."""

    nation: Nation
    name: str = Field(description="As the nation's record gives it.")
    addressed: str = Field(json_schema_extra=ADDRESSED)
    permit: bool = Field(description="Whether it may have the message, and is to get it.")
    code: ReasonCode
    explanation: str = Field(description="What the code means, or the agreement a permit rests on.")
    sentence: str = Field(description="Why, in one plain sentence.")
    rests_on: tuple[RestsOnView, ...]
    ways: tuple[WayView, ...] = Field(
        description="What would have to change for the other answer, the shortest first. Each was tried."
    )
    version: int | None = Field(
        None, description="Of a draft with tear lines: which version it gets; the widest explains a denial."
    )
    by_version: tuple[ReasonCode, ...] | None = Field(
        None, description="Of a draft with tear lines: the code of the decision for each version, from 0."
    )
    fuller: tuple[FullerView, ...] | None = Field(
        None, description="Of a draft with tear lines: every fuller version, and why not that one."
    )


class ReleaseTable(Statement):
    """What publishing would answer. Nothing was kept."""

    would_be_accepted: bool = Field(description="False: publishing would answer with the problem.")
    problem: Problem | None = Field(None, description="What publishing would answer, if not 201.")
    release_set: tuple[Nation, ...]
    recipients: tuple[Nation, ...] = Field(description="Who would get it; nobody while there is a problem.")
    decisions: tuple[ReleaseRow, ...]
    warnings: tuple[AcceptedWarning, ...] = ()
    second_person: AcceptedSecondPerson | None = Field(
        None, description="It would wait for a second person; why, and until when if it were published now."
    )
    suggested_label: DraftLabel | None = Field(
        None, description="For an answer: the label that what it refers to calls for, taken together."
    )
    change: ChangePreview | None = Field(
        None, description="Of a draft that changes an earlier message: what each nation would get, and why."
    )


async def release_table(context: GatewayContext, draft: AnyDraft, *, operator: bool = False) -> ReleaseTable:
    """The table of a well-formed draft, decided as if it were published now.

    ``operator``: whether a person asks, who may have read what is displayed only.
    """
    now, header = context.now(), draft.header
    planned: Planned | None = None
    problem: Problem | None = None
    try:
        planned = await plan(context, draft, now, operator=operator)
    except DraftRefused as refused:
        problem = refused_draft(refused).problem
    chains = await chains_to_show(context, header)
    known = await known_messages(context, header) if header.references else {}
    bounds = bounds_of(header, known if operator else _without_display_only(known))
    versions = await asyncio.to_thread(_explained, context, draft, bounds, now)
    # Without a plan, as of the draft itself: which version anybody would get is not settled then.
    label = planned.plan.label if planned is not None else versions[0][0]
    rows = tuple(map(row_of, zip(*(rows for _, rows in versions), strict=True)))
    return ReleaseTable.model_construct(
        would_be_accepted=planned is not None,
        problem=problem,
        release_set=label.release_set,
        recipients=planned.plan.recipients if planned is not None else (),
        decisions=rows,
        warnings=warnings_of(planned.findings) if planned is not None else (),
        second_person=_second_person(context, planned, now),
        suggested_label=planned.suggested if planned is not None else None,
        change=change_preview(chains, [row.nation for row in rows if row.permit]) if chains else None,
    )


def _second_person(
    context: GatewayContext, planned: Planned | None, now: datetime
) -> AcceptedSecondPerson | None:
    if planned is None:
        return None
    labels = [version.plan.label for version in planned.versions]
    wanted = second_person_wanted(context, planned.draft.header, labels, now)
    return None if wanted is None else AcceptedSecondPerson(why=wanted.why, until=wanted.until)


def _without_display_only(known: Known) -> Known:
    """Systems are told nothing of what people may only look at, not by what follows from it either."""
    return {name: message for name, message in known.items() if message.handling is Handling.RELEASE}


def _explained(
    context: GatewayContext, draft: AnyDraft, bounds: tuple[Bound, ...], now: datetime
) -> list[tuple[ConfidentialityLabel, tuple[Explanation, ...]]]:
    """Every version explained. Pure but for the context; in a large realm it takes too long for the loop."""
    trust = context.trust
    return [
        explain_draft(
            draft.header, version.label, originator=context.nation, trust=trust, now=now, bounds=bounds
        )
        for version in draft.versions
    ]


def bounds_of(header: DraftHeader, known: Known) -> tuple[Bound, ...]:
    """How far a draft may go for what it refers to."""
    bounds = []
    answering = any(reference.relation in ANSWERS for reference in header.references)
    for index, reference in enumerate(header.references):
        message = known.get((reference.originator, reference.message_id))
        pointer = f"/header/references/{index}"
        if message is None or reference.relation in CHANGES:
            continue  # publishing refuses it where that matters; what it changes bounds it in nothing
        if answering or message.carried_no_further:
            code = ReasonCode.REPLY_BEYOND_RELEASE if answering else ReasonCode.REFERENCE_BEYOND_RELEASE
            bounds.append(
                Bound(
                    pointer, reference.originator, message.bounds.released, code, shown=message.bounds.shown
                )
            )
        if message.may_know is not None:
            code = ReasonCode.REFERENCE_BEYOND_RELEASE
            bounds.append(Bound(pointer, reference.originator, message.may_know, code))
    return tuple(bounds)


def row_of(versions: tuple[Explanation, ...]) -> ReleaseRow:
    """One nation's explanation as the author sees it, out of that for each version."""
    version = next((number for number, each in enumerate(versions) if each.decision.permit), None)
    explained = versions[-1 if version is None else version]
    decision = explained.decision
    several: dict[str, Any] = {"version": None, "by_version": None, "fuller": None}
    if len(versions) > 1:
        several = {
            "version": version,
            "by_version": tuple(
                ReasonCode.FULLER_VERSION
                if each.decision.permit and version is not None and number > version
                else each.decision.code
                for number, each in enumerate(versions)
            ),
            "fuller": tuple(
                FullerView.model_construct(
                    version=number, code=each.decision.code, sentence=each.sentence, ways=ways_of(each)
                )
                for number, each in enumerate(versions)
                if each is not explained and (version is None or number < version)
            ),
        }
    return ReleaseRow.model_construct(
        nation=explained.nation,
        name=explained.name,
        addressed=explained.addressed,
        permit=decision.permit,
        code=decision.code,
        explanation=decision.explanation,
        sentence=explained.sentence,
        rests_on=rests_on_of(explained),
        ways=ways_of(explained),
        **several,
    )


def rests_on_of(explained: Explanation) -> tuple[RestsOnView, ...]:
    """The rule, and the agreements."""
    return tuple(
        RestsOnView.model_construct(
            type=each.type, id=each.id, title=each.title, version=each.version, digest=each.digest
        )
        for each in explained.rests_on
    )


def ways_of(explained: Explanation) -> tuple[WayView, ...]:
    """The ways to the other answer."""
    return tuple(
        WayView.model_construct(
            steps=tuple(
                StepView.model_construct(
                    change=step.change, by=step.by, text=step.text, agreement=step.agreement
                )
                for step in way
            )
        )
        for way in explained.ways
    )
