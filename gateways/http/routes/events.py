"""The feed of events: what became of messages, partners and lanes, as pages and as a stream."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from bus.store import events
from gateways.http.api_keys import Scope
from gateways.http.event_views import EventPage, event_view, sight_of
from gateways.http.following import (
    LAST_EVENT_ID,
    MEDIA_TYPE,
    begin_after,
    event,
    follow,
    require_room,
    streamed,
)
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import (
    GUARDED,
    After,
    Kinds,
    Limit,
    Modes,
    answers,
    problems,
    statement_response,
)
from gateways.http.runtime import runtime
from schemas.event import EventType
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/events", tags=["events"])

BATCH = 200

Types = Annotated[list[EventType] | None, Query(alias="type", description="Only these types; repeatable.")]


@router.get(
    "",
    summary="List what happened, in order.",
    responses=answers(200, EventPage, "A page of events.", (C.CURSOR_GONE,)),
)
async def list_events(
    request: Request,
    after: After = 0,
    limit: Limit = 100,
    types: Types = None,
    kinds: Kinds = None,
    modes: Modes = None,
) -> Response:
    """Events after the cursor that the caller may see. Poll with ``next`` of the last page.

    ``after=0`` begins with the oldest event that is kept. A page may hold fewer than ``limit``, or none,
    while ``next`` still grows.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.EVENTS_READ)
    sight = sight_of(caller, types, kinds, modes)
    page = await gateway.context.store.read(partial(events.look, after=after, limit=limit, sight=sight))
    if not page.known:
        raise _gone(page)
    return statement_response(
        EventPage.model_construct(
            items=tuple(map(event_view, page.events)), next=page.position, first=page.first
        )
    )


@router.get(
    "/stream",
    summary="Follow what happens as server-sent events.",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events named by their type: id is event_seq, data a FeedEvent.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        **problems(*GUARDED, C.GATEWAY_BUSY, C.CURSOR_GONE),
    },
    openapi_extra={"parameters": [LAST_EVENT_ID]},
)
async def follow_events(
    request: Request,
    after: Annotated[
        int | None, Query(ge=0, le=2**53, description="Begin after this event_seq; absent: with what comes.")
    ] = None,
    types: Types = None,
    kinds: Kinds = None,
    modes: Modes = None,
) -> Response:
    """Every event after the given position that the caller may see, in order, as soon as it is committed.

    The stream ends when the key is revoked, or when key or token expires: before the next event, and at the
    latest with the next keep-alive.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.EVENTS_READ)
    position = begin_after(request, after)
    require_room(gateway, caller)
    store, sight = gateway.context.store, sight_of(caller, types, kinds, modes)
    if position is None:
        position = await store.read(events.latest_seq)
    page = await store.read(partial(events.look, after=position, limit=1))
    if not page.known:
        raise _gone(page)

    async def look(position: int) -> tuple[int, bytes] | None:
        page = await store.read(partial(events.look, after=position, limit=BATCH, sight=sight))
        if not page.known:
            return None  # what follows was forgotten meanwhile; a new request is told so
        shown = (event(each.event_seq, each.type.value, event_view(each).encode()) for each in page.events)
        return page.position, b"".join(shown)

    shown = follow(gateway, caller, Scope.EVENTS_READ, gateway.context.events, position, look)
    return streamed(gateway, caller, shown)


def _gone(page: events.FeedPage) -> ApiRefused:
    return ApiRefused(C.CURSOR_GONE, f"The oldest event that is kept has the number {page.first}.")
