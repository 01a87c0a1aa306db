"""The traffic for operators: searched in pages, counted over time, what waits for an answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from bus.store import events, traffic_search
from bus.store.traffic_blocks import Bar
from bus.store.writer import Transaction
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import Before, problems, statement_response
from gateways.http.traffic_asked import CODES, OPERATOR, Text, admitted, asked, shown_rows
from gateways.http.traffic_views import TrafficPage, TrafficRowView
from gateways.traffic import searching
from schemas.base import Statement, UtcTime
from schemas.header import Precedence
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/traffic", tags=["traffic"])

LONGEST_WAIT_LIST = 100
BY_RANK = {precedence.rank: precedence for precedence in Precedence}


class HistogramBucket(Statement):
    """One part of the time asked for."""

    begins_at: UtcTime
    counts: dict[Precedence, int] = Field(description="Rows by precedence; what is not there is 0.")


class TrafficHistogram(Statement):
    """How many rows a search finds over time. Parts without any are left out."""

    begin: UtcTime
    end: UtcTime
    counted_from: UtcTime | None = Field(
        None,
        description="Counting all would have taken too long: buckets that begin before this may lack rows."
        " Absent where all were counted.",
    )
    seconds: float = Field(description="How long each part is.")
    buckets: tuple[HistogramBucket, ...]


class AwaitingList(Statement):
    """What waits for this nation's acknowledgement: most urgent first, then originators in turn.

    Of each originator the oldest, the newest, the next oldest and so on.
    """

    rows: tuple[TrafficRowView, ...] = Field(description="At most 100; many from one hide no other's.")
    counts: dict[Precedence, int] = Field(description="How many wait, by precedence, listed or not.")
    event_seq: int


@router.get(
    "",
    summary="Search the traffic, newest first.",
    responses={
        200: {"model": TrafficPage, "description": "A page of rows."},
        **problems(*CODES, C.SEARCH_NOT_UNDERSTOOD),
    },
    openapi_extra=OPERATOR,
)
async def search_traffic(
    request: Request,
    q: Text = "",
    before: Before = None,
    after: Annotated[int, Query(ge=0, le=2**53, description="Only rows with a higher seq.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="At most this many rows.")] = 100,
) -> Response:
    """Rows that the search finds, as they stand now. The operator's roles bound what is found and shown."""
    gateway, caller = await admitted(request)
    search, context = asked(gateway, caller, q), gateway.context
    event_seq = await context.store.read(events.latest_seq)
    indexed = await searching.latest(context)
    upper = indexed.latest if before is None else min(before - 1, indexed.latest)
    page = await searching.page(context, gateway.searches, search, upper=upper, above=after, limit=limit)
    rows = await shown_rows(gateway, caller, page.seqs)
    return statement_response(
        TrafficPage.model_construct(
            rows=rows,
            next_before=page.lower + 1 if page.lower > after else None,
            through=indexed.latest,
            event_seq=event_seq,
            words_through=indexed.through,
        )
    )


@router.get(
    "/histogram",
    summary="Count the traffic over time, by precedence.",
    responses={
        200: {"model": TrafficHistogram, "description": "The counts."},
        **problems(*CODES, C.SEARCH_NOT_UNDERSTOOD),
    },
    openapi_extra=OPERATOR,
)
async def count_traffic(
    request: Request,
    q: Text = "",
    begin: Annotated[
        datetime | None, Query(alias="from", description="RFC 3339; 15 minutes before the end by default.")
    ] = None,
    end: Annotated[datetime | None, Query(alias="to", description="RFC 3339; now by default.")] = None,
    buckets: Annotated[int, Query(ge=1, le=500, description="Into how many equal parts.")] = 90,
) -> Response:
    """How many rows the search finds in each part of the time from ``from`` on and before ``to``."""
    gateway, caller = await admitted(request)
    search = asked(gateway, caller, q)
    until = end or search.asker.now
    if until.tzinfo is None or (begin is not None and begin.tzinfo is None):
        raise ApiRefused(C.PARAMETER_INVALID, "A time needs its offset, such as Z.", pointer="/query/from")
    try:
        # As they are told again: near the ends of the calendar there is no such time.
        until = until.astimezone(UTC)
        since = until - timedelta(minutes=15) if begin is None else begin.astimezone(UTC)
        span = until - since
    except OverflowError:
        span = timedelta(0)
    if span <= timedelta(0):
        raise ApiRefused(C.PARAMETER_INVALID, "from is not before to.", pointer="/query/from")
    parts = searching.parts_of(since, until, buckets)
    counted = await searching.count(gateway.context, gateway.searches, search, parts)
    width = timedelta(microseconds=parts.width)
    return statement_response(
        TrafficHistogram.model_construct(
            begin=since,
            end=until,
            counted_from=counted.since,
            seconds=width / timedelta(seconds=1),
            buckets=_buckets(counted.bars, since, width),
        )
    )


@router.get(
    "/awaiting",
    summary="List what waits for this nation's acknowledgement.",
    responses={200: {"model": AwaitingList, "description": "What waits."}, **problems(*CODES)},
    openapi_extra=OPERATOR,
)
async def list_awaiting(
    request: Request,
    precedences: Annotated[
        list[Precedence] | None,
        Query(alias="precedence", description="Only of these precedences; repeatable. FLASH by default."),
    ] = None,
) -> Response:
    """Messages that ask this nation to acknowledge, current and not expired, that nobody acknowledged yet.

    An entry leaves when anyone at this nation acknowledges it.
    """
    gateway, caller = await admitted(request)
    asker = searching.asker_of(gateway.context, caller)
    ranks = [precedence.rank for precedence in precedences or (Precedence.FLASH,)]

    def look(tx: Transaction) -> tuple[int, list[int], dict[int, int]]:
        seqs = traffic_search.awaiting(tx, asker, ranks, LONGEST_WAIT_LIST)
        return events.latest_seq(tx), seqs, traffic_search.count_awaiting(tx, asker)

    event_seq, seqs, counts = await gateway.context.store.read(look)
    return statement_response(
        AwaitingList.model_construct(
            rows=await shown_rows(gateway, caller, seqs),
            counts={BY_RANK[rank]: count for rank, count in counts.items()},
            event_seq=event_seq,
        )
    )


def _buckets(bars: list[Bar], since: datetime, width: timedelta) -> tuple[HistogramBucket, ...]:
    counts: dict[int, dict[Precedence, int]] = {}
    for bar in bars:
        counts.setdefault(bar.part, {})[BY_RANK[bar.rank]] = bar.number
    return tuple(
        HistogramBucket.model_construct(begins_at=since + part * width, counts=found)
        for part, found in sorted(counts.items())
    )
