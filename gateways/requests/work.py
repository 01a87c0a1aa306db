"""Work on a request inside this nation: in whose hands it is, until when, notes. Never sent."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from bus.store import idempotency, operators, request_work
from bus.store.idempotency import StoredResponse
from bus.store.request_list import ListedRequest
from bus.store.request_work import Note
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.operators.roles import modes_of, rights_of, sees_content
from schemas.audit import AuditEvent
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode


async def assign(
    context: GatewayContext,
    request: ListedRequest,
    assignee: str | None,
    due_at: datetime | None,
    by: str,
    right: str,
) -> bool:
    """Put a request into an operator's hands, or nobody's; False when nobody of this name may work on it.

    ``right``: what the operator needs. Raises StoreUnavailable.
    """

    def job(tx: Transaction) -> bool:
        if assignee is not None and not _may_work(tx, assignee, right, request.mode):
            return False
        request_work.assign(tx, request.request_seq, assignee, due_at)
        evidence = context.evidence(by, context.now())
        evidence.add(
            AuditEvent.REQUEST_ASSIGNED,
            partner=_partner(request, context.nation),
            kind=Kind.INFORMATION_REQUEST,
            mode=request.mode,
            message_id=request.message_id,
            operator=assignee,
        )
        evidence.write(tx)
        return True

    return await context.store.write(job)


class NoteRefused(Exception):
    """A note is not kept: there are too many, or its Idempotency-Key stands for another request."""

    def __init__(self, code: ReasonCode) -> None:
        super().__init__(code.value)
        self.code = code


class Repeatable(NamedTuple):
    """An Idempotency-Key of whoever asks, and what makes two requests under it the same."""

    author: str
    key: str
    request_digest: str


class Answer(NamedTuple):
    """What is answered; ``replayed`` when an earlier request under the same key was done."""

    body: bytes
    replayed: bool


async def add_note(
    context: GatewayContext,
    request: ListedRequest,
    text: str,
    by: str,
    encode: Callable[[Note], bytes],
    repeatable: Repeatable | None = None,
) -> Answer:
    """Add a note to a request, once however often it is asked for under one key, and say it by ``encode``.

    Raises NoteRefused NOTES_FULL or IDEMPOTENCY_CONFLICT, StoreUnavailable.
    """

    def job(tx: Transaction) -> Answer:
        now = context.now()
        if repeatable is not None:
            earlier = idempotency.get(tx, repeatable.author, repeatable.key)
            if earlier is not None and earlier.request_digest != repeatable.request_digest:
                raise NoteRefused(ReasonCode.IDEMPOTENCY_CONFLICT)
            if earlier is not None:
                return Answer(earlier.response, replayed=True)
        note = Note(by, now, text)
        if not request_work.add_note(tx, request.request_seq, note):
            raise NoteRefused(ReasonCode.NOTES_FULL)
        evidence = context.evidence(by, now)
        evidence.add(
            AuditEvent.REQUEST_NOTED,
            partner=_partner(request, context.nation),
            kind=Kind.INFORMATION_REQUEST,
            mode=request.mode,
            message_id=request.message_id,
        )
        evidence.write(tx)
        body = encode(note)
        if repeatable is not None:
            stored = StoredResponse(repeatable.request_digest, 201, body, now)
            idempotency.put(tx, repeatable.author, repeatable.key, stored)
        return Answer(body, replayed=False)

    return await context.store.write(job)


def _may_work(tx: Transaction, name: str, right: str, mode: Mode) -> bool:
    found = operators.find(tx, name)
    if found is None or not found.enabled or not sees_content(found.roles):
        return False
    modes = modes_of(found.roles)
    permitted = right in {each.value for each in rights_of(found.roles)}
    return permitted and (modes is None or mode in modes)


def _partner(request: ListedRequest, nation: str) -> str | None:
    return request.originator if request.originator != nation else None
