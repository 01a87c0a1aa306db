"""Following the traffic as server-sent events: batches of rows as they change, alarms, a heartbeat."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from bus.store import contacts, events, traffic, traffic_search
from bus.store.contacts import Contact
from bus.store.events import StoredEvent
from bus.store.traffic_search import Search
from bus.store.writer import Transaction
from gateways.http.caller import Caller
from gateways.http.event_views import sight_of
from gateways.http.following import (
    LAST_EVENT_ID,
    MEDIA_TYPE,
    Beat,
    begin_after,
    event,
    follow,
    require_room,
    streamed,
)
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import problems
from gateways.http.runtime import Runtime
from gateways.http.traffic_asked import CODES, OPERATOR, RIGHT, Text, admitted, asked, shown_rows
from gateways.http.traffic_views import TrafficRowView
from schemas.base import Nation, Statement, UtcTime
from schemas.event import EventType
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/traffic", tags=["traffic"])

BATCH = 500
"""Happenings in one batch at most: however slowly a client reads, so much is in memory for it."""
PACE_SECONDS = 0.1
BEAT_SECONDS = 1.0
UNSETTLED = 200
"""Own messages looked at anew with each heartbeat while copies are on their way: leaving is no event."""
ON_THEIR_WAY = frozenset({"pending_release", "queued"})
ALARMS = frozenset(
    {
        *(EventType.BUNDLE_REFUSED, EventType.LANE_ALARM, EventType.LANE_CLEARED),
        *(EventType.PARTNER_SILENT, EventType.PARTNER_HEARD),
    }
)


class Alarm(Statement):
    """Something that is about no message."""

    event_seq: int
    type: EventType
    at: UtcTime
    nation: Nation | None = None
    state: str | None = None
    reason: str | None = None
    count: int | None = None


class Batch(Statement):
    """What happened in the feed of events above ``after`` up to ``through``."""

    after: int
    through: int
    rows: tuple[TrafficRowView, ...] = Field(
        description="Every row that was touched and that the search finds, as it stands now, by seq."
    )
    gone: tuple[int, ...] = Field(description="Rows that were touched and that the search does not find.")
    alarms: tuple[Alarm, ...]


class PartnerBeat(Statement):
    """Whether a partner is there."""

    nation: Nation
    state: str = Field(description="heard, silent, or unheard: nothing ever came.")
    last_heard: UtcTime | None = None


class Heartbeat(Statement):
    """Sent every second."""

    at: UtcTime
    head: int = Field(description="The last batch's through; before the first, where the stream began.")
    partners: tuple[PartnerBeat, ...] = Field(description="Empty for who sees some modes only.")


@router.get(
    "/stream",
    summary="Follow the traffic as server-sent events.",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "batch: id its through, data a TrafficBatch; heartbeat: data a TrafficHeartbeat.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        **problems(*CODES, C.GATEWAY_BUSY, C.CURSOR_GONE, C.SEARCH_NOT_UNDERSTOOD),
    },
    openapi_extra=OPERATOR | {"parameters": [LAST_EVENT_ID]},
)
async def follow_traffic(
    request: Request,
    q: Text = "",
    after: Annotated[
        int | None,
        Query(ge=0, le=2**53, description="Begin after this number of the feed; absent: with what comes."),
    ] = None,
) -> Response:
    """Batches of what changed, at most every 100 ms; a heartbeat every second.

    A batch whose ``after`` is not the last one's ``through`` is a gap: get the rows anew. The stream ends
    when the access token does.
    """
    gateway, caller = await admitted(request)
    asked(gateway, caller, q)
    position = begin_after(request, after)
    require_room(gateway, caller)
    store = gateway.context.store
    if position is None:
        position = await store.read(events.latest_seq)
    page = await store.read(partial(events.look, after=position, limit=1))
    if not page.known:
        raise ApiRefused(C.CURSOR_GONE, f"The oldest event that is kept has the number {page.first}.")
    watch = _Watch(gateway, caller, q, position)
    beat = Beat(BEAT_SECONDS, PACE_SECONDS, watch.beat)
    signal = gateway.context.events
    shown = follow(gateway, caller, RIGHT, signal, position, watch.look, beat)
    return streamed(gateway, caller, shown)


class _Watch:
    """One operator's stream."""

    def __init__(self, gateway: Runtime, caller: Caller, text: str, begun: int) -> None:
        self._gateway = gateway
        self._caller = caller
        self._text = text
        self._sight = sight_of(caller)
        self._told = begun
        self._unsettled: dict[int, TrafficRowView] = {}

    async def look(self, position: int) -> tuple[int, bytes] | None:
        """The next batch."""
        store = self._gateway.context.store
        # Read anew: times such as -15m move on.
        search = asked(self._gateway, self._caller, self._text)

        def read(tx: Transaction) -> tuple[events.FeedPage, list[int], list[int]]:
            page = events.look(tx, position, limit=BATCH, sight=self._sight)
            touched = _touched(tx, page.events)
            return page, touched, _found(tx, search, touched)

        page, touched, found = await store.read(read)
        if not page.known:
            return None  # what follows was forgotten meanwhile; a new request is told so
        alarms = tuple(_alarm(each) for each in page.events if each.type in ALARMS)
        if not touched and not alarms:
            return page.position, b""
        rows = await shown_rows(self._gateway, self._caller, found)
        self._note(rows)
        gone = tuple(sorted(set(touched) - set(found)))
        return page.position, self._batch(page.position, rows, gone, alarms)

    async def beat(self, position: int) -> bytes:
        """The heartbeat, after what changed without an event."""
        context = self._gateway.context
        moved = b""
        if self._unsettled:
            rows = await shown_rows(self._gateway, self._caller, self._unsettled)
            changed = tuple(row for row in rows if row != self._unsettled.get(row.seq))
            self._note(rows)
            if changed:
                moved = self._batch(position, changed, (), ())
        heard: dict[str, Contact] = {}
        sees_partners = self._caller.modes is None
        if sees_partners:
            heard = dict(await context.store.read(contacts.of_all))
        others = sorted(name for name in context.trust.nations if name != context.nation)
        told = Heartbeat.model_construct(
            at=context.now(),
            head=self._told,
            partners=tuple(_partner(name, heard.get(name)) for name in others) if sees_partners else (),
        )
        return moved + b"event: heartbeat\ndata: %b\n\n" % told.encode()

    def _note(self, rows: Iterable[TrafficRowView]) -> None:
        for row in rows:
            self._unsettled.pop(row.seq, None)
            if any(copy.state in ON_THEIR_WAY for copy in row.copies or ()):
                self._unsettled[row.seq] = row
        while len(self._unsettled) > UNSETTLED:
            del self._unsettled[next(iter(self._unsettled))]

    def _batch(
        self,
        through: int,
        rows: tuple[TrafficRowView, ...],
        gone: tuple[int, ...],
        alarms: tuple[Alarm, ...],
    ) -> bytes:
        # After what was told last: what lies between is not for this operator, and no gap.
        after, self._told = self._told, through
        made = Batch.model_construct(after=after, through=through, rows=rows, gone=gone, alarms=alarms)
        return event(through, "batch", made.encode())


def _touched(tx: Transaction, happened: Iterable[StoredEvent]) -> list[int]:
    """The rows that these happenings are about, each once."""
    refs: set[int] = set()
    published: set[str] = set()
    for each in happened:
        if each.publication_id is not None:
            published.add(each.publication_id)
        elif each.inbox_seq is not None:
            refs.add(each.inbox_seq)
    refs.update(traffic.publication_refs(tx, published))
    return traffic.seqs_of(tx, refs)


def _found(tx: Transaction, search: Search, touched: list[int]) -> list[int]:
    return traffic_search.of_these(tx, search, touched)


def _alarm(told: StoredEvent) -> Alarm:
    return Alarm.model_construct(
        event_seq=told.event_seq,
        type=told.type,
        at=told.at,
        nation=told.nation,
        state=told.state,
        reason=told.reason,
        count=told.count,
    )


def _partner(nation: str, contact: Contact | None) -> PartnerBeat:
    if contact is None or contact.heard_at is None:
        state = "unheard" if contact is None or contact.silent_since is None else "silent"
    else:
        state = "heard" if contact.silent_since is None else "silent"
    heard = None if contact is None else contact.heard_at
    return PartnerBeat.model_construct(nation=nation, state=state, last_heard=heard)
