"""The inbox: what partners released to this nation, and acknowledging it (design 9)."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from bus.store import inbox, inbox_windows
from bus.store.inbox import InboxMessage
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.inbox_views import InboxEntry, InboxPage, inbox_entry, inbox_page
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.read_record import record_read
from gateways.http.reading import own_reading
from gateways.http.refusals import recording_refusals
from gateways.http.routes.answers import (
    BODY,
    After,
    Kinds,
    Limit,
    Modes,
    answers,
    json_body,
    json_response,
    statement_response,
)
from gateways.http.routes.messages import IDEMPOTENCY_HEADER, REFUSALS, idempotency_key, publish
from gateways.http.runtime import Runtime, runtime
from gateways.http.told_view import ToldByReceiptView, told_view
from gateways.http.windows import looked_through
from gateways.publishing.accepted import Accepted
from gateways.publishing.answering import draft_answering, named
from gateways.publishing.draft_refused import DraftRefused
from gateways.receipts.by_receipt import tell_by_receipt
from schemas.acknowledgement import Acknowledgement
from schemas.audit import AuditEvent
from schemas.base import Nation, UtcTime, Uuid7
from schemas.header import Kind, Relation
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model
from schemas.wire import Handling

router = APIRouter(prefix="/v1/inbox", tags=["inbox"])

MessageId = Annotated[Uuid7, Path(description="The message's id, as its originator gave it.")]
Originator = Annotated[
    Nation | None, Query(description="The originator, where several used the same message id.")
]
MAX_ACKNOWLEDGEMENT_BYTES = 16 * 1024
PAGE_OCTETS = 4 * 1024 * 1024
"""Content on one page: while one is read and put together the gateway does nothing else."""


@router.get(
    "",
    summary="List the inbox in order of filing.",
    responses=answers(200, InboxPage, "A page of messages."),
)
async def list_inbox(
    request: Request,
    after: After = 0,
    limit: Limit = 100,
    kinds: Kinds = None,
    modes: Modes = None,
    current: Annotated[
        bool, Query(description="Only what is current: nothing took its place, and it was not cancelled.")
    ] = False,
    before: Annotated[
        int | None,
        Query(ge=1, le=2**53, description="Instead of after: what was filed before this, the newest first."),
    ] = None,
    expires_after: Annotated[
        UtcTime | None, Query(description="Only what expires later than this, or never.")
    ] = None,
    originator: Annotated[Nation | None, Query(description="Only this originator's messages.")] = None,
) -> Response:
    """Messages filed after the cursor, with their exact content. Poll with ``next`` of the last page.

    A page may hold fewer than ``limit``, or none: it ends at four mebibytes, and where looking for what
    ``mode`` or ``current`` ask for takes too long. There may be more while ``next`` grows. With ``before``
    the newest come first: give ``next`` as ``before`` for older ones, until it stays as it is.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.INBOX_READ)
    if before is not None and after:
        raise ApiRefused(C.PARAMETER_INVALID, "after and before exclude each other", pointer="/query/before")
    looked = await looked_through(
        gateway,
        caller,
        after if before is None else before,
        partial(
            inbox_windows.look,
            newest_first=before is not None,
            limit=limit,
            kinds=kinds,
            modes=modes,
            with_display_only=caller.lists_display_only,
            max_octets=PAGE_OCTETS,
            current=current,
            expires_after=expires_after,
            originator=originator,
        ),
    )
    stored, following = looked.messages, looked.position
    shown = [row for row in stored if caller.sees(row.kind, row.mode)]
    reading, now = own_reading(gateway.context), gateway.context.now()
    return json_response(inbox_page(shown, following, now, reading, with_content=caller.sees_content))


@router.get(
    "/{message_id}",
    summary="Show one message of the inbox.",
    responses=answers(200, InboxEntry, "The message.", (C.NOT_FOUND, C.MESSAGE_ID_AMBIGUOUS)),
)
async def show_inbox_message(
    request: Request, message_id: MessageId, originator: Originator = None
) -> Response:
    """One message by its id, and by its originator where that is needed.

    An operator who is shown its content has read it: that is noted before, and the originator is told if this
    nation does so. One with handling DISPLAY_ONLY is for people: for API keys it is not there. That it was
    displayed is recorded before it is.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.INBOX_READ)
    stored = await the_one(gateway, caller, message_id, originator)
    opened = caller.signed_in is not None and caller.sees_content and stored.recalled_at is None
    if opened and await record_read(gateway, caller, stored):
        # As it stands now: a recall may have come before.
        stored = await the_one(gateway, caller, message_id, originator)
    displaying = stored.handling is Handling.DISPLAY_ONLY and caller.shows_display_only
    if displaying:
        await _record_display(gateway, caller, stored)
    entry = inbox_entry(
        stored,
        gateway.context.now(),
        own_reading(gateway.context),
        with_content=caller.sees_content,
        displaying=displaying,
    )
    return json_response(entry)


async def _record_display(gateway: Runtime, caller: Caller, stored: InboxMessage) -> None:
    """Raises StoreUnavailable: what cannot be recorded is not displayed."""
    evidence = gateway.context.evidence(caller.actor, gateway.context.now())
    evidence.add(
        AuditEvent.MESSAGE_DISPLAYED,
        partner=stored.originator,
        kind=stored.kind,
        mode=stored.mode,
        message_id=stored.message_id,
        digest=stored.digest,
    )
    await gateway.context.store.write(evidence.write)


@router.post(
    "/{message_id}/acknowledgements",
    status_code=201,
    summary="Acknowledge a message to its originator.",
    responses=answers(
        201,
        Accepted,
        "The acknowledgement was accepted as a message of its own, to the originator alone.",
        (
            *BODY,
            *REFUSALS,
            C.NOT_FOUND,
            C.MESSAGE_ID_AMBIGUOUS,
            C.IDEMPOTENCY_KEY_INVALID,
            C.IDEMPOTENCY_CONFLICT,
        ),
    )
    | {200: {"model": ToldByReceiptView, "description": "With by_receipt: no agreement carries it."}},
    openapi_extra=json_body(
        {"$ref": "#/components/schemas/Acknowledgement"},
        {
            "acknowledgement": {
                "value": {
                    "level": "UNDERSTOOD",
                    "outcome": "WILL_COMPLY",
                    "officer_role": "Duty officer, joint operations centre",
                    "acknowledged_at": "2026-03-02T09:30:00Z",
                }
            }
        },
    )
    | {"parameters": [IDEMPOTENCY_HEADER]},
)
async def acknowledge_message(
    request: Request,
    message_id: MessageId,
    originator: Originator = None,
    by_receipt: Annotated[
        bool,
        Query(
            description="Where no agreement carries the acknowledgement, tell by receipt alone that the"
            " message was acknowledged, or what it asks done; neither outcome nor remarks."
        ),
    ] = False,
) -> Response:
    """A responsible person's answer, sent as a message: same policy, classification, mode and precedence as
    what it answers, and released to its originator only.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.INBOX_ACKNOWLEDGE)
    async with recording_refusals(gateway.context, caller.actor):
        repeat_key = idempotency_key(request)
        raw = await read_json_body(
            request, max_bytes=MAX_ACKNOWLEDGEMENT_BYTES, within=gateway.settings.body_timeout_seconds
        )
        try:
            parse_model(Acknowledgement, raw, MAX_ACKNOWLEDGEMENT_BYTES)
        except JsonRefused as refused:
            raise refused_json(refused) from None
    answered = await the_one(gateway, caller, message_id, originator)
    draft = acknowledgement_draft(answered, raw)
    try:
        return await publish(
            gateway,
            draft,
            author=caller.author,
            repeat_key=repeat_key,
            # The scope is what permits it; the key's kinds are those of the messages it may answer.
            kinds=None,
            modes=caller.modes,
        )
    except DraftRefused as refused:
        if not by_receipt:
            raise _as_seen_by_author(refused) from None
        try:
            told = await tell_by_receipt(gateway.context, draft, refused, caller.author)
        except DraftRefused:
            raise _as_seen_by_author(refused) from None
        return statement_response(told_view(answered, told, refused))


def acknowledgement_draft(answered: InboxMessage, body: bytes) -> bytes:
    """The draft that acknowledges ``answered`` with ``body``, an Acknowledgement as JSON."""
    return draft_answering(
        answered,
        body,
        kind=Kind.ACKNOWLEDGEMENT,
        relation=Relation.ACKNOWLEDGES,
        subject=f"Acknowledgement of {named(answered)}",
    )


async def the_one(gateway: Runtime, caller: Caller, message_id: str, originator: str | None) -> InboxMessage:
    """The message with this id. Raises ApiRefused NOT_FOUND, MESSAGE_ID_AMBIGUOUS."""
    found = await gateway.context.store.read(
        lambda tx: inbox.by_message_id(tx, message_id, with_display_only=caller.lists_display_only)
    )
    shown = [
        row
        for row in found
        if caller.sees(row.kind, row.mode) and (originator is None or row.originator == originator)
    ]
    if not shown:
        raise ApiRefused(C.NOT_FOUND)
    if len(shown) > 1:
        raise ApiRefused(C.MESSAGE_ID_AMBIGUOUS)
    return shown[0]


def _as_seen_by_author(refused: DraftRefused) -> DraftRefused:
    """Pointers into the draft we made become pointers into the body that was sent, where there are such."""

    def moved(pointer: str) -> str:
        return pointer.removeprefix("/body") if pointer.startswith("/body") else ""

    return DraftRefused(
        refused.code,
        moved(refused.pointer),
        refused.explanation,
        tuple((moved(pointer), kind, words) for pointer, kind, words in refused.faults),
    )
