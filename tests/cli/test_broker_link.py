"""The link between a gateway and the broker as drills disturb it: over real sockets."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from entente.broker_link import BrokerLink, _Direction

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LARGE = bytes(range(256)) * 4096


@pytest.fixture
async def far() -> AsyncIterator["asyncio.Queue[Ends]"]:
    """The far side of every connection that comes."""
    came: asyncio.Queue[Ends] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await came.put((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    came.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield came
    while not came.empty():
        came.get_nowait()[1].close()
    server.close()


@pytest.fixture
async def link(far: "asyncio.Queue[Ends]") -> AsyncIterator[BrokerLink]:
    made = BrokerLink(far.port)  # type: ignore[attr-defined]
    await made.start()
    yield made
    await made.stop()


async def reached(link: BrokerLink) -> Ends:
    return await asyncio.open_connection("127.0.0.1", int(link.url.rpartition(":")[2]))


async def test_it_carries_both_ways_and_ends_with_either_side(
    link: BrokerLink, far: "asyncio.Queue[Ends]"
) -> None:
    reader, writer = await reached(link)
    far_reader, far_writer = await far.get()
    writer.write(LARGE)
    far_writer.write(b"back")
    assert await far_reader.readexactly(len(LARGE)) == LARGE
    assert await reader.readexactly(4) == b"back"
    far_writer.close()
    assert await reader.read() == b""
    writer.close()


async def test_cut_it_breaks_what_is_open_and_refuses_until_it_is_restored(
    link: BrokerLink, far: "asyncio.Queue[Ends]"
) -> None:
    reader, writer = await reached(link)
    far_reader, far_writer = await far.get()
    link.cut()
    assert await reader.read() == b""
    assert await far_reader.read() == b""
    refused, closing = await reached(link)
    assert await refused.read() == b""
    assert far.empty()
    link.restore()
    again, writing = await reached(link)
    far_again, far_writing = await far.get()
    far_writing.write(b"!")
    assert await again.readexactly(1) == b"!"
    for each in (writer, far_writer, closing, writing, far_writing):
        each.close()
    assert not await far_again.read()


async def test_slowed_down_it_keeps_the_order_and_loses_nothing(
    link: BrokerLink, far: "asyncio.Queue[Ends]"
) -> None:
    _, writer = await reached(link)
    far_reader, far_writer = await far.get()
    link.slow_down(0.05)
    for number in range(20):
        writer.write(bytes([number]))
        await writer.drain()
    link.restore()
    writer.write(bytes([20]))
    assert await far_reader.readexactly(21) == bytes(range(21))
    writer.close()
    far_writer.close()


async def test_a_broker_that_is_away_is_a_connection_that_ends(far: "asyncio.Queue[Ends]") -> None:
    nowhere = BrokerLink(1)
    await nowhere.start()
    reader, writer = await reached(nowhere)
    assert await reader.read() == b""
    writer.close()
    await nowhere.stop()


async def test_mixed_up_it_lets_neighbours_change_places_and_keeps_nobody_waiting_for_one(
    link: BrokerLink, far: "asyncio.Queue[Ends]"
) -> None:
    reader, writer = await reached(link)
    far_reader, far_writer = await far.get()
    first, second = b"PUB a 1\r\n1\r\n", b"PUB a 1\r\n2\r\n"
    link.reorder()
    for near, away in ((writer, far_reader), (far_writer, reader)):
        near.write(first + second)
        assert await away.readexactly(len(first + second)) == second + first
        near.write(first)
        assert await away.readexactly(len(first)) == first
    link.restore()
    writer.write(first + second)
    assert await far_reader.readexactly(len(first + second)) == first + second
    writer.close()
    far_writer.close()


async def test_frozen_it_keeps_back_what_was_on_its_way_slowly(
    link: BrokerLink, far: "asyncio.Queue[Ends]", monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_in, put = asyncio.Event(), _Direction._put

    def told(self: _Direction, data: bytes) -> None:
        put(self, data)
        taken_in.set()

    monkeypatch.setattr(_Direction, "_put", told)
    _, writer = await reached(link)
    far_reader, far_writer = await far.get()
    link.slow_down(0.05)
    writer.write(b"under way")
    await taken_in.wait()
    link.freeze()
    writer.close()
    assert await far_reader.read() == b""
    far_writer.close()


async def test_frozen_it_swallows_what_comes_on_old_connections_and_carries_new_ones(
    link: BrokerLink, far: "asyncio.Queue[Ends]"
) -> None:
    _, writer = await reached(link)
    far_reader, far_writer = await far.get()
    link.freeze()
    writer.write(b"lost")
    _, anew = await reached(link)
    far_anew, writing = await far.get()
    anew.write(b"here")
    assert await far_anew.readexactly(4) == b"here"
    writer.close()
    assert await far_reader.read() == b""
    for each in (far_writer, anew, writing):
        each.close()
