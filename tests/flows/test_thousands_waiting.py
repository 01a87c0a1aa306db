"""Thousands of deliveries waiting, for the broker or for partners: all arrive, once and in order.

More than one step of the relay takes at a time. Ten thousand of each wait for real processes, in
tests/faults/test_ten_thousand_waiting.py.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.broker_fixtures import WAIT, Broker
from tests.flows.world import Gateway, World, subjects
from tests.realm_fixtures import make_realm

PARTNERS = ("XBB", "XCC", "XDD", "XEE")
MESSAGES = 600
AT_ONCE = 300


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path, ("XAA", *PARTNERS))
    await broker.start()
    yield broker
    await broker.server.kill()


@pytest.fixture
async def world(tmp_path: Path, broker: Broker) -> AsyncIterator[World]:
    world = World(tmp_path, broker, make_realm(("XAA", *PARTNERS)))
    yield world
    await world.stop()


async def publish_all(gateway: Gateway) -> None:
    """So many messages for every partner, in order."""
    for start in range(0, MESSAGES, AT_ONCE):
        await asyncio.gather(
            *(gateway.publish(*PARTNERS, subject=f"{number}") for number in range(start, start + AT_ONCE))
        )


async def all_arrived(gateway: Gateway) -> None:
    """Every message once, in order, none late."""
    signal = gateway.exchange.inbox_changed
    async with asyncio.timeout(4 * WAIT):
        latest = 0
        while latest < MESSAGES:
            latest = await signal.wait_beyond(latest)
    mail = await gateway.mail(MESSAGES)
    assert subjects(mail) == [f"{number}" for number in range(MESSAGES)]
    assert [entry.serial for entry in mail] == list(range(1, MESSAGES + 1))
    assert not any(entry.late for entry in mail)


async def all_receipted(gateway: Gateway) -> None:
    """A receipt for every delivery."""
    await gateway.store.until(
        lambda tx: gateway.exchange.counters.receipts_recorded,
        lambda count: count == len(PARTNERS) * MESSAGES,
    )


async def test_thousands_wait_for_the_broker(world: World) -> None:
    alfa = await world.gateway("XAA")
    partners = [await world.gateway(nation) for nation in PARTNERS]
    await world.broker.server.kill()
    await alfa.transport.wait_disconnected(WAIT)
    await publish_all(alfa)
    await world.broker.server.start()
    await asyncio.gather(*map(all_arrived, partners))
    await all_receipted(alfa)


async def test_thousands_wait_for_partners_that_are_away(world: World) -> None:
    alfa = await world.gateway("XAA")
    await publish_all(alfa)
    partners = [await world.gateway(nation) for nation in PARTNERS]
    await asyncio.gather(*map(all_arrived, partners))
    await all_receipted(alfa)
