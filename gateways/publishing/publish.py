"""The publish flow: draft in, critically read, decided nation by nation, committed (design 3, 5, 8).

One write job commits the publication, its exact content, the decision table, a queued delivery per permitted
nation, the idempotency record and the audit records; only then is the draft accepted.
"""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bus.protocol.errors import ReleaseRefused
from bus.protocol.label_rollup import NOBODY, bounds_of
from bus.protocol.release import plan_release
from bus.protocol.tear_lines import TearLinePlan, VersionPlan, plan_versions, version_pointer
from bus.store import idempotency, inbox, own_messages, pending, publications, recalls
from bus.store.errors import StoreUnavailable
from bus.store.idempotency import StoredResponse
from bus.store.own_messages import OwnReference
from bus.store.pending import SecondPersonWanted
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.publishing.accepted import Acceptance, Accepted
from gateways.publishing.author import actor_of_author, by_operator, check_allowed
from gateways.publishing.carrying import Carried, check_carried
from gateways.publishing.draft_checks import (
    Known,
    KnownMessage,
    check_key,
    check_own_references,
    check_references,
    check_times,
    findings_of,
)
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.minimize import check_minimize
from gateways.publishing.new_publication import answer_of, evidence_of, new_publication
from gateways.publishing.planned import Planned
from gateways.publishing.request_acts import check_answers, note_requests
from gateways.receipts.owing import acknowledged_in, note_acknowledged
from gateways.releasing.wait import record_wait, second_person_wanted, told
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import DraftHeader, Kind, Mode
from schemas.message import AnyDraft, label_of, parse_draft
from schemas.reasons import ReasonCode
from schemas.strict_json import JsonRefused
from schemas.wire import Handling

CREATED = 201


async def accept_draft(
    context: GatewayContext,
    raw: bytes,
    *,
    api_key_id: str,
    idempotency_key: str | None = None,
    allowed_kinds: Collection[Kind] | None = None,
    allowed_modes: Collection[Mode] | None = None,
    source_id: str | None = None,
) -> Acceptance:
    """Accept one draft, durably, or refuse it.

    ``api_key_id``: who hands it in, an API key's id or ``operator:<name>``. ``allowed_kinds`` and
    ``allowed_modes``: what they may publish, None for all. ``source_id``: its id in another standard. A
    repeated ``idempotency_key`` with the same bytes and ``source_id`` gets the first answer, also while the
    first is still under way.

    Raises DraftRefused (recorded in the audit log) or StoreUnavailable; then nothing was accepted.
    """
    now = context.now()
    draft: AnyDraft | None = None
    try:
        draft = read_draft(raw)
        check_allowed(draft.header, allowed_kinds, allowed_modes)
        planned = await plan(context, draft, now, operator=by_operator(api_key_id))
        labels = [version.plan.label for version in planned.versions]
        wanted = second_person_wanted(context, draft.header, labels, now)
        _check_room(context, planned, wanted)
        new = new_publication(context, planned, api_key_id, source_id, now)
    except DraftRefused as refused:
        earlier = await _earlier(context, api_key_id, idempotency_key)
        if earlier is not None:
            return await _again(context, earlier, _request_digest(raw, source_id), api_key_id)
        await _record_refusal(context, refused, draft, api_key_id, now)
        raise
    evidence = evidence_of(context, new, planned)
    answer = answer_of(new, planned)
    if wanted is not None:
        record_wait(evidence, new)
        answer = told(answer, wanted)
    acknowledged = acknowledged_in(draft.header, draft.body) if wanted is None else ()

    def job(tx: Transaction) -> StoredResponse | None:
        if idempotency_key is not None:
            earlier = idempotency.get(tx, api_key_id, idempotency_key)
            if earlier is not None:
                return earlier
            response = StoredResponse(_request_digest(raw, source_id), CREATED, answer, now)
            idempotency.put(tx, api_key_id, idempotency_key, response)
        if wanted is not None:
            _check_room_of_author(context, tx, api_key_id)
        publication_seq = publications.insert(tx, new)
        note_requests(context, tx, publication_seq, new, planned, waits=wanted is not None)
        if wanted is not None:
            pending.hold(tx, publication_seq, wanted)
        note_acknowledged(tx, acknowledged, now)
        evidence.write(tx)
        return None

    try:
        earlier = await context.store.write(job)
    except DraftRefused as refused:
        await _record_refusal(context, refused, draft, api_key_id, now)
        raise
    except StoreUnavailable:
        earlier = await _earlier(context, api_key_id, idempotency_key)
        if earlier is None:
            raise
    if earlier is not None:
        return await _again(context, earlier, _request_digest(raw, source_id), api_key_id)
    context.counters.accepted += 1
    if wanted is not None:
        context.counters.releases_waiting += 1
        context.releases_changed.set()
        return Acceptance(new.publication_id, answer, replayed=False)
    context.counters.waiting += len(planned.plan.recipients)
    context.relay_wanted.set()
    return Acceptance(new.publication_id, answer, replayed=False)


def read_draft(raw: bytes) -> AnyDraft:
    """Parse a draft strictly. Raises DraftRefused."""
    try:
        return parse_draft(raw)
    except JsonRefused as refused:
        raise DraftRefused.from_json(refused) from None


async def plan(context: GatewayContext, draft: AnyDraft, now: datetime, *, operator: bool = False) -> Planned:
    """Every check and the release decision, without publishing anything. Raises DraftRefused.

    ``operator``: whether a person hands it in, who may have read what is displayed only.
    """
    header = draft.header
    check_times(header, now)
    check_minimize(header.precedence, header.mode, context.minimize, now)
    findings = findings_of(draft, now)
    known: Known = await known_messages(context, header) if header.references else {}
    check_references(header, known, context.nation, by_operator=operator)
    try:
        made = _plan_versions(context, draft, now)
        carried = (
            [_carried(context, version, known, now) for version in made.versions] if header.references else []
        )
    except ReleaseRefused as refused:
        raise DraftRefused.from_release(refused) from None
    check_own_references(header, known, made.plan.recipients)
    await check_answers(context, draft, made.versions, now)
    suite = check_key(context.trust, context.nation, header.mode, now)
    told = (*findings, *made.findings, *(finding for each in carried for finding in each.findings))
    return Planned(draft, made.plan, told, suite, made.versions, carried[0].suggested if carried else None)


def _carried(context: GatewayContext, version: VersionPlan, known: Known, now: datetime) -> Carried:
    """What one version may carry on of what it refers to. Raises ReleaseRefused."""
    plan = version.plan
    try:
        found = check_carried(
            version.header,
            plan.label,
            plan.rows,
            known,
            author=context.nation,
            trust=context.trust,
            now=now,
        )
    except ReleaseRefused as refused:
        pointer = version_pointer(refused.pointer, version.version)
        raise ReleaseRefused(refused.code, refused.detail, refused.name, pointer) from None
    return Carried(
        found.suggested,
        tuple(
            replace(each, pointer=version_pointer(each.pointer, version.version)) for each in found.findings
        ),
    )


def _plan_versions(context: GatewayContext, draft: AnyDraft, now: datetime) -> TearLinePlan:
    """Which nation gets which version; a draft without tear lines has one. Raises ReleaseRefused."""
    header, nation, trust = draft.header, context.nation, context.trust
    if draft.tear_lines:
        versions = [(version.subject, version.label) for version in draft.versions]
        return plan_versions(header, versions, originator=nation, trust=trust, now=now)
    only = plan_release(header, draft.label, originator=nation, trust=trust, now=now)
    return TearLinePlan(only, (VersionPlan(0, 0, header, only),), ())


async def known_messages(context: GatewayContext, header: DraftHeader) -> Known:
    """What the store knows of the messages that a draft refers to."""

    def look(tx: Transaction) -> dict[tuple[str, str], KnownMessage]:
        found: dict[tuple[str, str], KnownMessage] = {}
        for reference in header.references:
            origin, message_id, digest = reference.originator, reference.message_id, reference.digest
            message = (
                own_messages.reference(tx, message_id)
                if origin == context.nation
                else inbox.reference(tx, origin, message_id, digest)
            )
            if message is None:
                continue
            may_know, known_digest, handling = None, digest, Handling.RELEASE
            if isinstance(message, OwnReference):
                may_know, known_digest = message.may_know, message.digest
                recalled = bool(recalls.among(tx, [message.publication_id]))
            else:
                handling, recalled = message.handling, message.recalled
            # Of what partners recalled there is no label left, and nothing may refer to it.
            bounds = bounds_of(label_of(message.content), origin) if message.content else NOBODY
            found[origin, message_id] = KnownMessage(
                origin,
                known_digest,
                message.mode,
                message.exercise_id,
                message.release_set,
                bounds,
                handling,
                may_know,
                recalled,
            )
        return found

    return await context.store.read(look)


def _request_digest(raw: bytes, source_id: str | None) -> str:
    """What makes two requests under one Idempotency-Key the same."""
    body = hashlib.sha256(raw)
    if source_id is None:
        return body.hexdigest()
    return hashlib.sha256(body.digest() + source_id.encode()).hexdigest()


def _check_room(context: GatewayContext, planned: Planned, wanted: SecondPersonWanted | None) -> None:
    if wanted is not None and context.counters.releases_waiting >= context.limits.releases:
        detail = "too many releases wait for a second person; confirm or refuse some first"
        raise DraftRefused(ReasonCode.QUEUE_FULL, "", detail)
    if context.counters.waiting + len(planned.plan.recipients) > context.limits.queue:
        raise DraftRefused(ReasonCode.QUEUE_FULL, "", ReasonCode.QUEUE_FULL.explanation)


def _check_room_of_author(context: GatewayContext, tx: Transaction, author: str) -> None:
    if pending.count_of_author(tx, author) >= context.limits.releases_of_author:
        detail = "too many of this author's releases wait for a second person; have some confirmed or refused"
        raise DraftRefused(ReasonCode.QUEUE_FULL, "", detail)


async def _earlier(
    context: GatewayContext, api_key_id: str, idempotency_key: str | None
) -> StoredResponse | None:
    """What an earlier request under this key was answered: that holds, whatever became of the draft now."""
    if idempotency_key is None:
        return None
    return await context.store.read(lambda tx: idempotency.get(tx, api_key_id, idempotency_key))


async def _again(
    context: GatewayContext, stored: StoredResponse, request_digest: str, api_key_id: str
) -> Acceptance:
    """The first answer, when the request is the same; else a conflict."""
    if stored.request_digest == request_digest:
        first = Accepted.model_validate_json(stored.response)
        return Acceptance(first.publication_id, stored.response, replayed=True)
    conflict = ReasonCode.IDEMPOTENCY_CONFLICT
    refused = DraftRefused(conflict, "", conflict.explanation)
    await _record_refusal(context, refused, None, api_key_id, context.now())
    raise refused


async def _record_refusal(
    context: GatewayContext, refused: DraftRefused, draft: AnyDraft | None, api_key_id: str, now: datetime
) -> None:
    context.counters.count_refused(refused.code.value)
    evidence = context.evidence(actor_of_author(api_key_id), now)
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
