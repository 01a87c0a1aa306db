"""A gateway's stream passed on to a page as it comes: ended at shutdown, sign-out and idleness."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from console.console import Console, console_of
from console.gateway import Params, Refused
from console.seating import Seat

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def relay(
    request: Request,
    seat: Seat,
    path: str,
    params: Params | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The bytes of ``GET path`` as an answer. A refusal of the gateway is raised before anything is sent."""
    console = console_of(request)
    if console.streams >= console.settings.max_streams:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, {"code": "TOO_MANY_STREAMS"}, "5")
    stack = contextlib.AsyncExitStack()
    answer = await stack.enter_async_context(seat.gateway.stream(path, params, headers))
    console.streams += 1
    stack.callback(_one_less, console)
    kind = answer.headers.get("Content-Type", "text/event-stream")
    chunks = _until_over(answer, console, seat)
    return Relayed(chunks, media_type=kind, headers=dict(HEADERS), ending=stack)


def _one_less(console: Console) -> None:
    console.streams -= 1


class Relayed(StreamingResponse):
    """A streamed answer that lets go of the gateway's also when the reader left before the first byte."""

    def __init__(self, *args: object, ending: contextlib.AsyncExitStack, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._ending = ending

    async def __call__(self, *args: object) -> None:
        """Send it."""
        try:
            await super().__call__(*args)  # type: ignore[arg-type]
        finally:
            await self._ending.aclose()


async def _until_over(answer: httpx.Response, console: Console, seat: Seat) -> AsyncIterator[bytes]:
    """Chunks until the stream, the session or the console ends."""
    over = [asyncio.ensure_future(event.wait()) for event in (console.closing, seat.session.ended)]
    chunks = answer.aiter_raw()
    try:
        while True:
            coming = asyncio.ensure_future(anext(chunks))
            try:
                done, _ = await asyncio.wait((coming, *over), return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                await _dropped(coming)
                raise
            if coming not in done:
                await _dropped(coming)
                return
            try:
                chunk = coming.result()
            except (StopAsyncIteration, httpx.HTTPError):
                return
            yield chunk
    finally:
        for waiting in over:
            waiting.cancel()


async def _dropped(coming: "asyncio.Future[bytes]") -> None:
    coming.cancel()
    with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, httpx.HTTPError):
        await coming
