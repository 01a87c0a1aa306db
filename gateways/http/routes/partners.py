"""The nations of the realm as this gateway sees them: standing, keys, backlog, gaps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from bus.protocol.deadlines import Awaited
from bus.protocol.trust import NationTrust, key_status
from bus.store import backlog, contacts, deadlines, held, lane_alarms, lanes, partner_figures
from bus.store.backlog import Backlog
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.partner_views import (
    PartnerActivity,
    PartnerInDepth,
    PartnerView,
    key_views,
    pace_view,
)
from gateways.http.problems import ApiRefused
from gateways.http.recent_minutes import MINUTES, Exchanged
from gateways.http.routes.answers import answers, statement_response
from gateways.http.runtime import Runtime, runtime
from schemas.base import Nation, Statement
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1", tags=["partners"])


class PartnerList(Statement):
    """Every other nation of the realm, in order of code."""

    trust_version: int
    trust_stale: bool
    items: tuple[PartnerView, ...]


@router.get(
    "/partners",
    summary="List the partner nations: standing, backlog, gaps, pace.",
    responses=answers(200, PartnerList, "Every other nation of the realm."),
)
async def list_partners(request: Request) -> Response:
    """What waits for whom, what is missing from whom, and how fast it goes."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.TRUST_READ)
    trust, now = gateway.context.trust, gateway.context.now()
    others = sorted(name for name in trust.nations if name != gateway.context.nation)
    # The figures are of all modes: to who sees exercises only they would tell of live traffic.
    items = await _look(gateway, others, now, sees_traffic=caller.modes is None)
    stale = trust.stale(now)
    return statement_response(
        PartnerList.model_construct(trust_version=trust.trust_version, trust_stale=stale, items=items)
    )


@router.get(
    "/partners/{nation}",
    summary="Show one partner nation with its keys.",
    responses=answers(200, PartnerInDepth, "The nation.", (C.NOT_FOUND,)),
)
async def show_partner(
    request: Request, nation: Annotated[Nation, Path(description="The nation's code.")]
) -> Response:
    """As in the list, and every key of the nation's record with its time."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.TRUST_READ)
    trust, now = gateway.context.trust, gateway.context.now()
    if nation not in trust.nations or nation == gateway.context.nation:
        raise ApiRefused(C.NOT_FOUND)
    [partner] = await _look(gateway, [nation], now, sees_traffic=caller.modes is None)
    keys = key_views(trust.nations[nation], now)
    return statement_response(PartnerInDepth.model_construct(partner=partner, keys=keys))


async def _look(
    gateway: Runtime, nations: Sequence[str], now: datetime, *, sees_traffic: bool
) -> tuple[PartnerView, ...]:
    trust = gateway.context.trust

    def look(tx: Transaction) -> tuple[PartnerView, ...]:
        traffic = _traffic(tx, nations, gateway, now) if sees_traffic else {}
        return tuple(_view(trust.nations[name], now, traffic.get(name, {})) for name in nations)

    return await gateway.context.store.read(look)


def _traffic(
    tx: Transaction, nations: Sequence[str], gateway: Runtime, now: datetime
) -> dict[str, dict[str, Any]]:
    """Backlog, gaps, contact and pace by nation, as the view's fields have them."""
    waiting = {row.recipient: row for row in backlog.per_recipient(tx)}
    gaps, holding = lanes.count_missing(tx), held.count_by_originator(tx)
    overdue, heard = deadlines.count_overdue(tx), contacts.of_all(tx)
    wrong = lane_alarms.standing(tx)
    flash, paces = gateway.figures.look(
        tuple(nations),
        lambda: (
            partner_figures.flash_unacknowledged(tx),
            {name: partner_figures.pace(tx, name) for name in nations},
        ),
    )
    begins_at, exchanged = gateway.minutes.look(tx, now)
    nothing = Exchanged((0,) * MINUTES, (0,) * MINUTES)
    found: dict[str, dict[str, Any]] = {}
    for name in nations:
        row = waiting.get(name, Backlog(name, 0, 0, 0))
        contact, counted = heard.get(name), exchanged.get(name, nothing)
        found[name] = {
            "queued": row.queued,
            "sealed": row.sealed,
            "unreceipted": row.unreceipted,
            "missing": gaps.get(name, 0),
            "lane_alarms": tuple(sorted({each.alarm for each in wrong if each.place.originator == name})),
            "held": holding.get(name, 0),
            "last_message_at": contacts.last_message_from(tx, name),
            "last_heard_at": contact.heard_at if contact is not None else None,
            "silent_since": contact.silent_since if contact is not None else None,
            "overdue": {awaited: overdue.get((name, awaited), 0) for awaited in Awaited},
            "flash_unacknowledged": flash.get(name, 0),
            "activity": PartnerActivity(begins_at=begins_at, sent=counted.sent, received=counted.received),
            "pace": pace_view(paces[name]),
        }
    return found


def _view(nation: NationTrust, now: datetime, traffic: dict[str, Any]) -> PartnerView:
    ends_at = [key.not_after for key in nation.record.keys if key_status(key, now) is None]
    return PartnerView(
        nation=nation.nation,
        display_name=nation.record.display_name,
        status=nation.status,
        record_version=nation.record.version,
        keys_in_force=len(ends_at),
        keys_end_at=min(ends_at, default=None),
        **traffic,
    )
