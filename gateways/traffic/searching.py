"""Searching the traffic for one operator: what they see bounds every search."""

from functools import partial
from typing import NamedTuple

from bus.protocol.traffic_search import parse_search
from bus.store import traffic, traffic_search, traffic_words
from bus.store.traffic_conditions import Asker
from bus.store.traffic_search import Found, Search, Window
from bus.store.traffic_words import Indexed
from gateways.context import GatewayContext
from gateways.http.caller import Caller

MOST_LOOKED_THROUGH = 4_000_000
"""Rows that one page looks through at most; it says where it stopped."""


class Page(NamedTuple):
    """What was found, newest first; `lower`: everything above it was looked through."""

    seqs: list[int]
    lower: int


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


async def page(context: GatewayContext, search: Search, *, upper: int, above: int = 0, limit: int) -> Page:
    """The newest rows up to ``upper`` and above ``above`` that the search finds, at most ``limit``.

    Windows are read one after the other, so that other readers come between. Raises StoreUnavailable.
    """
    found: list[int] = []
    window, lower = traffic_search.first_window(upper), upper
    while lower > above and len(found) < limit and upper - lower < MOST_LOOKED_THROUGH:
        asked = Window(max(window.lower, above), window.upper)
        part: Found = await context.store.read(
            partial(traffic_search.in_window, search=search, window=asked, limit=limit - len(found))
        )
        found += part.seqs
        lower = part.lower
        window = traffic_search.next_window(Window(lower, window.upper))
    if len(found) == limit:
        lower = found[-1] - 1
    return Page(found, lower)


async def latest_seq(context: GatewayContext) -> int:
    """The newest number."""
    return await context.store.read(traffic.latest_seq)
