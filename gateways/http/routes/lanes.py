"""Partners' lanes to this nation: how far each has come, what is missing, what is wrong with it."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from bus.protocol.lane_health import LaneAlarm
from bus.store import heads, lane_alarms, lane_tails
from bus.store.heads import HeadHeard
from bus.store.lane_alarms import LanePlace, StandingAlarm
from bus.store.lane_tails import LaneIn
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.routes.answers import answers, statement_response
from gateways.http.runtime import runtime
from schemas.base import Nation, Statement, UtcTime
from schemas.header import Mode
from schemas.wire import Lane

router = APIRouter(prefix="/v1", tags=["partners"])


class LaneAlarmView(Statement):
    """Something that is wrong with a lane now."""

    alarm: LaneAlarm = Field(
        description="WITHHELD: serials do not come although their originator's heads do. SILENT: no head for"
        " three heartbeats. REORDERED: not in the order of signing. FLOODED: many bundles that bring nothing"
        " new. REWOUND: serials given a second time."
    )
    explanation: str
    since: UtcTime
    last_at: UtcTime = Field(description="When the last evidence came, or it was last seen to hold.")
    count: int = Field(
        description="How much evidence there is: serials (WITHHELD, REORDERED), missing heartbeats (SILENT),"
        " bundles (FLOODED), times (REWOUND)."
    )


class LaneView(Statement):
    """One lane of one partner in one mode, in its newest epoch."""

    nation: Nation
    mode: Mode
    lane: Lane
    lane_epoch: int | None = Field(None, description="Absent while nothing was heard of the lane.")
    highest: int = Field(description="The highest serial that came or was voided; 0 for none.")
    announced: int = Field(description="The highest serial that is known to have been given.")
    missing: int = Field(description="Serials that have not come and are asked for, in all its epochs.")
    head_at: UtcTime | None = Field(
        None, description="When its originator made the newest lane head of this mode, by its own clock."
    )
    next_head_by: UtcTime | None = Field(None, description="When the next one should be made at the latest.")
    alarms: tuple[LaneAlarmView, ...] = Field(description="What is wrong with it; empty: nothing known.")


class LaneList(Statement):
    """Every lane that was heard of, by nation, mode and lane."""

    items: tuple[LaneView, ...]


@router.get(
    "/lanes",
    summary="List partners' lanes: how far they have come, what is missing, what is wrong.",
    responses=answers(200, LaneList, "Every lane that the caller may see."),
)
async def list_lanes(
    request: Request,
    nation: Annotated[Nation | None, Query(description="Only this nation's lanes.")] = None,
    mode: Annotated[Mode | None, Query(description="Only lanes of this mode.")] = None,
    alarmed: Annotated[bool, Query(description="Only lanes with which something is wrong.")] = False,
) -> Response:
    """What lane heads, serials and evidence say of the mail from each partner.

    What each alarm proves, and what it does not, stands in docs/threat-model.md.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.TRUST_READ)
    nations = tuple(name for name in gateway.context.trust.nations if name != gateway.context.nation)
    items = await gateway.context.store.read(lambda tx: _look(tx, nations))
    shown = tuple(
        item
        for item in items
        if _seen(item.mode, caller.modes)
        and nation in (None, item.nation)
        and mode in (None, item.mode)
        and (item.alarms or not alarmed)
    )
    return statement_response(LaneList.model_construct(items=shown))


def _seen(mode: Mode, modes: Collection[Mode] | None) -> bool:
    return modes is None or mode in modes


def _look(tx: Transaction, nations: Collection[str]) -> tuple[LaneView, ...]:
    known = lane_tails.incoming(tx, nations)
    incoming = {LanePlace(row.originator, row.mode, row.lane): row for row in known}
    heard = heads.heard(tx)
    alarms: dict[LanePlace, list[StandingAlarm]] = {}
    for standing in lane_alarms.standing(tx):
        alarms.setdefault(standing.place, []).append(standing)
    return tuple(
        _view(place, incoming.get(place), heard.get((place.originator, place.mode)), alarms.get(place, ()))
        for place in sorted(incoming.keys() | alarms.keys())
    )


def _view(
    place: LanePlace, row: LaneIn | None, head: HeadHeard | None, alarms: Collection[StandingAlarm]
) -> LaneView:
    known = head is not None and head.heard_at is not None
    return LaneView(
        nation=place.originator,
        mode=place.mode,
        lane=place.lane,
        lane_epoch=row.epoch if row is not None else None,
        highest=row.highest if row is not None else 0,
        announced=row.announced if row is not None else 0,
        missing=row.missing if row is not None else 0,
        head_at=head.at if head is not None and known else None,
        next_head_by=head.at + head.next_within if head is not None and known else None,
        alarms=tuple(
            LaneAlarmView(
                alarm=each.alarm,
                explanation=each.alarm.code.explanation,
                since=each.since,
                last_at=each.last_at,
                count=each.count,
            )
            for each in alarms
        ),
    )
