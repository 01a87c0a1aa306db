"""The connection to the broker is made again, whatever became of the one before."""

import asyncio
import contextlib
import os

import pytest

from bus.broker_keys import broker_key
from bus.ports import BrokerUnavailable
from bus.transport import NatsTransport
from bus.transport.client import MOST_UNREAD
from tests.broker_fixtures import WAIT, Broker, bundles
from tests.transport.stuck_link import StuckLink

SEED = broker_key(os.urandom(32)).seed


@pytest.mark.parametrize("greeting", [b"INFO []\r\n", b"INFO {}\r\n+OK\r\n", b"INFO {\r\n", b"\xff\r\n", b""])
async def test_a_server_that_talks_nonsense_does_not_end_the_dialling(greeting: bytes) -> None:
    calls = asyncio.Semaphore(0)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(greeting)
            if greeting:
                await reader.readline()
            calls.release()
        finally:
            writer.close()  # also when the test ends amid a further call

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with NatsTransport([url], "XAA", SEED):
        for _ in range(2):
            await asyncio.wait_for(calls.acquire(), WAIT)
    server.close()


async def test_a_message_without_an_end_is_not_gathered_for_ever() -> None:
    hung_up = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"INFO {}\r\n")
        try:
            with contextlib.suppress(OSError):
                while line := await reader.readline():
                    if line == b"PING\r\n":
                        writer.write(b"PONG\r\n")
                    if line.startswith(b"SUB"):
                        writer.write(b"MSG _INBOX_XAA.a 1 99999999\r\n" + bytes(MOST_UNREAD))
            hung_up.set()
        finally:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    url = f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with NatsTransport([url], "XAA", SEED):
        await asyncio.wait_for(hung_up.wait(), WAIT)
    server.close()


async def test_a_connection_whose_peer_reads_no_more_is_replaced_and_who_waits_for_room_on_it_is_told(
    broker: Broker,
) -> None:
    async with StuckLink(broker.server.config.port).running() as near:
        async with broker.transport("XAA", near.url) as sender:
            link = sender._dialler.require()
            near.stick()

            async def publish_more_than_the_buffers_of_both_ends_take_in() -> None:
                for bundle in bundles("XAA", "XBB", 30, size=1024 * 1000):
                    await link.publish(bundle.subject, bundle.payload)

            waiting = asyncio.create_task(publish_more_than_the_buffers_of_both_ends_take_in())
            done, _ = await asyncio.wait((waiting,), timeout=0.3)
            assert not done
            link.abandon()
            with pytest.raises(BrokerUnavailable):
                await asyncio.wait_for(waiting, WAIT)
            await sender.wait_connected(WAIT)
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 0)).complete
