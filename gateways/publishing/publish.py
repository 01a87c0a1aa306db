"""The publish flow: draft in, critically read, decided nation by nation, committed (design 3, 5, 8).

One write job commits the publication, its exact content, the decision table, a queued delivery per permitted
nation, the idempotency record and the audit records; only then is the draft accepted.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import ReleasePlan, check_reply, plan_release
from bus.store import idempotency, inbox, publications
from bus.store.idempotency import StoredResponse
from bus.store.publications import Addressed, Decision, NewPublication, OwnReference
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.publishing.accepted import Acceptance, Accepted, rows_of, warnings_of
from gateways.publishing.draft_checks import (
    Known,
    KnownMessage,
    answered,
    check_key,
    check_references,
    check_times,
    findings_of,
)
from gateways.publishing.draft_refused import DraftRefused
from gateways.uuid7 import uuid7
from schemas.audit import AuditEvent, AuditOutcome
from schemas.body import Finding
from schemas.header import DraftHeader, Header, Kind, Relation
from schemas.message import MESSAGE_MODELS, AnyDraft, parse_draft
from schemas.reasons import ReasonCode
from schemas.strict_json import JsonRefused
from schemas.trust import KeyUse
from schemas.wire import MAX_CONTENT_BYTES

CREATED = 201


@dataclass(frozen=True)
class Planned:
    """A draft that passed every check: what would be sent to whom, and what its author should know."""

    draft: AnyDraft
    plan: ReleasePlan
    findings: tuple[Finding, ...]


async def accept_draft(
    context: GatewayContext,
    raw: bytes,
    *,
    api_key_id: str,
    idempotency_key: str | None = None,
    allowed_kinds: Collection[Kind] | None = None,
    source_id: str | None = None,
) -> Acceptance:
    """Accept one draft, durably, or refuse it.

    ``allowed_kinds``: kinds the API key may publish, None for every kind. ``source_id``: its id in another
    standard. A repeated ``idempotency_key`` with the same bytes and ``source_id`` gets the first answer,
    also while the first is still under way.

    Raises DraftRefused (recorded in the audit log) or StoreUnavailable; then nothing was accepted.
    """
    request_digest = _request_digest(raw, source_id)
    if idempotency_key is not None:
        key = idempotency_key
        stored = await context.store.read(lambda tx: idempotency.get(tx, api_key_id, key))
        if stored is not None:
            return await _again(context, stored, request_digest, api_key_id)
    now = context.now()
    draft: AnyDraft | None = None
    try:
        draft = read_draft(raw)
        _check_kind(draft, allowed_kinds)
        planned = await plan(context, draft, now)
        _check_room(context, planned)
        new, answer = _publication(context, planned, api_key_id, source_id, now)
    except DraftRefused as refused:
        await _record_refusal(context, refused, draft, api_key_id, now)
        raise
    evidence = _evidence(context, planned, new, now)
    encoded = answer.encode() if idempotency_key is not None else b""

    def job(tx: Transaction) -> StoredResponse | None:
        if idempotency_key is not None:
            # Looked up again here: two equal requests may be under way at once.
            earlier = idempotency.get(tx, api_key_id, idempotency_key)
            if earlier is not None:
                return earlier
            idempotency.put(
                tx, api_key_id, idempotency_key, StoredResponse(request_digest, CREATED, encoded, now)
            )
        publications.insert(tx, new)
        for reference in planned.draft.header.references:
            if reference.relation is Relation.ACKNOWLEDGES:
                inbox.mark_acknowledged(tx, reference.originator, reference.message_id, now)
        evidence.write(tx)
        return None

    earlier = await context.store.write(job)
    if earlier is not None:
        return await _again(context, earlier, request_digest, api_key_id)
    context.counters.accepted += 1
    context.counters.waiting += len(new.recipients)
    context.relay_wanted.set()
    return Acceptance(answer, replayed=False)


def read_draft(raw: bytes) -> AnyDraft:
    """Parse a draft strictly. Raises DraftRefused."""
    try:
        return parse_draft(raw)
    except JsonRefused as refused:
        raise DraftRefused.from_json(refused) from None


async def plan(context: GatewayContext, draft: AnyDraft, now: datetime) -> Planned:
    """Every check and the release decision, without publishing anything. Raises DraftRefused."""
    header = draft.header
    check_times(header, now)
    findings = findings_of(draft, now)
    known: Known = await _known(context, header) if header.references else {}
    check_references(header, known, context.nation)
    try:
        release = plan_release(header, draft.label, originator=context.nation, trust=context.trust, now=now)
        for _, reference, message in answered(header, known):
            check_reply(release.recipients, reference.originator, message.release_set)
    except ReleaseRefused as refused:
        raise DraftRefused.from_release(refused) from None
    check_key(context.trust, context.nation, header.mode, now)
    return Planned(draft, release, findings)


async def _known(context: GatewayContext, header: DraftHeader) -> Known:
    """What the store knows of the messages that a draft refers to."""

    def look(tx: Transaction) -> dict[tuple[str, str], KnownMessage]:
        found: dict[tuple[str, str], KnownMessage] = {}
        for reference in header.references:
            origin, message_id, digest = reference.originator, reference.message_id, reference.digest
            message = (
                publications.reference(tx, message_id)
                if origin == context.nation
                else inbox.reference(tx, origin, message_id, digest)
            )
            if isinstance(message, OwnReference) and message.digest != digest:
                message = None
            if message is not None:
                found[origin, message_id] = KnownMessage(
                    origin, digest, message.mode, message.exercise_id, message.release_set
                )
        return found

    return await context.store.read(look)


def _request_digest(raw: bytes, source_id: str | None) -> str:
    """What makes two requests under one Idempotency-Key the same."""
    body = hashlib.sha256(raw)
    if source_id is None:
        return body.hexdigest()
    return hashlib.sha256(body.digest() + source_id.encode()).hexdigest()


def _check_kind(draft: AnyDraft, allowed_kinds: Collection[Kind] | None) -> None:
    if allowed_kinds is not None and draft.header.kind not in allowed_kinds:
        raise DraftRefused(ReasonCode.SCOPE_MISSING, "/header/kind", "this API key may not publish this kind")


def _check_room(context: GatewayContext, planned: Planned) -> None:
    if context.counters.waiting + len(planned.plan.recipients) > context.limits.queue:
        raise DraftRefused(ReasonCode.QUEUE_FULL, "", ReasonCode.QUEUE_FULL.explanation)


def _publication(
    context: GatewayContext, planned: Planned, api_key_id: str, source_id: str | None, now: datetime
) -> tuple[NewPublication, Accepted]:
    draft, release = planned.draft, planned.plan
    given = draft.header
    # Built from validated parts: validating them again would cost as much as parsing did.
    header = Header.of_valid(
        **{name: getattr(given, name) for name in DraftHeader.model_fields},
        message_id=uuid7(now, context.randomness),
        originator=context.nation,
        issued_at=now,
    )
    message = MESSAGE_MODELS[given.kind].of_valid(header=header, label=release.label, body=draft.body)
    content = message.encode()
    if len(content) > MAX_CONTENT_BYTES:
        raise DraftRefused(ReasonCode.BODY_TOO_LARGE, "", f"the message exceeds {MAX_CONTENT_BYTES} bytes")
    new = NewPublication(
        publication_id=uuid7(now, context.randomness),
        message_id=header.message_id,
        content=content,
        digest=context.digest(content, KeyUse.MESSAGE, given.mode, now),
        kind=given.kind,
        mode=given.mode,
        exercise_id=given.exercise_id,
        precedence=given.precedence,
        release_set=release.label.release_set,
        source_id=source_id,
        api_key_id=api_key_id,
        accepted_at=now,
        expires_at=given.expires_at,
        decisions=_decisions(context, release),
        recipients=release.recipients,
    )
    answer = Accepted.of_valid(
        publication_id=new.publication_id,
        message_id=new.message_id,
        digest=new.digest,
        accepted_at=now,
        recipients=new.recipients,
        decisions=rows_of(release.rows),
        warnings=warnings_of(planned.findings),
    )
    return new, answer


def _decisions(context: GatewayContext, release: ReleasePlan) -> tuple[Decision, ...]:
    version = context.trust.trust_version
    return tuple(
        Decision(
            row.nation,
            cast(Addressed, row.addressed),
            row.decision.permit,
            row.decision.code,
            row.decision.explanation,
            row.decision.basis,
            version,
        )
        for row in release.rows
    )


def _evidence(context: GatewayContext, planned: Planned, new: NewPublication, now: datetime) -> Evidence:
    evidence = context.evidence(f"api-key:{new.api_key_id}", now)
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
    for row in planned.plan.rows:
        permit = row.decision.permit
        evidence.add(
            AuditEvent.RELEASE_PERMITTED if permit else AuditEvent.RELEASE_DENIED,
            AuditOutcome.SUCCESS if permit else AuditOutcome.REFUSED,
            partner=row.nation,
            publication_id=new.publication_id,
            message_id=new.message_id,
            digest=new.digest,
            reason=row.decision.code,
        )
    return evidence


async def _again(
    context: GatewayContext, stored: StoredResponse, request_digest: str, api_key_id: str
) -> Acceptance:
    """The first answer, when the request is the same; else a conflict."""
    if stored.request_digest == request_digest:
        return Acceptance(Accepted.model_validate_json(stored.response), replayed=True)
    conflict = ReasonCode.IDEMPOTENCY_CONFLICT
    refused = DraftRefused(conflict, "", conflict.explanation)
    await _record_refusal(context, refused, None, api_key_id, context.now())
    raise refused


async def _record_refusal(
    context: GatewayContext, refused: DraftRefused, draft: AnyDraft | None, api_key_id: str, now: datetime
) -> None:
    context.counters.count_refused(refused.code.value)
    evidence = context.evidence(f"api-key:{api_key_id}", now)
    header = draft.header if draft is not None else None
    evidence.add(
        AuditEvent.PUBLICATION_REFUSED,
        AuditOutcome.REFUSED,
        reason=refused.code,
        kind=header.kind if header else None,
        mode=header.mode if header else None,
        precedence=header.precedence if header else None,
    )
    await context.store.write(evidence.write)
