"""The alert map: what is in force, drawn and as a list that says the same; and where partners stand."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.responses import Response

from console import strip
from console.console import console_of
from console.current import Entry, current_messages
from console.cut import cut_words
from console.gateway import Refused
from console.mapping.items import MapItem, as_json, in_order, own_item, received_item
from console.mapping.places import read_places
from console.marking import highest
from console.pages import fragment, page
from console.roles import ROLES_WITH
from console.seating import Seat, seated

router = APIRouter()

KINDS = ("threat_alert", "exercise_notice")
KEPT = timedelta(hours=24)
"""So long what has expired stays on the list, for the time slider."""


@dataclass(frozen=True)
class Shown:
    """Everything on the map and the list. ``closed``: messages that are shown only when they are opened;
    ``more``: the nations of which there are more, in words."""

    items: list[MapItem]
    closed: list[Entry]
    more: str


@router.get("/map")
async def show(
    request: Request, seat: Annotated[Seat, Depends(seated)], alert: str | None = None
) -> HTMLResponse:
    """The map with its list. ``alert`` names the entry that is chosen."""
    if not seat.sees_content:
        return page(request, seat, "map/closed.html", room="map", status=403, roles=ROLES_WITH["content"])
    settings = console_of(request).settings
    shown, nodes = await asyncio.gather(_read(seat), _nodes(seat, settings.map_places_file))
    listed = _list(shown, alert)
    return page(
        request,
        seat,
        "map/show.html",
        room="map",
        marking=listed["covers"],
        nodes=nodes,
        custom_land=settings.map_land_file is not None,
        **listed,
    )


@router.get("/map/fragment")
async def show_list(
    request: Request, seat: Annotated[Seat, Depends(seated)], alert: str | None = None
) -> HTMLResponse:
    """The list alone, as it is now."""
    _content_only(seat)
    return fragment(request, seat, "map/list.html", room="map", **_list(await _read(seat), alert))


@router.get("/map/outlines")
async def outlines(request: Request, seat: Annotated[Seat, Depends(seated)]) -> JSONResponse:
    """What is drawn: outlines of the list's entries, and nations with a stated place."""
    _content_only(seat)
    places_file = console_of(request).settings.map_places_file
    shown, nodes = await asyncio.gather(_read(seat), _nodes(seat, places_file))
    return JSONResponse(
        {
            "now": datetime.now(UTC).isoformat(),
            "items": [as_json(item) for item in shown.items],
            "nodes": [node for node in nodes if node["longitude"] is not None],
        }
    )


@router.get("/map/land")
async def land(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """The land of the configuration, where there is one."""
    path = console_of(request).settings.map_land_file
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, media_type="application/json", headers={"Cache-Control": "no-cache"})


def _content_only(seat: Seat) -> None:
    if not seat.sees_content:
        raise Refused(403, {"code": "SCOPE_MISSING", "title": "", "detail": "", "scope": "content"})


async def _read(seat: Seat) -> Shown:
    now = datetime.now(UTC)
    current = await current_messages(seat, *KINDS, expires_after=now - KEPT)
    items = [received_item(entry) for entry in current.received]
    items += [own_item(entry) for entry in current.own]
    closed = [entry for entry in current.received if entry.get("message") is None]
    return Shown(
        in_order((item for item in items if item is not None), now),
        closed,
        cut_words(seat.wording, current.cut),
    )


def _list(shown: Shown, alert: str | None) -> Mapping[str, Any]:
    return {
        "covers": highest(item.marking for item in shown.items),
        "items": shown.items,
        "closed": shown.closed,
        "more": shown.more,
        "chosen": alert,
    }


async def _nodes(seat: Seat, places_file: Path | None) -> list[dict[str, Any]]:
    """This nation and its partners: how they stand, and where they are drawn."""
    places = read_places(places_file)
    partners = (await seat.gateway.get("/v1/partners"))["items"]
    now = datetime.now(UTC)
    standings = [(seat.nation, "ok")]
    standings += [(partner["nation"], strip.standing(partner, now)) for partner in partners]
    nodes = []
    for nation, standing in standings:
        place = places.get(nation)
        nodes.append(
            {
                "nation": nation,
                "standing": standing,
                "own": nation == seat.nation,
                "longitude": None if place is None else place.longitude,
                "latitude": None if place is None else place.latitude,
            }
        )
    return nodes
