"""The publish flow: draft in, critically read, decided nation by nation, committed (design 3, 5, 8).

One write job commits the publication, its exact content, the decision table, a queued delivery per permitted
nation, the idempotency record and the audit records; only then is the draft accepted.
"""

import contextlib
import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from bus.store import events, idempotency, new_publications, pending, publication_changes
from bus.store.errors import StoreUnavailable
from bus.store.idempotency import StoredResponse
from bus.store.pending import SecondPersonWanted
from bus.store.writer import Transaction
from gateways.changing.chains import (
    HoldingsMoved,
    check_unmoved,
)
from gateways.changing.force import bring_into_force
from gateways.context import GatewayContext
from gateways.publishing.accepted import Acceptance, Accepted
from gateways.publishing.author import actor_of_author, by_operator, check_allowed
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.new_publication import (
    accepted_event,
    answer_of,
    evidence_of,
    new_publication,
)
from gateways.publishing.planned import Planned
from gateways.publishing.planning import plan, recalled_since
from gateways.publishing.request_acts import note_requests
from gateways.receipts.owing import acknowledged_in, note_acknowledged
from gateways.releasing.wait import record_wait, second_person_wanted, told
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import Kind, Mode
from schemas.message import AnyDraft, parse_draft
from schemas.reasons import ReasonCode
from schemas.strict_json import JsonRefused

CREATED = 201
TRIES = 20
"""How often a change is planned anew while the relay sends what it changes."""


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
    request = _Request(api_key_id, idempotency_key, allowed_kinds, allowed_modes, source_id)
    for _ in range(TRIES):
        with contextlib.suppress(HoldingsMoved):
            return await _accept(context, raw, request)
    raise StoreUnavailable("what nations hold of the changed message went on changing")


class _Request(NamedTuple):
    api_key_id: str
    idempotency_key: str | None
    allowed_kinds: Collection[Kind] | None
    allowed_modes: Collection[Mode] | None
    source_id: str | None


async def _accept(context: GatewayContext, raw: bytes, request: _Request) -> Acceptance:
    """One try. Raises HoldingsMoved besides."""
    api_key_id, idempotency_key, allowed_kinds, allowed_modes, source_id = request
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
    header, change, taken_back = draft.header, planned.change, 0

    def job(tx: Transaction) -> StoredResponse | None:
        nonlocal taken_back
        if idempotency_key is not None:
            earlier = idempotency.get(tx, api_key_id, idempotency_key)
            if earlier is not None:
                return earlier
            response = StoredResponse(_request_digest(raw, source_id), CREATED, answer, now)
            idempotency.put(tx, api_key_id, idempotency_key, response)
        if wanted is not None:
            _check_room_of_author(context, tx, api_key_id)
        if change is not None:
            check_unmoved(tx, change, header, context.nation)
        recalled = recalled_since(tx, header, context.nation)
        if recalled is not None:
            pointer = f"/header/references/{recalled}"
            raise DraftRefused(ReasonCode.RECALLED, pointer, ReasonCode.RECALLED.explanation)
        publication_seq = new_publications.insert(tx, new)
        events.add(tx, (accepted_event(new),))
        note_requests(context, tx, publication_seq, new, planned, waits=wanted is not None)
        if wanted is not None:
            pending.hold(tx, publication_seq, wanted)
        if change is not None:
            predecessors = {chain.head.publication_seq: chain.relation for chain in change.chains}
            publication_changes.note(tx, publication_seq, predecessors)
            if wanted is None:
                taken_back = bring_into_force(context, tx, evidence, publication_seq, now)
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
    if change is not None:
        context.counters.deliveries_withheld += taken_back
    context.relay_wanted.set()
    return Acceptance(new.publication_id, answer, replayed=False)


def read_draft(raw: bytes) -> AnyDraft:
    """Parse a draft strictly. Raises DraftRefused."""
    try:
        return parse_draft(raw)
    except JsonRefused as refused:
        raise DraftRefused.from_json(refused) from None


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
