"""Pages and counts of a search that works too long: honest about where they stopped, and short ones pass."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest

from bus.protocol.traffic_search import parse_search
from bus.store import traffic, traffic_search
from bus.store.traffic_conditions import Asker
from bus.store.traffic_search import Search
from bus.store.writer import Store, Transaction
from gateways.context import GatewayContext
from gateways.traffic import searching
from gateways.traffic.turns import Turns
from tests.store.samples import NOW
from tests.store.test_traffic_blocks import lay_down

ROWS = 60
AUTHOR = "operator:wanda"


@dataclass
class Context:
    """As much of a gateway's context as searching needs."""

    store: Store


@pytest.fixture
async def context(store: Store, monkeypatch: pytest.MonkeyPatch) -> GatewayContext:
    """Sixty rows, a minute apart, each tenth of rank 0, in windows of ten."""

    def fill(tx: Transaction) -> None:
        lay_down(tx, [(number, "TEST", 0 if number % 10 == 0 else 3) for number in range(ROWS)], 1)

    await store.write(fill)
    monkeypatch.setattr(traffic_search, "FIRST_WINDOW", 10)
    monkeypatch.setattr(traffic_search, "LARGEST_WINDOW", 10)
    return cast(GatewayContext, Context(store))


def search(text: str) -> Search:
    return Search(parse_search(text, NOW), Asker(NOW, author=AUTHOR))


async def everything(context: GatewayContext, text: str) -> tuple[list[int], int]:
    """Page after page; and how many pages."""
    turns, upper, found, pages = Turns(), ROWS, list[int](), 0
    while upper > 0:
        page = await searching.page(context, turns, search(text), upper=upper, limit=4)
        assert page.lower < upper, "every page comes further"
        found, upper, pages = found + page.seqs, page.lower, pages + 1
    return found, pages


@pytest.mark.parametrize("text", ["", "prec:flash", "prec:flash from:XCC", "before:-1d"])
async def test_pages_that_stop_early_find_the_same(
    context: GatewayContext, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    whole, few = await everything(context, text)
    monkeypatch.setattr(searching, "SECONDS_IN_ALL", 0.0)
    found, many = await everything(context, text)
    assert found == whole
    if text == "prec:flash from:XCC":
        assert (few, many) == (1, 6), "one window a page"


async def test_a_window_that_takes_too_long_is_taken_in_smaller_ones(
    context: GatewayContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = await everything(context, "prec:flash")
    monkeypatch.setattr(searching, "SECONDS_AT_ONCE", 0.0)
    monkeypatch.setattr(searching, "SMALLEST_WINDOW", 3)
    monkeypatch.setattr("bus.store.bounded_work._INSTRUCTIONS", 1)
    looked: list[int] = []
    in_window = traffic_search.in_window

    def watched(tx: Transaction, search: Search, window: traffic_search.Window, limit: int) -> object:
        looked.append(window.rows)
        return in_window(tx, search, window, limit)

    monkeypatch.setattr(traffic_search, "in_window", watched)
    found, _ = await everything(context, "prec:flash")
    assert found == whole
    assert {10, 3} <= set(looked) <= {10, 3, 2, 1}, "those of ten were stopped"


async def test_a_count_that_stops_early_says_from_when_on_it_is_whole(
    context: GatewayContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns()
    parts = searching.parts_of(NOW, NOW + timedelta(minutes=ROWS), 30)
    whole = await searching.count(context, turns, search("from:XBB"), parts)
    assert whole.since is None
    assert sum(bar.number for bar in whole.bars) == ROWS
    # Blocks of four rows, so that sixty have many.
    monkeypatch.setattr("bus.store.traffic_blocks.BITS", 2)
    await context.store.write(_blocks_of_four)
    monkeypatch.setattr(searching, "SECONDS_IN_ALL", 0.0)
    some = await searching.count(context, turns, search("from:XBB"), parts)
    assert some.since is not None
    assert NOW < some.since < NOW + timedelta(minutes=ROWS)
    begins = [(bar, NOW + bar.part * timedelta(minutes=2)) for bar in whole.bars]
    certain = [bar for bar, begin in begins if begin >= some.since]
    assert [bar for bar in some.bars if bar in certain] == certain != []
    by_place = {bar[:2]: bar.number for bar in whole.bars}
    assert all(bar.number <= by_place[bar[:2]] for bar in some.bars), "never too many"


async def test_a_short_search_passes_a_long_one(context: GatewayContext) -> None:
    turns, done = Turns(), list[str]()

    async def ask(name: str, text: str) -> None:
        await searching.page(context, turns, search(text), upper=ROWS, limit=4)
        done.append(name)

    async with turns.turn(AUTHOR):
        long = asyncio.create_task(ask("long", "prec:flash from:XCC"))
        short = asyncio.create_task(ask("short", ""))
        while turns._own[AUTHOR][1] < 3:  # noqa: ASYNC110 - until both stand in the line
            await asyncio.sleep(0)
    await asyncio.gather(long, short)
    assert done == ["short", "long"]


def _blocks_of_four(tx: Transaction) -> None:
    tx.execute("DELETE FROM traffic_block")
    tx.execute(
        "INSERT INTO traffic_block SELECT seq >> 2, mode, rank, count(*), min(at), max(at) FROM traffic"
        " GROUP BY 1, 2, 3"
    )
    assert traffic.latest_seq(tx) == ROWS


async def test_an_operator_with_many_searches_waits_for_themselves() -> None:
    turns, had = Turns(), list[str]()

    async def search_for(author: str) -> None:
        async with turns.turn(author):
            had.append(author)
            await asyncio.sleep(0)

    await asyncio.gather(*map(search_for, ["many"] * 20 + ["one", "other"]))
    assert {"one", "other"} <= set(had[:4]), "the flood is not waited for"
    assert sorted(had) == ["many"] * 20 + ["one", "other"]
    assert turns._own == {}, "nothing is kept of whoever has gone"
