"""The release decision explained: before a draft is published (POST /v1/release-preview), and after."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from bus.store import publications
from gateways.http.api_keys import Scope
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import BODY, answers, json_body, statement_response
from gateways.http.routes.messages import DRAFT
from gateways.http.runtime import runtime
from gateways.publishing.author import check_allowed
from gateways.publishing.publish import read_draft
from gateways.publishing.release_table import ReleaseTable, release_table
from gateways.publishing.release_then_and_now import ReleaseThenAndNow, then_and_now
from schemas.base import Uuid
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1", tags=["messages"])


@router.post(
    "/release-preview",
    summary="Show who would get a draft, why, and what would have to change.",
    responses=answers(
        200,
        ReleaseTable,
        "The release decision for every nation, explained. Also of a draft that would be refused: "
        "would_be_accepted is false then, and problem is what publishing would answer.",
        (*BODY, C.TIME_INVALID, C.NATION_UNKNOWN, C.ROLE_MISSING),
    ),
    openapi_extra=json_body(DRAFT),
)
async def preview_release(request: Request) -> Response:
    """Every check and decision of publishing; nothing is kept and nothing is sent.

    What is no well-formed draft is refused here as there.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_WRITE)
    settings = gateway.settings
    raw = await read_json_body(
        request, max_bytes=settings.max_draft_bytes, within=settings.body_timeout_seconds
    )
    draft = read_draft(raw)
    check_allowed(draft.header, caller.kinds, caller.modes)
    table = await release_table(gateway.context, draft, operator=caller.signed_in is not None)
    return statement_response(table)


@router.get(
    "/messages/{publication_id}/release",
    summary="Show why one publication went to whom: as of acceptance and as of now.",
    responses=answers(
        200, ReleaseThenAndNow, "The decision for every nation, then and now, side by side.", (C.NOT_FOUND,)
    ),
)
async def show_release(
    request: Request,
    publication_id: Annotated[Uuid, Path(description="As POST /v1/messages answered.")],
) -> Response:
    """The stored decision table, and the same decided again with today's trust."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)
    context = gateway.context
    stored = await context.store.read(lambda tx: publications.get(tx, publication_id))
    if stored is None or not caller.sees(stored.publication.kind, stored.publication.mode):
        raise ApiRefused(C.NOT_FOUND)
    table = await asyncio.to_thread(
        then_and_now, stored, originator=context.nation, trust=context.trust, now=context.now()
    )
    return statement_response(table)
