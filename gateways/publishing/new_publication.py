"""What is stored, answered and recorded of a draft that passed every check. Nothing is written here."""

from datetime import datetime

from pydantic_core import to_json

from bus.protocol.outbound import content_digest
from bus.protocol.release import ReleasePlan
from bus.store.decision_table import Decision, DecisionTable, encode_table
from bus.store.publications import NewPublication
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.publishing.author import actor_of_author
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planned import Planned
from gateways.uuid7 import uuid7
from schemas.audit import AuditEvent
from schemas.base import rfc3339
from schemas.header import Header
from schemas.message import MESSAGE_MODELS
from schemas.reasons import ReasonCode
from schemas.wire import MAX_CONTENT_BYTES


def new_publication(
    context: GatewayContext, planned: Planned, api_key_id: str, source_id: str | None, now: datetime
) -> NewPublication:
    """The publication with its exact message. Raises DraftRefused BODY_TOO_LARGE."""
    draft, release = planned.draft, planned.plan
    given = draft.header
    message_id = uuid7(now, context.randomness)
    # Built from validated parts: validating them again would cost as much as parsing did.
    header = Header.of_valid(
        **given.__dict__, message_id=message_id, originator=context.nation, issued_at=now
    )
    message = MESSAGE_MODELS[given.kind].of_valid(header=header, label=release.label, body=draft.body)
    content = message.encode()
    if len(content) > MAX_CONTENT_BYTES:
        raise DraftRefused(ReasonCode.BODY_TOO_LARGE, "", f"the message exceeds {MAX_CONTENT_BYTES} bytes")
    return NewPublication(
        publication_id=uuid7(now, context.randomness),
        message_id=message_id,
        content=content,
        digest=content_digest(content, planned.suite),
        kind=given.kind,
        mode=given.mode,
        exercise_id=given.exercise_id,
        precedence=given.precedence,
        release_set=release.label.release_set,
        source_id=source_id,
        api_key_id=api_key_id,
        accepted_at=now,
        expires_at=given.expires_at,
        decisions=_table(release, context.trust.trust_version),
        recipients=release.recipients,
    )


def _table(release: ReleasePlan, trust_version: int) -> DecisionTable:
    rows = []
    for row in release.rows:
        decision = row.decision
        rows.append(
            Decision(
                row.nation,
                row.addressed,
                decision.permit,
                decision.code,
                decision.explanation,
                decision.basis,
            )
        )
    return encode_table(rows, trust_version)


def answer_of(new: NewPublication, planned: Planned) -> bytes:
    """What the author is told: an ``Accepted`` as JSON, with the decision table as it is stored."""
    findings = [
        {"code": finding.code.value, "pointer": finding.pointer, "explanation": finding.explanation}
        for finding in planned.findings
    ]
    return (
        b'{"publication_id":"%b","message_id":"%b","digest":"%b","accepted_at":"%b","recipients":%b,'
        b'"decisions":%b,"warnings":%b}'
    ) % (
        new.publication_id.encode(),
        new.message_id.encode(),
        new.digest.encode(),
        rfc3339(new.accepted_at).encode(),
        to_json(new.recipients),
        new.decisions.rows,
        to_json(findings),
    )


def evidence_of(context: GatewayContext, new: NewPublication, planned: Planned) -> Evidence:
    """The audit records: the acceptance, and the decision for every nation."""
    evidence = context.evidence(actor_of_author(new.api_key_id), new.accepted_at)
    evidence.add(
        AuditEvent.PUBLICATION_ACCEPTED,
        kind=new.kind,
        mode=new.mode,
        precedence=new.precedence,
        publication_id=new.publication_id,
        message_id=new.message_id,
        digest=new.digest,
        count=len(new.recipients),
    )
    evidence.add_decisions(
        [(row.nation, row.decision.permit, row.decision.code) for row in planned.plan.rows],
        publication_id=new.publication_id,
        message_id=new.message_id,
        digest=new.digest,
    )
    return evidence
