"""The wall: traffic, nations and alerts for a big screen. It is looked at, never touched."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from console import strip
from console.current import current_messages
from console.gateway import Refused, Unreachable
from console.mapping.items import MapItem, in_order, own_item, received_item
from console.marking import Marking, highest
from console.pages import fragment, page
from console.rendering.list_row import ListRow
from console.seating import Seat, seated

router = APIRouter()

ROWS = 14
ALERTS = 8
WORST_FIRST = {"bad": 0, "warn": 1, "off": 2, "ok": 3}


@router.get("/wall")
async def show(request: Request, seat: Annotated[Seat, Depends(seated)]) -> HTMLResponse:
    """The page for the big screen."""
    given = await _read(seat)
    return page(request, seat, "wall/show.html", room="wall", **given)


@router.get("/wall/fragment")
async def show_again(request: Request, seat: Annotated[Seat, Depends(seated)]) -> HTMLResponse:
    """What is on it, as it is now."""
    given = await _read(seat)
    return fragment(
        request, seat, "wall/fragment.html", room="wall", shown_marking=given.pop("marking"), **given
    )


async def _read(seat: Seat) -> dict[str, Any]:
    """Every part by itself: one that cannot be read leaves the others standing."""
    now = datetime.now(UTC)
    asked = {"limit": ROWS}
    rows, awaiting, partners, alerts = await asyncio.gather(
        _or_none(seat.gateway.get("/v1/traffic", asked)),
        _or_none(seat.gateway.get("/v1/traffic/awaiting")),
        _or_none(seat.gateway.get("/v1/partners")),
        _or_none(_alerts(seat, now)) if seat.sees_content else _none(),
    )
    # What awaits acknowledgement may be older than all other rows.
    markings = [Marking.of(row) for found in (rows, awaiting) if found for row in found["rows"]]
    markings += [item.marking for item in alerts or ()]
    return {
        "marking": highest(markings),
        "rows": [ListRow(row, seat.wording) for row in rows["rows"]] if rows else None,
        "awaiting": awaiting,
        "partners": _standings(partners["items"], now) if partners else None,
        "alerts": alerts,
        "most": ALERTS,
        "marking_of": Marking.of,
    }


async def _or_none(asked: Awaitable[Any]) -> Any:
    try:
        return await asked
    except (Refused, Unreachable):
        return None


async def _none() -> None:
    return None


async def _alerts(seat: Seat, now: datetime) -> list[MapItem]:
    current = await current_messages(seat, "threat_alert", expires_after=now)
    read = [received_item(entry) for entry in current.received] + [own_item(entry) for entry in current.own]
    return in_order((item for item in read if item is not None and item.running(now)), now)


def _standings(partners: list[dict[str, Any]], now: datetime) -> list[tuple[str, str, Mapping[str, Any]]]:
    found = [(strip.standing(partner, now), partner["nation"], partner) for partner in partners]
    return sorted(found, key=lambda each: (WORST_FIRST[each[0]], each[1]))
