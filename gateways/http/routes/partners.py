"""The nations of the realm as this gateway sees them: standing, keys, backlog, gaps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from bus.protocol.deadlines import Awaited
from bus.protocol.lane_health import LaneAlarm
from bus.protocol.trust import NationTrust, key_status
from bus.store import backlog, contacts, deadlines, held, lane_alarms, lanes
from bus.store.backlog import Backlog
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.routes.answers import answers, statement_response
from gateways.http.runtime import runtime
from schemas.base import Nation, Statement, UtcTime
from schemas.trust import NationStatus

router = APIRouter(prefix="/v1", tags=["partners"])


class PartnerView(Statement):
    """One partner nation."""

    nation: Nation
    display_name: str
    status: NationStatus
    record_version: int = Field(description="Version of its nation record.")
    keys_in_force: int
    keys_end_at: UtcTime | None = Field(None, description="When the first key in force expires.")
    queued: int | None = Field(
        None,
        description="Deliveries waiting for the relay, control content included. Like every figure of traffic"
        " absent for who sees only some modes.",
    )
    sealed: int | None = Field(None, description="Sealed and not yet confirmed by the broker.")
    unreceipted: int | None = Field(None, description="Sent and without a receipt yet.")
    missing: int | None = Field(
        None, description="Serials of its lanes that have not come and were asked for."
    )
    lane_alarms: tuple[LaneAlarm, ...] | None = Field(
        None, description="What is wrong with its lanes now (`GET /v1/lanes` has the evidence)."
    )
    held: int | None = Field(None, description="Bundles of its that cannot be judged yet.")
    last_message_at: UtcTime | None = Field(None, description="When its newest message was filed here.")
    last_heard_at: UtcTime | None = Field(
        None, description="When it signed the newest of what came from it, receipts included: its own clock."
    )
    silent_since: UtcTime | None = Field(
        None,
        description="Since when it is known that nothing which it signed came after something sent to it that"
        " is overdue. Absent while it is heard.",
    )
    overdue: dict[Awaited, int] | None = Field(
        None, description="Copies whose deadline passed and was not met since, by what is awaited."
    )


class PartnerList(Statement):
    """Every other nation of the realm, in order of code."""

    trust_version: int
    trust_stale: bool
    items: tuple[PartnerView, ...]


@router.get(
    "/partners",
    summary="List the partner nations: standing, backlog, gaps.",
    responses=answers(200, PartnerList, "Every other nation of the realm."),
)
async def list_partners(request: Request) -> Response:
    """What waits for whom, and what is missing from whom."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.TRUST_READ)
    # The figures are of all modes: to who sees exercises only they would tell of live traffic.
    sees_traffic = caller.modes is None
    context = gateway.context
    trust, now = context.trust, context.now()
    others = sorted(name for name in trust.nations if name != context.nation)

    def look(tx: Transaction) -> tuple[PartnerView, ...]:
        traffic = _traffic(tx, others) if sees_traffic else {}
        return tuple(_view(trust.nations[name], now, traffic.get(name, {})) for name in others)

    items = await context.store.read(look)
    stale = trust.stale(now)
    return statement_response(
        PartnerList.model_construct(trust_version=trust.trust_version, trust_stale=stale, items=items)
    )


def _traffic(tx: Transaction, others: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Backlog, gaps and contact by nation, as the view's fields have them."""
    waiting = {row.recipient: row for row in backlog.per_recipient(tx)}
    gaps, holding = lanes.count_missing(tx), held.count_by_originator(tx)
    overdue, heard = deadlines.count_overdue(tx), contacts.of_all(tx)
    wrong = lane_alarms.standing(tx)
    found: dict[str, dict[str, Any]] = {}
    for name in others:
        row = waiting.get(name, Backlog(name, 0, 0, 0))
        contact = heard.get(name)
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
