"""Publishing and what became of it: POST and GET /v1/messages."""

import re
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from bus.store import pending, publication_windows
from bus.store.pending import SecondPerson
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused
from gateways.http.publication_views import (
    PublicationDetailView,
    PublicationPage,
    publication_view,
)
from gateways.http.refusals import recording_refusals
from gateways.http.routes.answers import (
    BODY,
    Before,
    Limit,
    answers,
    json_body,
    json_response,
    statement_response,
)
from gateways.http.routes.one_publication import shown_publication
from gateways.http.routes.plain_route import PlainRoute
from gateways.http.runtime import Runtime, runtime
from gateways.http.windows import looked_through
from gateways.publishing.accepted import Accepted
from gateways.publishing.publish import accept_draft
from schemas.base import Uuid
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1", tags=["messages"])
publishing = APIRouter(prefix="/v1", tags=["messages"], route_class=PlainRoute)
"""The one busy route, for which FastAPI's reading of parameters costs as much as parsing the draft."""

DRAFT = {"$ref": "#/components/schemas/Draft"}
MAX_IDEMPOTENCY_KEY = 255
_IDEMPOTENCY_KEY = re.compile(f"[!-~]{{1,{MAX_IDEMPOTENCY_KEY}}}", re.ASCII)

REFUSALS = (
    C.TIME_INVALID,
    C.DRAFT_EXPIRED,
    C.NATION_UNKNOWN,
    C.COMMUNITY_UNKNOWN,
    C.NATIONAL_ONLY,
    C.RELEASE_SET_EMPTY,
    C.ADDRESSEE_NOT_RELEASABLE,
    C.ORIGINATOR_IS_RECIPIENT,
    C.NO_AGREEMENT,
    C.AGREEMENT_NOT_IN_FORCE,
    C.KIND_NOT_COVERED,
    C.MODE_NOT_COVERED,
    C.CLASSIFICATION_UNKNOWN,
    C.CLASSIFICATION_TOO_HIGH,
    C.CLASSIFICATION_UNMAPPED,
    C.CATEGORY_NOT_COVERED,
    C.NO_RECIPIENT,
    C.REFERENCE_UNKNOWN,
    C.RECALLED,
    C.REFERENCE_MODE_MISMATCH,
    C.REFERENCE_NOT_ORIGINATOR,
    C.REFERENCE_BEYOND_RELEASE,
    C.REFERENCE_KIND_MISMATCH,
    C.CHANGE_NOT_CURRENT,
    C.CHANGE_OF_WAITING,
    C.CANCELLED,
    C.NARROWING_NOT_CONFIRMED,
    C.REPLY_BEYOND_RELEASE,
    C.REQUEST_TRANSITION_ILLEGAL,
    C.REDIRECT_INVALID,
    C.NOTICE_TOO_LATE,
    C.TRUST_STALE,
    C.MINIMIZE_IN_FORCE,
    C.QUEUE_FULL,
)
"""What a well-formed draft can be refused for."""

IDEMPOTENCY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY},
    "description": "A repeated request with the same key, body and source_id gets the first answer again, "
    "marked Idempotent-Replayed: true, and is not done twice. The same key with another request is refused.",
}

SOURCE_ID_PATTERN = r"^[^\x00-\x1f\x7f]{1,1600}$"
SOURCE_ID_MEANING = "Its id in another standard, such as a CAP alert's sender,identifier,sent."
SourceIdParameter = Annotated[str | None, Query(pattern=SOURCE_ID_PATTERN, description=SOURCE_ID_MEANING)]
SOURCE_ID = {
    "name": "source_id",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "pattern": SOURCE_ID_PATTERN},
    "description": SOURCE_ID_MEANING,
}


def idempotency_key(request: Request) -> str | None:
    """The request's Idempotency-Key. Raises ApiRefused IDEMPOTENCY_KEY_INVALID."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not _IDEMPOTENCY_KEY.fullmatch(given[0]):
        raise ApiRefused(C.IDEMPOTENCY_KEY_INVALID)
    return given[0]


def _source_id(request: Request) -> str | None:
    """The query's source_id. Raises ApiRefused PARAMETER_INVALID for it and for anything else there."""
    if not request.scope["query_string"]:
        return None
    given = request.query_params
    if set(given) != {"source_id"} or len(given.getlist("source_id")) != 1:
        raise ApiRefused(C.PARAMETER_INVALID, "The one parameter is source_id.", pointer="/query")
    if not re.fullmatch(SOURCE_ID_PATTERN, given["source_id"]):
        raise ApiRefused(C.PARAMETER_INVALID, pointer="/query/source_id")
    return given["source_id"]


async def publish(
    gateway: Runtime,
    raw: bytes,
    *,
    author: str,
    repeat_key: str | None,
    kinds: frozenset[Kind] | None,
    modes: frozenset[Mode] | None,
    source_id: str | None = None,
) -> Response:
    """Hand a draft to the publish flow and answer 201. Raises DraftRefused, StoreUnavailable."""
    acceptance = await accept_draft(
        gateway.context,
        raw,
        api_key_id=author,
        idempotency_key=repeat_key,
        allowed_kinds=kinds,
        allowed_modes=modes,
        source_id=source_id,
    )
    headers = {"Location": f"/v1/messages/{acceptance.publication_id}"}
    if acceptance.replayed:
        headers["Idempotent-Replayed"] = "true"
    return json_response(acceptance.body, 201, headers)


@publishing.post(
    "/messages",
    status_code=201,
    summary="Publish a draft.",
    responses=answers(
        201,
        Accepted,
        "Accepted: committed, with the release decision for every nation. Not yet delivered.",
        (*BODY, *REFUSALS, C.IDEMPOTENCY_KEY_INVALID, C.IDEMPOTENCY_CONFLICT),
    ),
    openapi_extra=json_body(DRAFT) | {"parameters": [IDEMPOTENCY_HEADER, SOURCE_ID]},
)
async def publish_message(request: Request) -> Response:
    """Accept a draft: check, label and decide it nation by nation, commit it, answer.

    What became of it stands at the address in Location, nation by nation.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_WRITE)
    settings = gateway.settings
    async with recording_refusals(gateway.context, caller.actor):
        source_id, repeat_key = _source_id(request), idempotency_key(request)
        raw = await read_json_body(
            request, max_bytes=settings.max_draft_bytes, within=settings.body_timeout_seconds
        )
    return await publish(
        gateway,
        raw,
        author=caller.author,
        repeat_key=repeat_key,
        kinds=caller.kinds,
        modes=caller.modes,
        source_id=source_id,
    )


DIRECT = {("POST", "/v1/messages"): publish_message}
"""The one busy address, which ``gateways.http.front`` answers without the framework."""


@router.get(
    "/messages",
    summary="List what this nation published, newest first.",
    responses=answers(200, PublicationPage, "A page of publications with their states."),
)
async def list_messages(
    request: Request,
    before: Before = None,
    limit: Limit = 50,
    kind: Annotated[Kind | None, Query(description="Only messages of this kind.")] = None,
    mode: Annotated[Mode | None, Query(description="Only messages of this mode.")] = None,
    source_id: SourceIdParameter = None,
    current: Annotated[
        bool, Query(description="Only what is current: nothing took its place, and it was not cancelled.")
    ] = False,
) -> Response:
    """Publications, each with its state per nation."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)

    looked = await looked_through(
        gateway,
        caller,
        2**53 if before is None else before,
        partial(
            publication_windows.look, limit=limit, kind=kind, mode=mode, source_id=source_id, current=current
        ),
    )
    stored = looked.messages

    def waiting(tx: Transaction) -> dict[int, SecondPerson]:
        return pending.of_publications(tx, [row.publication_seq for row in stored])

    waits = await gateway.context.store.read(waiting) if stored else {}
    return statement_response(
        PublicationPage.model_construct(
            items=tuple(
                publication_view(row, gateway.context.now(), waits.get(row.publication_seq))
                for row in stored
                if caller.sees(row.kind, row.mode)
            ),
            next=looked.position if looked.more else None,
        )
    )


@router.get(
    "/messages/{publication_id}",
    summary="Show one publication: its state per nation, decision table and message.",
    responses=answers(200, PublicationDetailView, "The publication.", (C.NOT_FOUND,)),
)
async def show_message(
    request: Request,
    publication_id: Annotated[Uuid, Path(description="As POST /v1/messages answered.")],
) -> Response:
    """One publication in full."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)
    return await shown_publication(gateway, caller, publication_id)
