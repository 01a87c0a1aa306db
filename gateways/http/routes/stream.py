"""The inbox as a stream of server-sent events, resumable without gap or duplicate."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from bus.store import inbox
from bus.store.inbox import InboxMessage
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.inbox_views import inbox_entry
from gateways.http.problems import ApiRefused
from gateways.http.reading import Reading, native_only, own_reading
from gateways.http.routes.answers import GUARDED, problems
from gateways.http.runtime import Runtime, runtime
from schemas.header import Kind
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/inbox", tags=["inbox"])

BATCH = 100
BATCH_OCTETS = 1024 * 1024
MEDIA_TYPE = "text/event-stream"
_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[0-9]{1,16}$"},
    "description": "The id of the last event received: the stream goes on right after it. Wins over after=.",
}


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
    openapi_extra={"parameters": [_LAST_EVENT_ID]},
)
async def follow_inbox(
    request: Request,
    after: Annotated[
        int | None, Query(ge=0, le=2**53, description="Begin after this inbox_seq; absent: with what comes.")
    ] = None,
    kind: Annotated[Kind | None, Query(description="Only messages of this kind.")] = None,
) -> Response:
    """Every message filed after the given position, in order, as soon as it is committed.

    One with handling DISPLAY_ONLY comes to operators only, and without its message.

    The stream ends when the key is revoked, or when key or token expires: before the next message, and at the
    latest with the next keep-alive.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.INBOX_READ)
    position = _position(request, after)
    if gateway.metrics.streams >= gateway.settings.max_streams:
        raise ApiRefused(C.GATEWAY_BUSY, "Too many open streams.", headers={"Retry-After": "5"})
    if position is None:
        position = await gateway.context.store.read(inbox.latest_seq)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Connection": "close"}
    return StreamingResponse(events(gateway, caller, position, kind), 200, headers, media_type=MEDIA_TYPE)


def _position(request: Request, after: int | None) -> int | None:
    last = request.headers.get("last-event-id")
    if last is None:
        return after
    if not (last.isascii() and last.isdigit() and len(last) <= 16):
        raise ApiRefused(C.PARAMETER_INVALID, "Last-Event-ID is not an inbox_seq.")
    return int(last)


async def events(gateway: Runtime, caller: Caller, position: int, kind: Kind | None) -> AsyncIterator[bytes]:
    """The stream's bytes from after ``position`` until the gateway closes."""
    store, signal, closing = gateway.context.store, gateway.context.inbox, gateway.closing
    keep_alive = gateway.settings.stream_keep_alive_seconds
    gateway.metrics.streams += 1
    ended = asyncio.create_task(closing.wait())
    try:
        # Something at once, so that the client knows that it is connected.
        yield b"retry: 1000\n: connected\n\n"
        while not closing.is_set():
            # Read before the store is asked: what is announced in between wakes us again.
            latest = signal.latest
            if not await gateway.access.still_admits(caller, Scope.INBOX_READ):
                return  # revoked or expired meanwhile; a new request is told so
            look = partial(
                inbox.list_after,
                after=position,
                limit=BATCH,
                max_octets=BATCH_OCTETS,
                kind=kind,
                with_display_only=caller.lists_display_only,
            )
            batch = await store.read(look)
            if batch:
                position = batch[-1].inbox_seq
                reading = own_reading(gateway.context)
                shown = b"".join(
                    event_of(row, reading, with_content=caller.sees_content)
                    for row in batch
                    if caller.sees(row.kind, row.mode)
                )
                if shown:
                    yield shown
                continue
            grown = asyncio.create_task(signal.wait_beyond(latest, keep_alive))
            try:
                await asyncio.wait((grown, ended), return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Also when the client has gone: else it would go on waiting for nobody.
                grown.cancel()
            if grown.done() and grown.result() <= latest:
                yield b": still here\n\n"
    finally:
        ended.cancel()
        gateway.metrics.streams -= 1


def event_of(stored: InboxMessage, reading: Reading = native_only, *, with_content: bool) -> bytes:
    """One event. A partner's exact bytes may hold line breaks: each line gets a field of its own."""
    entry = inbox_entry(stored, reading, with_content=with_content)
    data = b"".join(b"data: %b\n" % line for line in entry.splitlines())
    return b"id: %d\nevent: message\n%b\n" % (stored.inbox_seq, data)
