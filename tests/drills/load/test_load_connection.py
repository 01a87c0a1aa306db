"""A load's connection: answers and events come whole, however the network cuts them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from drills.load.connection import Connection, Response, ServerSentEvent

EVENTS = (
    b"retry: 1000\nid: 7\n: connected\n\n",
    b": keep alive\n\n",
    b'id: 8\nevent: message\ndata: {"a":1}\n\n',
    b'event: delivery.changed\nid: 12\ndata: {"b":\ndata: 2}\n\n',
)
STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
    b"%x\r\n%b\r\n" % (len(event), event) for event in EVENTS
)


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        """Nothing to close."""


def connected() -> tuple[Connection, Wire]:
    connection, wire = Connection("gateway.example", {"Authorization": "Bearer k"}), Wire()
    connection.connection_made(wire)
    return connection, wire


async def fed(connection: Connection, whole: bytes, size: int) -> None:
    """Give the connection so many octets at a time, and the loop a turn after each."""
    for place in range(0, len(whole), size):
        connection.data_received(whole[place : place + size])
        await asyncio.sleep(0)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_events_come_whole_in_whatever_pieces(size: int) -> None:
    connection, wire = connected()
    stream: AsyncIterator[ServerSentEvent] = connection.stream("/v1/inbox/stream", {"Last-Event-ID": "6"})
    found: list[ServerSentEvent] = []

    async def follow() -> None:
        async for event in stream:
            found.append(event)

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    await fed(connection, STREAM, size)
    connection.connection_lost(None)
    with pytest.raises(ConnectionError):
        await following
    assert b"Last-Event-ID: 6\r\n" in wire.written
    assert found == [
        ServerSentEvent(7, "message", b""),
        ServerSentEvent(8, "message", b'{"a":1}'),
        ServerSentEvent(12, "delivery.changed", b'{"b":2}'),
    ]


@pytest.mark.parametrize("size", [1, 1000])
async def test_one_answer_after_the_other_comes_to_the_one_who_asked(size: int) -> None:
    connection, wire = connected()
    for body in (b'{"n":1}', b'{"n":2}'):
        asking = asyncio.create_task(connection.ask("POST", "/v1/messages", b"{}"))
        await asyncio.sleep(0)
        length = b"Content-Length: %d" % len(body)
        await fed(connection, b"HTTP/1.1 201 Created\r\n%b\r\n\r\n%b" % (length, body), size)
        assert await asking == Response(201, body)
    assert wire.written.count(b"Authorization: Bearer k\r\n") == 2
    assert connection.usable


async def test_a_connection_that_breaks_or_is_closed_says_so() -> None:
    connection, _ = connected()
    asking = asyncio.create_task(connection.ask("GET", "/v1/inbox"))
    await asyncio.sleep(0)
    connection.connection_lost(None)
    with pytest.raises(ConnectionError):
        await asking
    with pytest.raises(ConnectionError):
        await connection.ask("GET", "/v1/inbox")
    connection, _ = connected()
    asking = asyncio.create_task(connection.ask("GET", "/v1/inbox"))
    await asyncio.sleep(0)
    connection.data_received(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
    assert await asking == Response(200, b"{}")
    assert not connection.usable


async def test_a_stream_that_is_refused_is_none() -> None:
    connection, _ = connected()
    stream = connection.stream("/v1/inbox/stream", {})
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    connection.data_received(b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}")
    with pytest.raises(ConnectionError):
        await first
