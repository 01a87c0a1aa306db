"""A stream that is passed on lets go of everything when its reader leaves, and ends whole when it is over.

A file that is passed on ends whole only where all of it came.
"""

import asyncio
import contextlib
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from console.app import create_app
from console.console import Console
from console.gateway import Refused, SeatGateway, Unreachable
from console.seating import Seat
from console.security import Broken
from console.server import ConsoleServer
from console.sessions import Session, Tokens
from console.settings import ConsoleSettings
from console.streaming import FILES_OF_ONE, STREAMS_OF_ONE, relay, room_for

OTHERS = 5
"""Connections beside the stream's."""

Message = dict[str, Any]


class PlayedGateway:
    """Answers once on a connection; a stream it begins, and ends or breaks off when it is told to."""

    def __init__(self) -> None:
        self.streams: list[asyncio.StreamWriter] = []
        self._idle: list[asyncio.StreamWriter] = []
        self._wait = asyncio.Barrier(OTHERS)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await self._read(reader):
            if b"/stream" in request:
                chunk = b"f\r\ndata: begun\r\n\r\n\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
                self.streams.append(writer)
                continue
            await self._wait.wait()
            self._idle.append(writer)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """The request's first line; nothing where the connection is over."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        return head.partition(b"\r\n")[0]

    async def tire(self) -> None:
        """Close what has nothing to do, as a gateway does after a while."""
        for writer in self._idle:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._idle))


@asynccontextmanager
async def at_gateway() -> AsyncIterator[tuple[PlayedGateway, Console, Session, Seat]]:
    """Somebody at a console before a gateway that is played."""
    played = PlayedGateway()
    server = await asyncio.start_server(played.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    console = Console.of(ConsoleSettings(nation="XAA", gateway_url=f"http://127.0.0.1:{port}"))
    until = datetime.now(UTC) + timedelta(hours=1)
    session = Session(Tokens("ena_0", "enr_0", until), {"name": "wanda"})
    seat = SimpleNamespace(gateway=SeatGateway(console.link, session), session=session)
    try:
        yield played, console, session, cast(Seat, seat)
    finally:
        await console.close()
        server.close()


async def streamed(
    console: Console, seat: Seat, end: Callable[[], Awaitable[bool]], *, file: bool = False
) -> tuple[list[Message], BaseException | None]:
    """What is sent of a stream, and how it broke; after its first part ``end`` ends it.

    ``end`` says True where the reader leaves.
    """
    request = cast(Request, SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(console=console))))
    answer = await relay(request, seat, "/stream", file=file)
    sent: list[Message] = []
    begun, left = asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body"):
            begun.set()

    serving = asyncio.ensure_future(answer({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send))
    await begun.wait()
    if await end():
        left.set()
    [broke] = await asyncio.gather(serving, return_exceptions=True)
    assert not console.streams
    assert not console.files
    return sent, broke


@pytest.mark.filterwarnings("always::ResourceWarning")
async def test_a_reader_who_leaves_cuts_off_no_connection_of_others_that_is_being_closed() -> None:
    """What the gateway closed is let go of with the next request that ends: every connection, to the end."""
    gc.collect()
    with warnings.catch_warnings(record=True) as told:
        async with at_gateway() as (played, console, _, seat):
            await asyncio.gather(*(seat.gateway.get("/v1/partners") for _ in range(OTHERS)))

            async def leave() -> bool:
                await played.tire()
                return True

            await streamed(console, seat, leave)
        gc.collect()
    assert [str(each.message) for each in told] == []


@pytest.mark.parametrize("what", ["the console", "the session"])
async def test_a_stream_that_is_over_ends_whole(what: str) -> None:
    async with at_gateway() as (_, console, session, seat):

        async def end() -> bool:
            (console.closing if what == "the console" else session.ended).set()
            return False

        sent, broke = await streamed(console, seat, end)
    assert broke is None
    assert [each["type"] for each in sent] == ["http.response.start", *["http.response.body"] * 2]
    assert sent[1]["body"].startswith(b"data: begun")
    assert (sent[2]["body"], sent[2].get("more_body", False)) == (b"", False)


@pytest.mark.parametrize("what", ["the gateway", "the console", "the session"])
async def test_a_file_that_does_not_come_whole_breaks_off(what: str) -> None:
    """Its transfer never ends in good order: a browser would keep the part for all of it."""
    async with at_gateway() as (played, console, session, seat):

        async def end() -> bool:
            if what == "the gateway":
                played.streams[0].transport.abort()
            else:
                (console.closing if what == "the console" else session.ended).set()
            return False

        sent, broke = await streamed(console, seat, end, file=True)
    assert isinstance(broke, Broken)
    assert all(each.get("more_body", True) for each in sent)


async def test_whoever_downloads_a_file_that_breaks_off_hears_of_it() -> None:
    """Through everything that lies around an answer, to the end of the wire."""
    async with at_gateway() as (played, _, _, seat):
        settings = ConsoleSettings(nation="XAA", gateway_url="http://127.0.0.1:9", port=0)
        app, listening = create_app(settings), asyncio.Event()

        @app.get("/file")
        async def file(request: Request) -> Response:
            return await relay(request, seat, "/stream", file=True)

        server = ConsoleServer(app, settings, lambda _: listening.set())
        serving = asyncio.create_task(server.serve())
        await listening.wait()

        async def download() -> None:
            async with httpx.AsyncClient() as client, client.stream("GET", f"{server.url}/file") as answer:
                async for _ in answer.aiter_raw():
                    played.streams[0].transport.abort()

        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await download()
        server.should_exit = True
        await serving


async def test_a_file_that_came_whole_ends_whole_and_one_that_nobody_waits_for_is_no_fault() -> None:
    async with at_gateway() as (played, console, _, seat):

        async def whole() -> bool:
            played.streams[0].write(b"0\r\n\r\n")
            return False

        async def left() -> bool:
            return True

        sent, broke = await streamed(console, seat, whole, file=True)
        assert (broke, sent[-1]["body"], sent[-1]["more_body"]) == (None, b"", False)
        assert (await streamed(console, seat, left, file=True))[1] is None


async def test_what_breaks_off_while_the_console_reads_it_is_a_gateway_that_is_not_reached() -> None:
    async with at_gateway() as (played, _, _, seat):

        async def read() -> None:
            async with seat.gateway.stream("/stream") as answer:
                async for _ in answer.aiter_bytes():
                    played.streams[0].transport.abort()

        with pytest.raises(Unreachable):
            await read()


async def test_one_session_takes_neither_all_streams_nor_all_files() -> None:
    async with at_gateway() as (_, console, _, seat):
        other = cast(Seat, SimpleNamespace(session=Session(seat.session.tokens, {"name": "rolf"})))
        for file, most in ((False, STREAMS_OF_ONE), (True, FILES_OF_ONE)):
            with contextlib.ExitStack() as taken:
                for _ in range(most):
                    taken.enter_context(room_for(console, seat, file=file))
                with pytest.raises(Refused) as no, room_for(console, seat, file=file):
                    pass
                assert (no.value.status, no.value.code) == (503, "TOO_MANY_STREAMS")
                with room_for(console, other, file=file), room_for(console, seat, file=not file):
                    pass
            with room_for(console, seat, file=file):
                pass
        assert not console.streams
        assert not console.files


async def test_what_the_gateway_does_not_begin_takes_no_place() -> None:
    async with at_gateway() as (_, console, _, seat):
        await console.link.close()
        console.link._url = "http://127.0.0.1:1"
        request = cast(Request, SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(console=console))))
        with pytest.raises(Unreachable):
            await relay(request, seat, "/stream")
        with pytest.raises(Refused) as no:
            await relay(request, seat, "/stream", headers={"Last-Event-ID": "é"})
        assert no.value.status == 422
        assert not console.streams
