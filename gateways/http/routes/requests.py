"""Information requests: what partners ask us and what we ask them, where each stands, who works on it."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from bus.store import request_list
from bus.store.request_list import ListedRequest
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused
from gateways.http.request_bodies import RequestAssignment, RequestNote
from gateways.http.request_views import (
    RequestNoteView,
    RequestPage,
    RequestView,
    StoredRequest,
    note_view,
    request_view,
    stored_request,
)
from gateways.http.routes.answers import (
    BODY,
    Before,
    Limit,
    Modes,
    answers,
    json_body,
    json_response,
    statement_response,
)
from gateways.http.routes.messages import IDEMPOTENCY_HEADER, idempotency_key
from gateways.http.runtime import Runtime, runtime
from gateways.requests import work
from schemas.base import Nation, Uuid7
from schemas.header import Kind
from schemas.operator import OperatorName
from schemas.reasons import ReasonCode as C
from schemas.request_acts import RequestState
from schemas.strict_json import parse_model

router = APIRouter(prefix="/v1/requests", tags=["requests"])

MAX_BODY = 16 * 1024
FINDING = (C.NOT_FOUND, C.MESSAGE_ID_AMBIGUOUS)

MessageId = Annotated[Uuid7, Path(description="The id of the request's message.")]
Originator = Annotated[
    Nation | None, Query(description="The originator, where several used the same message id.")
]


class RequestRole(StrEnum):
    """Whose question it is."""

    ASKED = "asked"
    ASKING = "asking"


@router.get(
    "",
    summary="List information requests, newest first.",
    responses=answers(200, RequestPage, "A page of requests.", (C.TIME_INVALID,)),
)
async def list_requests(
    request: Request,
    before: Before = None,
    limit: Limit = 50,
    role: Annotated[
        RequestRole | None, Query(description="asked: of us by partners; asking: by us of partners.")
    ] = None,
    states: Annotated[
        list[RequestState] | None,
        Query(alias="state", max_length=10, description="Only what stands there with any nation."),
    ] = None,
    assignee: Annotated[OperatorName | None, Query(description="Only what this operator works on.")] = None,
    due_before: Annotated[
        datetime | None,
        Query(description="Only what is due before: by due_at, else by answer_requested_by, else by ltiov."),
    ] = None,
    wanted: Modes = None,
) -> Response:
    """What partners ask of us and what we ask of them, each with where it stands nation by nation.

    What a nation answered is an ordinary message in the inbox; its id stands in the request's timeline.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.REQUESTS_READ)
    if due_before is not None and due_before.tzinfo is None:
        raise ApiRefused(C.PARAMETER_INVALID, "A time with an offset is needed.", pointer="/query/due_before")
    if caller.kinds is not None and Kind.INFORMATION_REQUEST not in caller.kinds:
        return statement_response(RequestPage(items=()))
    modes = caller.modes
    if wanted is not None:
        modes = frozenset(wanted) if modes is None else modes & set(wanted)
    now = gateway.context.now()

    def look(tx: Transaction) -> list[StoredRequest]:
        found = request_list.list_newest(
            tx,
            now,
            before=before,
            limit=limit,
            ours=None if role is None else role is RequestRole.ASKING,
            states=states or (),
            assignee=assignee,
            due_before=due_before,
            modes=modes,
            with_display_only=caller.lists_display_only,
        )
        return [stored_request(tx, each, in_full=False) for each in found]

    stored = await gateway.context.store.read(look)
    following = stored[-1].listed.request_seq if len(stored) == limit else None
    items = tuple(request_view(each, caller, now) for each in stored)
    return statement_response(RequestPage.model_construct(items=items, next=following))


@router.get(
    "/{message_id}",
    summary="Show one information request.",
    responses=answers(200, RequestView, "The request with its timeline and notes.", FINDING),
)
async def show_request(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """One request with every act that is known, in the order that counts, and what is legal now."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.REQUESTS_READ)
    return await shown(gateway, caller, message_id, originator)


@router.put(
    "/{message_id}/assignment",
    summary="Put a request into somebody's hands.",
    responses=answers(200, RequestView, "The request.", (*BODY, *FINDING, C.ASSIGNEE_UNKNOWN)),
    openapi_extra=json_body(
        {"$ref": "#/components/schemas/RequestAssignment"},
        {"assignment": {"value": {"assignee": "anna", "due_at": "2026-03-02T09:30:00Z"}}},
    ),
)
async def assign_request(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """Name who works on it and until when, for this nation alone. What is left out is taken away."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.REQUESTS_WRITE)
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    given = parse_model(RequestAssignment, raw, MAX_BODY)
    found = await the_request(gateway, caller, message_id, originator)
    right = Scope.REQUESTS_WRITE.value
    done = await work.assign(gateway.context, found, given.assignee, given.due_at, caller.actor, right)
    if not done:
        raise ApiRefused(C.ASSIGNEE_UNKNOWN, pointer="/assignee")
    return await shown(gateway, caller, message_id, originator)


@router.post(
    "/{message_id}/notes",
    status_code=201,
    summary="Add a note to a request.",
    responses=answers(
        201,
        RequestNoteView,
        "The note, as it is kept.",
        (*BODY, *FINDING, C.NOTES_FULL, C.IDEMPOTENCY_KEY_INVALID, C.IDEMPOTENCY_CONFLICT),
    ),
    openapi_extra=json_body(
        {"$ref": "#/components/schemas/RequestNote"},
        {"note": {"value": {"text": "Asked the harbour office; they call back at noon."}}},
    )
    | {"parameters": [IDEMPOTENCY_HEADER]},
)
async def note_request(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """Keep a note for this nation's own people. It is never sent, whatever becomes of the request."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.REQUESTS_WRITE)
    key = idempotency_key(request)
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    given = parse_model(RequestNote, raw, MAX_BODY)
    found = await the_request(gateway, caller, message_id, originator)
    same = hashlib.sha256(f"note {found.originator} {message_id}\n".encode() + raw).hexdigest()
    repeatable = None if key is None else work.Repeatable(caller.author, key, same)
    try:
        answer = await work.add_note(
            gateway.context,
            found,
            given.text,
            caller.actor,
            lambda note: note_view(note).encode(),
            repeatable,
        )
    except work.NoteRefused as refused:
        raise ApiRefused(refused.code) from None
    return json_response(answer.body, 201, {"Idempotent-Replayed": "true"} if answer.replayed else None)


async def the_request(
    gateway: Runtime, caller: Caller, message_id: str, originator: str | None
) -> ListedRequest:
    """The request with this message id that the caller may see. Raises ApiRefused NOT_FOUND,
    MESSAGE_ID_AMBIGUOUS.
    """
    stored = await gateway.context.store.read(
        lambda tx: request_list.by_message_id(tx, message_id, with_display_only=caller.lists_display_only)
    )
    visible = [
        each
        for each in stored
        if caller.sees(Kind.INFORMATION_REQUEST, each.mode) and originator in (None, each.originator)
    ]
    if not visible:
        raise ApiRefused(C.NOT_FOUND)
    if len(visible) > 1:
        raise ApiRefused(C.MESSAGE_ID_AMBIGUOUS)
    return visible[0]


async def shown(gateway: Runtime, caller: Caller, message_id: str, originator: str | None) -> Response:
    """The request in full, as it stands now."""
    found = await the_request(gateway, caller, message_id, originator)
    stored = await gateway.context.store.read(lambda tx: stored_request(tx, found, in_full=True))
    return statement_response(request_view(stored, caller, gateway.context.now()))
