"""Following something that grows as server-sent events: resumable without gap or duplicate, ended in time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gateways.growth_signal import GrowthSignal
from gateways.http.caller import Caller
from gateways.http.problems import ApiRefused
from gateways.http.runtime import Runtime
from gateways.operators.roles import Right
from schemas.reasons import ReasonCode as C

MEDIA_TYPE = "text/event-stream"
SHARE = 4
"""One caller may hold the so-manieth part of all streams: no one keeps all others out."""
LAST_EVENT_ID: dict[str, Any] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[0-9]{1,16}$"},
    "description": "The id of the last event received: the stream goes on right after it. Wins over after=.",
}

Look = Callable[[int], Awaitable[tuple[int, bytes] | None]]
"""Looks beyond a position: how far it looked (no further: nothing is there yet) and the bytes to send, maybe
none; or None to end the stream."""


def begin_after(request: Request, after: int | None) -> int | None:
    """Where to begin: after Last-Event-ID, else ``after``. Raises ApiRefused PARAMETER_INVALID."""
    last = request.headers.get("last-event-id")
    if last is None:
        return after
    if not (last.isascii() and last.isdigit() and len(last) <= 16):
        raise ApiRefused(C.PARAMETER_INVALID, "Last-Event-ID is not an id of this stream.")
    return int(last)


def require_room(gateway: Runtime, caller: Caller) -> None:
    """Raises ApiRefused GATEWAY_BUSY when there are too many streams, or too many of this caller."""
    most = gateway.settings.max_streams
    own = gateway.streams[caller.author]
    if gateway.metrics.streams >= most or own >= max(1, most // SHARE):
        raise ApiRefused(C.GATEWAY_BUSY, "Too many open streams.", headers={"Retry-After": "5"})


def streamed(gateway: Runtime, caller: Caller, shown: AsyncIterator[bytes]) -> StreamingResponse:
    """The answer that carries a stream. Raises ApiRefused as ``require_room``."""
    # Again: of many who were let in at once each has waited for the store since.
    require_room(gateway, caller)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Connection": "close"}
    return _Counted(gateway, caller, shown, headers)


class _Counted(StreamingResponse):
    """A stream that holds one of the places until it ends, also when its client went before it began."""

    def __init__(
        self, gateway: Runtime, caller: Caller, shown: AsyncIterator[bytes], headers: dict[str, str]
    ) -> None:
        super().__init__(shown, 200, headers, media_type=MEDIA_TYPE)
        self._gateway = gateway
        self._author = caller.author

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        gateway, author = self._gateway, self._author
        gateway.metrics.streams += 1
        gateway.streams[author] += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            gateway.metrics.streams -= 1
            gateway.streams[author] -= 1
            if not gateway.streams[author]:
                del gateway.streams[author]


def event(number: int, name: str, content: bytes) -> bytes:
    """One event. Exact bytes may hold line breaks: each line gets a field of its own."""
    data = b"".join(b"data: %b\n" % line for line in content.splitlines())
    return b"id: %d\nevent: %b\n%b\n" % (number, name.encode("ascii"), data)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a stream carries in even steps besides what grows: ``show`` gives its bytes from where it stands.

    ``pace``: seconds that pass at least between two looks that found something.
    """

    every: float
    pace: float
    show: Callable[[int], Awaitable[bytes]]


async def follow(
    gateway: Runtime,
    caller: Caller,
    right: Right,
    signal: GrowthSignal,
    position: int,
    look: Look,
    beat: Beat | None = None,
) -> AsyncIterator[bytes]:
    """The stream's bytes beyond ``position`` until the gateway closes or the caller is admitted no more."""
    closing, keep_alive = gateway.closing, gateway.settings.stream_keep_alive_seconds
    clock, next_beat = asyncio.get_running_loop().time, 0.0
    ended = asyncio.create_task(closing.wait())
    try:
        # Something at once, so that the client knows that it is connected; with the place where it begins, so
        # that one who asked for what comes and is cut off before anything came misses nothing.
        yield b"retry: 1000\nid: %d\n: connected\n\n" % position
        while not closing.is_set():
            # Read before the store is asked: what is announced in between wakes us again.
            latest = signal.latest
            if not await gateway.access.still_admits(caller, right):
                return  # revoked or expired meanwhile; a new request is told so
            found = await look(position)
            if found is None:
                return
            looked_to, shown = found
            if shown:
                yield shown
            moved, position = looked_to > position, max(position, looked_to)
            if beat is not None:
                if clock() >= next_beat:
                    next_beat = clock() + beat.every
                    yield await beat.show(position)
                if shown:
                    await asyncio.wait((ended,), timeout=beat.pace)
            if moved:
                continue
            patience = keep_alive if beat is None else max(0.0, next_beat - clock())
            grown = asyncio.create_task(signal.wait_beyond(latest, patience))
            try:
                await asyncio.wait((grown, ended), return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Also when the client has gone: else it would go on waiting for nobody.
                grown.cancel()
            if beat is None and grown.done() and grown.result() <= latest:
                yield b": still here\n\n"
    finally:
        ended.cancel()
