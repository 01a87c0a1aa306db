"""What the routes of the traffic have in common: the caller's search, and rows as they are shown to them."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Query, Request

from bus.protocol.traffic_query import SearchNotUnderstood
from bus.store import traffic_rows
from bus.store.traffic_search import Search
from bus.store.writer import Transaction
from gateways.http.caller import Caller
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import GUARDED
from gateways.http.runtime import Runtime, runtime
from gateways.http.traffic_views import TrafficRowView, TrafficViews
from gateways.operators.roles import OperatorRight
from gateways.traffic.searching import search_of
from schemas.reasons import ReasonCode as C

RIGHT = OperatorRight.TRAFFIC_READ
OPERATOR: dict[str, list[dict[str, list[str]]]] = {"security": [{"operator": []}]}
CODES = (C.OPERATOR_ONLY, *(code for code in GUARDED if code is not C.SCOPE_MISSING))
"""Codes that every route of the traffic can answer with."""

Text = Annotated[
    str, Query(max_length=4000, description="The search, as docs/search.md has it; empty finds all traffic.")
]


async def admitted(request: Request) -> tuple[Runtime, Caller]:
    """The caller, if they are an operator who may follow the traffic. Raises as ``Access.admit``."""
    gateway = runtime(request)
    return gateway, await gateway.access.admit(request, RIGHT)


def asked(gateway: Runtime, caller: Caller, text: str) -> Search:
    """What the text asks. Raises ApiRefused SEARCH_NOT_UNDERSTOOD."""
    try:
        return search_of(gateway.context, caller, text)
    except SearchNotUnderstood as fault:
        raise ApiRefused(C.SEARCH_NOT_UNDERSTOOD, fault.detail, pointer="/query/q", search=fault) from None


def views_for(gateway: Runtime, caller: Caller) -> TrafficViews:
    """How rows look to this caller, now."""
    context = gateway.context
    return TrafficViews(context.trust, context.now(), with_content=caller.sees_content)


async def shown_rows(gateway: Runtime, caller: Caller, seqs: Iterable[int]) -> tuple[TrafficRowView, ...]:
    """These rows as they stand now."""

    def load(tx: Transaction) -> list[traffic_rows.ShownRow]:
        return traffic_rows.load(tx, seqs)

    rows = await gateway.context.store.read(load)
    return views_for(gateway, caller).rows(rows)
