"""What is stored, answered and recorded of a draft that passed every check. Nothing is written here."""

from datetime import datetime, timedelta

from pydantic_core import to_json

from bus.protocol.deadlines import acknowledgers, deadlines
from bus.protocol.outbound import content_digest
from bus.protocol.release import ReleasePlan
from bus.protocol.tear_lines import VersionPlan, version_pointer
from bus.store.decision_table import Decision, DecisionTable, encode_table
from bus.store.publications import NewPublication, NewVersion
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.publishing.author import actor_of_author
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planned import Planned
from gateways.uuid7 import uuid7
from schemas.audit import AuditEvent
from schemas.base import Statement, rfc3339
from schemas.header import Header
from schemas.message import MESSAGE_MODELS
from schemas.reasons import ReasonCode
from schemas.wire import MAX_CONTENT_BYTES

FULLER_ID_OCTETS = 3
"""How many milliseconds before its issue a fuller version's id may say: up to about four and a half hours."""


def new_publication(
    context: GatewayContext, planned: Planned, api_key_id: str, source_id: str | None, now: datetime
) -> NewPublication:
    """The publication with the exact message of each version. Raises DraftRefused BODY_TOO_LARGE."""
    given = planned.draft.header
    bodies = (planned.draft.body, *(tear_line.body for tear_line in planned.draft.tear_lines))
    versions = [
        _version(context, version, body, planned.suite, now)
        for version, body in zip(planned.versions, bodies, strict=True)
    ]
    fullest = next(version for version in versions if version.recipients)
    return NewPublication(
        publication_id=uuid7(now, context.randomness),
        kind=given.kind,
        mode=given.mode,
        exercise_id=given.exercise_id,
        precedence=given.precedence,
        source_id=source_id,
        api_key_id=api_key_id,
        accepted_at=now,
        expires_at=given.expires_at,
        decisions=_table(planned.plan, context.trust.trust_version),
        deadlines=deadlines(now, given.precedence, given.acknowledgement, context.trust.snapshot.objectives),
        acknowledgers=acknowledgers(planned.plan.rows, given.acknowledgement),
        **fullest._asdict(),
        others=tuple(version for version in versions if version is not fullest),
    )


def _version(
    context: GatewayContext, version: VersionPlan, body: Statement, suite: str, now: datetime
) -> NewVersion:
    """One version as the message that it travels as. Raises DraftRefused BODY_TOO_LARGE."""
    given, label = version.header, version.plan.label
    message_id = _message_id(context, version.wider, now)
    # Built from validated parts: validating them again would cost as much as parsing did.
    header = Header.of_valid(
        **given.__dict__, message_id=message_id, originator=context.nation, issued_at=now
    )
    content = MESSAGE_MODELS[given.kind].of_valid(header=header, label=label, body=body).encode()
    if len(content) > MAX_CONTENT_BYTES:
        pointer = version_pointer("/body", version.version) if version.version else ""
        raise DraftRefused(
            ReasonCode.BODY_TOO_LARGE, pointer, f"the message exceeds {MAX_CONTENT_BYTES} bytes"
        )
    return NewVersion(
        version=version.version,
        wider=version.wider,
        message_id=message_id,
        content=content,
        digest=content_digest(content, suite),
        release_set=label.release_set,
        recipients=version.plan.recipients,
    )


def _message_id(context: GatewayContext, wider: int, now: datetime) -> str:
    """A fuller version's id says an earlier time: seen by chance where another version is known, in a
    reference or an error, it must not stand out by the millisecond of issue (RFC 9562, 6.1, allows it).
    """
    if wider:
        drawn = int.from_bytes(context.randomness(FULLER_ID_OCTETS), "big")
        now -= timedelta(milliseconds=drawn)
    return uuid7(now, context.randomness)


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
                row.version,
                row.by_version,
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
        b'"messages":[%b],"decisions":%b,"warnings":%b}'
    ) % (
        new.publication_id.encode(),
        new.message_id.encode(),
        new.digest.encode(),
        rfc3339(new.accepted_at).encode(),
        to_json(planned.plan.recipients),
        b",".join(map(_message, new.versions)),
        new.decisions.rows,
        to_json(findings),
    )


def _message(version: NewVersion) -> bytes:
    return b'{"version":%d,"message_id":"%b","digest":"%b","recipients":%b}' % (
        version.version,
        version.message_id.encode(),
        version.digest.encode(),
        to_json(version.recipients),
    )


def evidence_of(context: GatewayContext, new: NewPublication, planned: Planned) -> Evidence:
    """The audit records: the acceptance, and the decision for every nation on every version."""
    evidence = context.evidence(actor_of_author(new.api_key_id), new.accepted_at)
    evidence.add(
        AuditEvent.PUBLICATION_ACCEPTED,
        kind=new.kind,
        mode=new.mode,
        precedence=new.precedence,
        publication_id=new.publication_id,
        message_id=new.message_id,
        digest=new.digest,
        count=len(planned.plan.recipients),
    )
    for made, version in zip(new.versions, planned.versions, strict=True):
        evidence.add_decisions(
            [(row.nation, row.decision.permit, row.decision.code) for row in version.plan.rows],
            publication_id=new.publication_id,
            message_id=made.message_id,
            digest=made.digest,
        )
    return evidence
