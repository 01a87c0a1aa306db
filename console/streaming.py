"""A gateway's stream passed on to a page as it comes: ended at shutdown, sign-out and idleness."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http import HTTPStatus

import anyio
import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.console import Console, console_of
from console.gateway import Params, Refused
from console.seating import Seat
from console.security import Broken

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STREAMS_OF_ONE = 6
"""Streams of one session at a time: a browser has one, and a few more while pages change."""
FILES_OF_ONE = 2
MOST_FILES = 16
"""Files on their way at a time: they take no place of live streams."""


async def relay(
    request: Request,
    seat: Seat,
    path: str,
    params: Params | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    file: bool = False,
) -> Response:
    """The bytes of ``GET path`` as an answer. A refusal of the gateway is raised before anything is sent.

    A ``file`` has a place among files, a live stream one among streams. Raises Refused without a free one,
    and for a header that is no ASCII.
    """
    console = console_of(request)
    if not all(value.isascii() for value in (headers or {}).values()):
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, {"code": "PARAMETER_INVALID"})
    # What is passed on as it comes must not come compressed.
    headers = {"Accept-Encoding": "identity", **(headers or {})}
    async with contextlib.AsyncExitStack() as opening:
        opening.enter_context(room_for(console, seat, file=file))
        answer = await opening.enter_async_context(seat.gateway.stream(path, params, headers))
        kept = opening.pop_all()
    return Relayed(answer, (console.closing.wait, seat.session.ended.wait), kept, file=file)


@contextlib.contextmanager
def room_for(console: Console, seat: Seat, *, file: bool = False) -> Iterator[None]:
    """A place for one stream of the gateway's. Raises Refused when this session, or everybody, has enough."""
    open_ones = console.files if file else console.streams
    most = MOST_FILES if file else console.settings.max_streams
    of_one = FILES_OF_ONE if file else STREAMS_OF_ONE
    if open_ones.total() >= most or open_ones[seat.session] >= of_one:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, {"code": "TOO_MANY_STREAMS"}, "5")
    open_ones[seat.session] += 1
    try:
        yield
    finally:
        open_ones[seat.session] -= 1
        if not open_ones[seat.session]:
            del open_ones[seat.session]


class Relayed(Response):
    """The gateway's answer as it comes, until it, the session or the console ends or the reader leaves.

    A live stream is then over, and pages ask for it again. A file that has not come whole breaks off: nobody
    is to take a part of it for all.

    Whatever ends it cancels by a scope of anyio's and no task by itself: the client closes its connections
    under a shield against scopes alone, and a task that is cancelled there leaves connections open for good.
    """

    def __init__(
        self,
        answer: httpx.Response,
        endings: tuple[Callable[[], Awaitable[object]], ...],
        kept: contextlib.AsyncExitStack,
        *,
        file: bool,
    ) -> None:
        super().__init__(media_type=answer.headers.get("Content-Type", "text/event-stream"))
        del self.headers["Content-Length"]
        self.headers.update(HEADERS)
        self._answer = answer
        self._endings = endings
        self._kept = kept
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; then let go of the gateway's, also when the reader left before the first byte.

        Raises Broken where a file ends too early.
        """
        whole = left = False
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            async with anyio.create_task_group() as until:

                async def over(ending: Callable[[], Awaitable[object]]) -> None:
                    await ending()
                    until.cancel_scope.cancel()

                async def nobody_reads() -> None:
                    nonlocal left
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    left = True

                for ending in (*self._endings, nobody_reads):
                    until.start_soon(over, ending)
                with contextlib.suppress(httpx.HTTPError):
                    async for chunk in self._answer.aiter_raw():
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    whole = True
                until.cancel_scope.cancel()
            if self._file and not (whole or left):
                raise Broken
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            with anyio.CancelScope(shield=True):
                await self._kept.aclose()
