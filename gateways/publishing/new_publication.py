"""What is stored, answered and recorded of a draft that passed every check. Nothing is written here."""

from datetime import datetime, timedelta

from pydantic_core import to_json

from bus.protocol.deadlines import acknowledgers, deadlines
from bus.protocol.outbound import content_digest
from bus.protocol.release import ReleasePlan
from bus.protocol.tear_lines import version_pointer
from bus.store.decision_table import Decision, DecisionTable, encode_table
from bus.store.events import NewEvent
from bus.store.new_publications import NewPublication, NewVersion
from bus.store.traffic import Face
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.publishing.accepted import change_view
from gateways.publishing.author import actor_of_author
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planned import Planned
from gateways.publishing.variants import Variant, variants
from gateways.uuid7 import uuid7
from schemas.audit import AuditEvent
from schemas.base import rfc3339
from schemas.event import EventType
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
    versions = [_version(context, each, planned.suite, now) for each in variants(planned)]
    fullest = next(version for version in versions if version.recipients)
    fullest_label = planned.versions[fullest.version].plan.label
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
        originator=context.nation,
        face=Face(
            given.action_addressees + given.info_addressees,
            fullest_label.policy,
            fullest_label.classification,
        ),
        **fullest._asdict(),
        others=tuple(version for version in versions if version is not fullest),
    )


def _version(context: GatewayContext, made: Variant, suite: str, now: datetime) -> NewVersion:
    """One message as it travels. Raises DraftRefused BODY_TOO_LARGE."""
    given, version = made.header, made.version.version
    label = made.version.plan.label
    message_id = _message_id(context, made.wider, now)
    # Built from validated parts: validating them again would cost as much as parsing did.
    header = Header.of_valid(
        **given.__dict__, message_id=message_id, originator=context.nation, issued_at=now
    )
    content = MESSAGE_MODELS[given.kind].of_valid(header=header, label=label, body=made.body).encode()
    if len(content) > MAX_CONTENT_BYTES:
        pointer = version_pointer("/body", version) if version else ""
        raise DraftRefused(
            ReasonCode.BODY_TOO_LARGE, pointer, f"the message exceeds {MAX_CONTENT_BYTES} bytes"
        )
    return NewVersion(
        version=version,
        wider=made.wider,
        message_id=message_id,
        content=content,
        digest=content_digest(content, suite),
        release_set=label.release_set,
        recipients=made.recipients,
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
    change = b"" if planned.change is None else b',"change":' + change_view(planned.change).encode()
    return (
        b'{"publication_id":"%b","message_id":"%b","digest":"%b","accepted_at":"%b","recipients":%b,'
        b'"messages":[%b],"decisions":%b,"warnings":%b%b}'
    ) % (
        new.publication_id.encode(),
        new.message_id.encode(),
        new.digest.encode(),
        rfc3339(new.accepted_at).encode(),
        to_json(planned.plan.recipients),
        b",".join(map(_message, new.versions)),
        new.decisions.rows,
        to_json(findings),
        change,
    )


def _message(version: NewVersion) -> bytes:
    return b'{"version":%d,"message_id":"%b","digest":"%b","recipients":%b}' % (
        version.version,
        version.message_id.encode(),
        version.digest.encode(),
        to_json(version.recipients),
    )


def accepted_event(new: NewPublication) -> NewEvent:
    """What is told of the acceptance."""
    return NewEvent(
        EventType.MESSAGE_ACCEPTED,
        new.accepted_at,
        kind=new.kind,
        mode=new.mode,
        message_id=new.message_id,
        publication_id=new.publication_id,
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
    last_of = {made.version: made.message_id for made in new.versions}
    for made in new.versions:
        rows = planned.versions[made.version].plan.rows
        last = last_of[made.version] == made.message_id
        evidence.add_decisions(
            [
                (row.nation, row.decision.permit, row.decision.code)
                for row in rows
                if row.nation in made.recipients or (last and not row.decision.permit)
            ],
            publication_id=new.publication_id,
            message_id=made.message_id,
            digest=made.digest,
        )
    return evidence
