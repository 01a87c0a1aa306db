"""The answer of a release preview: who would get a draft, why, and what would have to change.

A draft that is well-formed is explained also where publishing would refuse it: then ``problem`` is what
publishing would answer, and the table shows nation by nation what else is to be mended.
"""

from pydantic import Field

from bus.protocol.draft_explanation import explain_draft
from bus.protocol.explanation import Explanation
from gateways.context import GatewayContext
from gateways.http.problems import Problem, refused_draft
from gateways.publishing.accepted import AcceptedWarning, warnings_of
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planned import Planned
from gateways.publishing.publish import plan
from schemas.base import Digest, Nation, Statement
from schemas.message import AnyDraft
from schemas.reasons import ReasonCode


class RestsOnView(Statement):
    """A rule of docs/release.md that a decision comes from, or an agreement that it is about."""

    type: str = Field(description="rule or agreement.")
    id: str
    title: str
    version: int | None = Field(None, description="Of an agreement.")
    digest: Digest | None = Field(None, description="Of an agreement: its identity.")


class StepView(Statement):
    """One thing that somebody would have to do."""

    change: str = Field(
        description="release_to, not_release_to, address, not_address, classify, drop_caveats, "
        "drop_reference, countersign, resume, suspend, next_version, conclude, wait_until or lift_suspension."
    )
    by: tuple[str, ...] = Field(description="author, realm or nations; empty for time.")
    text: str
    agreement: Digest | None = Field(None, description="The agreement it is about.")


class WayView(Statement):
    """Steps that together make the decision the other one; none of them can be left out."""

    steps: tuple[StepView, ...]


class ReleaseRow(Statement):
    """The decision for one nation, explained."""

    nation: Nation
    name: str = Field(description="As the nation's record gives it.")
    addressed: str = Field(description="action, info or none.")
    permit: bool = Field(description="Whether it may have the message, and is to get it.")
    code: ReasonCode
    explanation: str = Field(description="What the code means, or the agreement a permit rests on.")
    sentence: str = Field(description="Why, in one plain sentence.")
    rests_on: tuple[RestsOnView, ...]
    ways: tuple[WayView, ...] = Field(
        description="What would have to change for the other answer, the shortest first. Each was tried."
    )


class ReleaseTable(Statement):
    """What publishing would answer. Nothing was kept."""

    would_be_accepted: bool = Field(description="False: publishing would answer with the problem.")
    problem: Problem | None = Field(None, description="What publishing would answer, if not 201.")
    release_set: tuple[Nation, ...]
    recipients: tuple[Nation, ...] = Field(description="Who would get it; nobody while there is a problem.")
    decisions: tuple[ReleaseRow, ...]
    warnings: tuple[AcceptedWarning, ...] = ()


async def release_table(context: GatewayContext, draft: AnyDraft) -> ReleaseTable:
    """The table of a well-formed draft, decided as if it were published now."""
    now = context.now()
    planned: Planned | None = None
    problem: Problem | None = None
    try:
        planned = await plan(context, draft, now)
    except DraftRefused as refused:
        problem = refused_draft(refused).problem
    label, rows = explain_draft(
        draft.header, draft.label, originator=context.nation, trust=context.trust, now=now
    )
    return ReleaseTable.model_construct(
        would_be_accepted=planned is not None,
        problem=problem,
        release_set=label.release_set,
        recipients=planned.plan.recipients if planned is not None else (),
        decisions=tuple(map(row_of, rows)),
        warnings=warnings_of(planned.findings) if planned is not None else (),
    )


def row_of(explained: Explanation) -> ReleaseRow:
    """One nation's explanation as the author sees it."""
    decision = explained.decision
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
