"""A store whose commits fail, each in its turn, while drafts are accepted, relayed, received and receipted.

`before`: the disk did not take the commit. `after`: it did, and said that it had not; the caller cannot tell.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bus.store import rejected
from bus.store.errors import StoreUnavailable
from bus.store.writer import Transaction
from gateways.publishing.accepted import Accepted
from gateways.receiving import receive
from tests.broker_fixtures import WAIT, Broker
from tests.broker_fixtures import broker as broker
from tests.flows import world as flows
from tests.flows.world import Gateway, World, draft, subjects
from tests.realm_fixtures import make_realm

POINTS = 6
AT_ONCE = 3


class FailingStore(flows.ObservedStore):
    """Its commit number `countdown` from now fails, once."""

    countdown = 0
    after = False
    failures = 0

    def _commit(self, connection: Transaction) -> None:
        self.countdown -= 1
        if self.countdown != 0:
            super()._commit(connection)
            return
        self.failures += 1
        if self.after:
            super()._commit(connection)
        raise OSError("no space left on device")


@pytest.fixture
async def world(tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(flows, "ObservedStore", FailingStore)
    monkeypatch.setattr(receive, "NAK_SECONDS", 0.05)
    world = World(tmp_path, broker, make_realm())
    yield world
    await world.stop()


async def publish(gateway: Gateway, title: str) -> Accepted:
    """As a partner system does: under an idempotency key, until it is accepted."""
    while True:
        try:
            return await gateway.exchange.accept(
                draft(["XBB"], subject=title), api_key_id="test", idempotency_key=title.replace(" ", "-")
            )
        except StoreUnavailable:
            continue


async def _sweep(alfa: Gateway, bravo: Gateway, victim: Gateway, *, after: bool) -> Sequence[str]:
    store = victim.store
    assert isinstance(store, FailingStore)
    store.after = after
    published: list[str] = []
    for point in range(1, POINTS + 1):
        store.countdown = point
        # How many messages it takes depends on what is committed together.
        while store.countdown > 0:
            for _ in range(AT_ONCE):
                title = f"{point} {len(published)}"
                accepted = await publish(alfa, title)
                published.append(title)
            await bravo.mail(len(published))
            await alfa.states(accepted, {"XBB": "delivered"})
    assert store.failures == POINTS
    return published


@pytest.mark.parametrize("after", [False, True], ids=["not taken", "taken, and said not to be"])
@pytest.mark.parametrize("victim", ["XAA", "XBB"], ids=["of the originator", "of the recipient"])
async def test_a_commit_loses_and_doubles_nothing(world: World, victim: str, after: bool) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    published = await _sweep(alfa, bravo, alfa if victim == "XAA" else bravo, after=after)
    mail = await bravo.mail(len(published))
    assert subjects(mail) == published
    assert not any(entry.late for entry in mail)
    for gateway in (alfa, bravo):
        assert await gateway.store.read(rejected.list_newest) == ()


async def _fill(gateway: Gateway, published: list[str]) -> None:
    """Publish until the store refuses, noting what it accepted."""
    for number in range(10_000):
        title = f"fits {number}"
        await gateway.exchange.accept(draft(["XBB"], subject=title), api_key_id="test")
        published.append(title)


async def test_a_database_that_is_full_accepts_no_more_and_delivers_what_it_accepted(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.states(await publish(alfa, "before"), {"XBB": "delivered"})

    async def limit(gateway: Gateway, more: int) -> None:
        def set_limit(tx: Transaction) -> None:
            pages = tx.execute("PRAGMA page_count").fetchone()[0]
            tx.execute(f"PRAGMA max_page_count = {pages + more}").fetchone()

        await gateway.store.write(set_limit)

    published = ["before"]
    await limit(bravo, 6)
    await limit(alfa, 60)
    with pytest.raises(StoreUnavailable):
        await _fill(alfa, published)
    assert len(published) > 2
    await limit(alfa, 2**20)
    # Full, it seals nothing: what fills the recipient may leave only now.
    async with asyncio.timeout(WAIT):
        while not bravo.exchange.counters.storage_faults:  # noqa: ASYNC110 - a counter tells nobody
            await asyncio.sleep(0)
    await limit(bravo, 2**20)
    await alfa.states(await publish(alfa, "after"), {"XBB": "delivered"})
    mail = await bravo.mail(len(published) + 1)
    assert subjects(mail) == [*published, "after"]
