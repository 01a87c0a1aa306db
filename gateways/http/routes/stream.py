"""The inbox as a stream of server-sent events, resumable without gap or duplicate."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from bus.store import inbox, inbox_windows
from bus.store.inbox import InboxMessage
from gateways.http.api_keys import Scope
from gateways.http.following import (
    LAST_EVENT_ID,
    MEDIA_TYPE,
    begin_after,
    event,
    follow,
    require_room,
    streamed,
)
from gateways.http.inbox_views import inbox_entry
from gateways.http.reading import NATIVE_ONLY, Reading, own_reading
from gateways.http.routes.answers import GUARDED, Kinds, Modes, problems
from gateways.http.runtime import runtime
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/inbox", tags=["inbox"])

BATCH = 100
BATCH_OCTETS = 1024 * 1024


@router.get(
    "/stream",
    summary="Follow the inbox as server-sent events.",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events named message: id is inbox_seq, data an InboxEntry.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        **problems(*GUARDED, C.GATEWAY_BUSY),
    },
    openapi_extra={"parameters": [LAST_EVENT_ID]},
)
async def follow_inbox(
    request: Request,
    after: Annotated[
        int | None, Query(ge=0, le=2**53, description="Begin after this inbox_seq; absent: with what comes.")
    ] = None,
    kinds: Kinds = None,
    modes: Modes = None,
) -> Response:
    """Every message filed after the given position, in order, as soon as it is committed.

    One with handling DISPLAY_ONLY comes to operators only, and without its message.

    The stream ends when the key is revoked, or when key or token expires: before the next message, and at the
    latest with the next keep-alive.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.INBOX_READ)
    position = begin_after(request, after)
    require_room(gateway, caller)
    store = gateway.context.store
    if position is None:
        position = await store.read(inbox.latest_seq)

    async def look(position: int) -> tuple[int, bytes]:
        looked = await store.read(
            partial(
                inbox_windows.look,
                position=position,
                limit=BATCH,
                max_octets=BATCH_OCTETS,
                kinds=kinds,
                modes=modes,
                with_display_only=caller.lists_display_only,
            )
        )
        reading, now = own_reading(gateway.context), gateway.context.now()
        shown = b"".join(
            event_of(row, now, reading, with_content=caller.sees_content)
            for row in looked.messages
            if caller.sees(row.kind, row.mode)
        )
        return looked.position, shown

    shown = follow(gateway, caller, Scope.INBOX_READ, gateway.context.inbox, position, look)
    return streamed(gateway, caller, shown)


def event_of(
    stored: InboxMessage, now: datetime, reading: Reading = NATIVE_ONLY, *, with_content: bool
) -> bytes:
    """One event of the stream."""
    return event(stored.inbox_seq, "message", inbox_entry(stored, now, reading, with_content=with_content))
