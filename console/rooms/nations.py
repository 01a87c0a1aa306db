"""Nations: link, delivery and trust state of every partner, the worst first; and one of them in depth."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from babel.numbers import format_decimal
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from console.absent import lenient
from console.durations import offset, short, spread
from console.gateway import Refused
from console.nations.bars import HEIGHT, PITCH, WIDTH, bars
from console.nations.judged import days_until, judge, level_of_days, worst_first
from console.pages import fragment, page
from console.seating import Seat, seated
from console.wording import Wording

router = APIRouter()

OVERDUE_SHOWN = 50
Here = Annotated[Seat, Depends(seated)]
Code = Annotated[str, Path(pattern=r"^[A-Z]{3}$")]
DRAWING = {"bars": bars, "bar_height": HEIGHT, "bar_pitch": PITCH, "bar_width": WIDTH}
JUDGING = {"days_until": days_until, "level_of_days": level_of_days}


@router.get("/nations")
async def list_nations(request: Request, seat: Here) -> HTMLResponse:
    """Every partner, the worst first."""
    return page(request, seat, "nations/list.html", room="nations", **await _listed(seat))


@router.get("/nations/fragment")
async def nations_fragment(request: Request, seat: Here) -> HTMLResponse:
    """The same table for a page that refreshes itself."""
    return fragment(request, seat, "nations/list.html", room="nations", **await _listed(seat))


@router.get("/nations/{code}")
async def show_nation(request: Request, seat: Here, code: Code) -> HTMLResponse:
    """One partner in depth."""
    return page(request, seat, "nations/nation.html", room="nations", **await _in_depth(seat, code))


@router.get("/nations/{code}/fragment")
async def nation_fragment(request: Request, seat: Here, code: Code) -> HTMLResponse:
    """The same for a page that refreshes itself."""
    return fragment(request, seat, "nations/nation.html", room="nations", **await _in_depth(seat, code))


def _words(wording: Wording) -> dict[str, Any]:
    """What the templates write lengths of time with, as the language does."""

    def tenths(size: float) -> str:
        return format_decimal(size, "0.0", locale=wording.locale)

    written = {each.__name__: partial(each, tenths=tenths) for each in (short, offset, spread)}
    return JUDGING | written


async def _listed(seat: Seat) -> dict[str, Any]:
    found = await seat.gateway.get("/v1/partners")
    now = _now()
    return {
        "partners": worst_first(found["items"], now),
        "trust_version": found["trust_version"],
        "trust_stale": found["trust_stale"],
        "at": now,
        **DRAWING,
        **_words(seat.wording),
    }


async def _in_depth(seat: Seat, code: str) -> dict[str, Any]:
    """What each part may show, the gateway decides: a part that is refused stands as such, alone."""
    shown, lanes, agreements, overdue, latest = await asyncio.gather(
        seat.gateway.get(f"/v1/partners/{code}"),
        _part(seat, "/v1/lanes", {"nation": code}),
        _part(seat, "/v1/agreements"),
        _part(seat, "/v1/receipts", {"nation": code, "overdue": "true", "limit": OVERDUE_SHOWN}),
        _part(seat, "/v1/receipts", {"nation": code, "limit": 10}),
    )
    now = _now()
    return {
        "code": code,
        "raw": lenient(shown["partner"]),
        "partner": judge(shown["partner"], now),
        "keys": lenient(shown["keys"]),
        "lanes": lanes and lanes["items"],
        "agreements": agreements and [each for each in agreements["items"] if _party(each, code)],
        "overdue": overdue and overdue["items"],
        "overdue_more": bool(overdue and overdue.get("next")),
        "latest": latest and latest["items"],
        "at": now,
        **DRAWING,
        **_words(seat.wording),
    }


async def _part(seat: Seat, path: str, params: dict[str, Any] | None = None) -> Any:
    """None where this operator may not see it."""
    try:
        return lenient(await seat.gateway.get(path, params))
    except Refused as no:
        if no.status == 403:
            return None
        raise


def _party(agreement: dict[str, Any], code: str) -> bool:
    return any(party["nation"] == code for party in agreement["parties"])


def _now() -> datetime:
    return datetime.now(UTC)
