"""What is said of information requests without writing a draft: accept, decline, redirect, close, cancel."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bus.protocol.requests import ASKED_ACTS, ASKING_ACTS, legal_acts
from bus.store import inbox
from bus.store.inbox import InboxMessage
from bus.store.request_list import ListedRequest
from gateways.changing.cancel import CancelRefused, WantedCancellation, cancel
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.refusals import recording_refusals
from gateways.http.request_bodies import (
    RequestAccept,
    RequestCancel,
    RequestClose,
    RequestDecline,
    RequestRedirect,
)
from gateways.http.request_views import RequestView, request_view, stored_request
from gateways.http.routes.answers import BODY, answers, json_body
from gateways.http.routes.messages import IDEMPOTENCY_HEADER, REFUSALS, idempotency_key, publish
from gateways.http.routes.requests import FINDING, MAX_BODY, MessageId, Originator, shown, the_request
from gateways.http.runtime import Runtime, runtime
from gateways.publishing.accepted import Accepted
from gateways.publishing.answering import draft_answering, named
from gateways.publishing.draft_refused import DraftRefused
from gateways.requests.closing import Closing, close
from gateways.requests.standing import TransitionIllegal
from schemas.base import Statement
from schemas.header import Kind, Relation
from schemas.information_response import ResponseState
from schemas.reasons import ReasonCode as C
from schemas.request_acts import RequestAct, RequestState
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1/requests", tags=["requests"])


def _answers() -> dict[int | str, dict[str, Any]]:
    return answers(
        201,
        Accepted,
        "Accepted as an information_response to the asking nation alone.",
        (*BODY, *REFUSALS, *FINDING, C.IDEMPOTENCY_KEY_INVALID, C.IDEMPOTENCY_CONFLICT),
    )


def _body(model: type[Statement], **example: Any) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return json_body(schema, {"example": {"value": example}}) | {"parameters": [IDEMPOTENCY_HEADER]}


@router.post(
    "/{message_id}/accept",
    status_code=201,
    summary="Accept a request that a partner asks us.",
    responses=_answers(),
    openapi_extra=_body(RequestAccept, further_answer_by="2026-03-02T09:30:00Z"),
)
async def accept_request(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """Tell the asking nation that an answer is being worked on."""
    return await _answer(request, message_id, originator, RequestAccept, ResponseState.ACCEPTED)


@router.post(
    "/{message_id}/decline",
    status_code=201,
    summary="Decline a request that a partner asks us.",
    responses=_answers(),
    openapi_extra=_body(RequestDecline, decline_code="UNABLE_TO_ASSIST"),
)
async def decline_request(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """Tell the asking nation that nothing will be answered, with a neutral code."""
    return await _answer(request, message_id, originator, RequestDecline, ResponseState.DECLINED)


@router.post(
    "/{message_id}/redirect",
    status_code=201,
    summary="Redirect a request that a partner asks us.",
    responses=_answers(),
    openapi_extra=_body(RequestRedirect, redirect_to="NOR"),
)
async def redirect_request(
    request: Request, message_id: MessageId, originator: Originator = None
) -> Response:
    """Tell the asking nation who may know. Nobody else is told; whom to ask is the asker's to decide."""
    return await _answer(request, message_id, originator, RequestRedirect, ResponseState.REDIRECTED)


@router.post(
    "/{message_id}/close",
    summary="Close a request of ours.",
    responses=answers(
        200,
        RequestView,
        "Closed; every nation that may have it is told.",
        (*BODY, *FINDING, C.REQUEST_TRANSITION_ILLEGAL),
    ),
    openapi_extra=json_body(
        {"$ref": "#/components/schemas/RequestClose"}, {"example": {"value": {"outcome": "SATISFIED"}}}
    ),
)
async def close_request(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """Say that no (further) answer is wanted, and what became of the question. It cannot be opened again.

    Closing again with the same outcome changes nothing.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.REQUESTS_WRITE)
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    given = parse_model(RequestClose, raw, MAX_BODY)
    found = await the_request(gateway, caller, message_id, originator)
    if found.publication_id is None:
        raise await _not_ours(gateway, caller, found, RequestAct.CLOSE)
    try:
        await close(gateway.context, Closing(found.request_seq, given.outcome, given.nation, caller.actor))
    except TransitionIllegal as illegal:
        raise _refused(illegal) from None
    except LookupError:
        raise ApiRefused(C.NOT_FOUND, "This nation was not asked.", pointer="/nation") from None
    return await shown(gateway, caller, message_id, originator)


@router.post(
    "/{message_id}/cancel",
    summary="Cancel a request of ours.",
    responses=answers(
        200,
        RequestView,
        "Cancelled; every nation that may have it is told, and told no more than that.",
        (*BODY, *FINDING, C.REQUEST_TRANSITION_ILLEGAL, C.CHANGE_NOT_CURRENT, C.RECALLED),
    ),
    openapi_extra=json_body(
        {"$ref": "#/components/schemas/RequestCancel"}, {"example": {"value": {"reason": "OVERTAKEN"}}}
    ),
)
async def cancel_request(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """Take the question back: its message is cancelled for everybody, as by
    ``POST /v1/messages/{publication_id}/cancel``. Cancelling again changes nothing.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.REQUESTS_WRITE)
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    given = parse_model(RequestCancel, raw, MAX_BODY)
    found = await the_request(gateway, caller, message_id, originator)
    publication_id = found.publication_id
    if publication_id is None:
        raise await _not_ours(gateway, caller, found, RequestAct.CANCEL)
    stored = await gateway.context.store.read(lambda tx: stored_request(tx, found, in_full=True))
    stands = request_view(stored, caller, gateway.context.now()).state
    if stands is RequestState.CLOSED:
        raise _refused(TransitionIllegal(RequestAct.CANCEL, stands, ()))
    wanted = WantedCancellation(publication_id, given.reason, caller.actor, caller.sees)
    try:
        await cancel(gateway.context, wanted)
    except CancelRefused as refused:
        raise ApiRefused(refused.code, refused.detail, current=refused.current) from None
    return await shown(gateway, caller, message_id, originator)


async def _answer(
    request: Request,
    message_id: str,
    originator: str | None,
    model: type[Statement],
    state: ResponseState,
) -> Response:
    """Publish an answer without content: the header and label that the request calls for."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.REQUESTS_WRITE)
    async with recording_refusals(gateway.context, caller.actor):
        repeat_key = idempotency_key(request)
        raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
        try:
            given = parse_model(model, raw, MAX_BODY)
        except JsonRefused as refused:
            raise refused_json(refused) from None
    found = await the_request(gateway, caller, message_id, originator)
    if found.publication_id is not None:
        raise await _not_ours(gateway, caller, found, _ACTS[state])
    message = await _message(gateway, caller, found)
    body = {"rfi_id": _rfi_id(message), "state": state.value} | json.loads(given.encode())
    try:
        return await publish(
            gateway,
            draft_answering(
                message,
                json.dumps(body, ensure_ascii=False).encode(),
                kind=Kind.INFORMATION_RESPONSE,
                relation=Relation.REPLIES,
                subject=f"{state.value.capitalize()}: {named(message)}",
            ),
            author=caller.author,
            repeat_key=repeat_key,
            # The scope is what permits it; the key's kinds are those of the requests it may answer.
            kinds=None,
            modes=caller.modes,
        )
    except DraftRefused as refused:
        raise _as_seen_by_author(refused) from None


_ACTS = {
    ResponseState.ACCEPTED: RequestAct.ACCEPT,
    ResponseState.DECLINED: RequestAct.DECLINE,
    ResponseState.REDIRECTED: RequestAct.REDIRECT,
}


async def _message(gateway: Runtime, caller: Caller, found: ListedRequest) -> InboxMessage:
    stored = await gateway.context.store.read(
        lambda tx: inbox.by_message_id(tx, found.message_id, with_display_only=caller.lists_display_only)
    )
    message = next((each for each in stored if each.originator == found.originator), None)
    if message is None:
        raise ApiRefused(C.NOT_FOUND)
    if message.recalled_at is not None:
        raise ApiRefused(C.RECALLED)
    return message


def _rfi_id(message: InboxMessage) -> str:
    rfi_id: str = json.loads(message.content)["body"]["rfi_id"]
    return rfi_id


async def _not_ours(gateway: Runtime, caller: Caller, found: ListedRequest, act: RequestAct) -> ApiRefused:
    """What the other side alone may do."""
    now = gateway.context.now()
    stored = await gateway.context.store.read(lambda tx: stored_request(tx, found, in_full=True))
    view = request_view(stored, caller, now)
    among = ASKED_ACTS if found.publication_id is None else ASKING_ACTS
    legal = legal_acts(view.state, among, ltiov=found.ltiov, now=now)
    return _refused(TransitionIllegal(act, view.state, legal))


def _refused(illegal: TransitionIllegal) -> ApiRefused:
    return ApiRefused(C.REQUEST_TRANSITION_ILLEGAL, illegal.words, legal=illegal.legal)


def _as_seen_by_author(refused: DraftRefused) -> DraftRefused:
    """Pointers into the draft that we made become pointers into what was sent, where there are such."""

    def moved(pointer: str) -> str:
        given = pointer.startswith("/body/") and pointer not in ("/body/state", "/body/rfi_id")
        return pointer.removeprefix("/body") if given else ""

    return DraftRefused(
        refused.code,
        moved(refused.pointer),
        refused.explanation,
        tuple((moved(pointer), kind, words) for pointer, kind, words in refused.faults),
        refused.current,
        refused.legal,
    )
