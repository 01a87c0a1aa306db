"""Searching the traffic for one operator: what they see bounds every search, and no search works for long."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from bus.protocol.traffic_search import parse_search
from bus.store import traffic, traffic_blocks, traffic_search, traffic_words
from bus.store.bounded_work import Work, at_most
from bus.store.columns import instant, micros
from bus.store.traffic_blocks import Bar, Parts, Times
from bus.store.traffic_conditions import Asker
from bus.store.traffic_search import SMALLEST_WINDOW, Search, Window
from bus.store.traffic_words import Indexed
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.http.caller import Caller
from gateways.traffic.turns import Turns

T = TypeVar("T")

SECONDS_AT_ONCE = 0.25
"""Of a reader's processor time for one window; a window that takes longer is taken in smaller ones."""
SECONDS_IN_ALL = 1.0
"""Of a reader's processor time for one request, which then says where it stopped."""


class Page(NamedTuple):
    """What was found, newest first; `lower`: everything above it was looked through."""

    seqs: list[int]
    lower: int


class Count(NamedTuple):
    """How many were found; `since`: some that are older were not counted, None where all were."""

    bars: list[Bar]
    since: datetime | None


def asker_of(context: GatewayContext, caller: Caller) -> Asker:
    """What this caller sees, now."""
    revoked = [
        kid
        for nation in context.trust.nations.values()
        for kid, key in nation.keys.items()
        if key.revoked_at is not None
    ]
    return Asker(context.now(), caller.modes, caller.author, revoked)


def search_of(context: GatewayContext, caller: Caller, text: str) -> Search:
    """What a text asks. Raises SearchNotUnderstood."""
    query = parse_search(text, context.now(), content=caller.sees_content)
    return Search(query, asker_of(context, caller))


async def latest(context: GatewayContext) -> Indexed:
    """The newest number, and how far words are indexed."""
    return await context.store.read(traffic_words.position)


async def latest_seq(context: GatewayContext) -> int:
    """The newest number."""
    return await context.store.read(traffic.latest_seq)


async def page(
    context: GatewayContext,
    turns: Turns,
    search: Search,
    *,
    upper: int,
    above: int = 0,
    limit: int,
) -> Page:
    """The newest rows up to ``upper`` and above ``above`` that the search finds, at most ``limit``.

    Each window is one of the ``turns``, so that short searches pass long ones. Raises StoreUnavailable.
    """
    reach = await context.store.read(partial(traffic_search.reach, search=search))
    whole = Window(max(above, reach.lower), min(upper, reach.upper))
    found: list[int] = []
    lower = whole.upper

    def look(tx: Transaction, window: Window) -> tuple[list[int], int]:
        return traffic_search.in_window(tx, search, window, limit - len(found))

    async with aclosing(_windows(context, turns, search.asker.author, whole, look)) as windows:
        async for seqs, looked_down_to in windows:
            found += seqs
            lower = looked_down_to
            if len(found) == limit:
                return Page(found, found[-1] - 1)
    return Page(found, above if lower <= whole.lower else lower)


async def count(context: GatewayContext, turns: Turns, search: Search, parts: Parts) -> Count:
    """How many rows the search finds in each part of a time: the newest first where that takes too long.

    Raises StoreUnavailable.
    """
    if traffic_blocks.counted_alone(search.query):
        job = partial(traffic_blocks.bars, query=search.query, asker=search.asker, parts=parts)
        async with turns.turn(search.asker.author):
            return Count(await context.store.read(job), None)
    times = Times(parts.start, parts.stop)
    whole = await context.store.read(partial(traffic_search.reach, search=search, within=times))
    counted: dict[tuple[int, int], int] = {}
    lower = whole.upper

    def look(tx: Transaction, window: Window) -> tuple[list[Bar], int]:
        return traffic_search.counted_in_window(tx, search, parts, window)

    async for bars, looked_down_to in _windows(context, turns, search.asker.author, whole, look):
        lower = looked_down_to
        for bar in bars:
            counted[bar.part, bar.rank] = counted.get((bar.part, bar.rank), 0) + bar.number
    since = None
    if lower > whole.lower:
        unseen = await context.store.read(partial(traffic_blocks.latest_up_to, seq=lower))
        if unseen is not None and unseen >= parts.start:
            since = instant(min(parts.stop, unseen + 1))
    return Count([Bar(*place, many) for place, many in sorted(counted.items())], since)


def parts_of(begin: datetime, end: datetime, number: int) -> Parts:
    """So many equal parts of this time."""
    start, stop = micros(begin), micros(end)
    return Parts(start, stop, max(1, -(-(stop - start) // number)))


async def _windows(
    context: GatewayContext,
    turns: Turns,
    author: str,
    whole: Window,
    look: Callable[[Transaction, Window], tuple[T, int]],
) -> AsyncGenerator[tuple[T, int], None]:
    """What ``look`` gives for each window, from the newest row down, and where that ended below.

    Ends early when the time for one request is spent, but not before one window was looked through.
    """
    spent, slow, some = 0.0, False, False
    window = traffic_search.first_window(whole.upper)
    while window.upper > whole.lower and (spent < SECONDS_IN_ALL or not some):
        window = Window(max(window.lower, whole.lower), window.upper)
        seconds = SECONDS_AT_ONCE if window.rows > SMALLEST_WINDOW else float("inf")

        def work(tx: Transaction, window: Window = window, seconds: float = seconds) -> Work[tuple[T, int]]:
            return at_most(tx, seconds, lambda: look(tx, window))

        async with turns.turn(author):
            done = await context.store.read(work)
        spent += done.seconds
        if done.result is None:
            slow = True
            window = Window(window.upper - max(SMALLEST_WINDOW, window.rows // 8), window.upper)
            continue
        some = True
        yield done.result
        lower = done.result[1]
        if slow:
            window = Window(max(0, lower - window.rows), lower)
        else:
            window = traffic_search.next_window(Window(lower, window.upper))
