"""Backfills: what a nation that joined a community missed, listed, read, and sent exactly as it was read."""

import asyncio
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.console import console_of
from console.forms.moments import read_moment
from console.forms.preview import marking_of
from console.gateway import Refused
from console.marking import LEVELS, Marking, highest
from console.pages import page
from console.problems import NOT_FRESH
from console.seating import Seat, seated
from schemas.header import Kind, Mode

router = APIRouter()
Seated = Annotated[Seat, Depends(seated)]
WRITE = "backfills:write"
NEWEST = 20
PLAIN = ("community", "nation", "mode", "since", "until")
AT_FIELD = {"COMMUNITY_UNKNOWN": "community", "NATION_UNKNOWN": "nation", "NOT_IN_RELEASE_SET": "nation"}


@router.get("/releases/backfills")
async def show(request: Request, seat: Seated) -> HTMLResponse:
    """The form, and what was listed before."""
    return await _form(request, seat, {})


@router.post("/releases/backfills")
async def propose(request: Request, seat: Seated) -> Response:
    """Have the gateway list it. Nothing is sent."""
    form = await request.form()
    given: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in PLAIN}
    given["kinds"] = [each for each in form.getlist("kinds") if isinstance(each, str)]
    faults = {
        name: "time"
        for name in ("since", "until")
        if (given[name] or name == "since") and read_moment(given[name]) is None
    }
    if faults:
        return await _form(request, seat, given, faults=faults)
    body = {name: given[name] for name in ("community", "nation", "mode")}
    body |= {name: read_moment(given[name]) for name in ("since", "until") if given[name]}
    body |= {"kinds": given["kinds"]} if given["kinds"] else {}
    try:
        made = await seat.gateway.post("/v1/backfills", body)
    except Refused as no:
        if no.code == NOT_FRESH or no.status == HTTPStatus.FORBIDDEN:
            raise
        return await _form(request, seat, given, refused=no)
    seat.notice("releases.backfill.listed", tone="note")
    return RedirectResponse(f"{seat.root}/releases/backfills/{made['backfill_id']}", HTTPStatus.SEE_OTHER)


@router.get("/releases/backfills/{backfill_id}")
async def show_list(request: Request, seat: Seated, backfill_id: UUID) -> HTMLResponse:
    """One list, message by message."""
    return await _list(request, seat, backfill_id)


@router.post("/releases/backfills/{backfill_id}")
async def confirm(request: Request, seat: Seated, backfill_id: UUID) -> Response:
    """Send exactly what stood on the page: its digest says so."""
    digest = str((await request.form()).get("digest", ""))
    try:
        done = await seat.gateway.post(f"/v1/backfills/{backfill_id}/confirm", {"digest": digest})
    except Refused as no:
        if no.code == NOT_FRESH or no.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        return await _list(request, seat, backfill_id, refused=no)
    seat.notice("releases.backfill.sent", n=len(done["published"]))
    return RedirectResponse(f"{seat.root}/releases/backfills/{backfill_id}", HTTPStatus.SEE_OTHER)


def _must_write(seat: Seat) -> None:
    """Reading lists is for more people than making them: the room is for these. Raises Refused."""
    if not seat.may(WRITE):
        raise Refused(HTTPStatus.FORBIDDEN, {"code": "ROLE_MISSING", "scope": WRITE})


async def _form(
    request: Request,
    seat: Seat,
    given: dict[str, Any],
    *,
    faults: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> HTMLResponse:
    _must_write(seat)
    trust, before = await asyncio.gather(
        seat.gateway.get("/v1/trust"), seat.gateway.get("/v1/backfills", {"limit": NEWEST})
    )
    modes = [each.value for each in Mode if each in console_of(request).settings.modes]
    return page(
        *(request, seat, "releases/backfills.html"),
        room="releases",
        status=refused.status if refused is not None else HTTPStatus.UNPROCESSABLE_ENTITY if faults else 200,
        given=dict.fromkeys(PLAIN, "") | {"kinds": ()} | given,
        communities=trust.get("communities") or (),
        nations=[each for each in trust.get("nations") or () if each["nation"] != seat.nation],
        modes=modes,
        kinds=[kind.value for kind in Kind],
        before=before["items"],
        faults=faults or {},
        refused=refused,
        at_field=_field_of(refused),
    )


def _field_of(refused: Refused | None) -> str:
    if refused is None:
        return ""
    pointed = (refused.pointer or "").strip("/")
    return pointed if pointed in PLAIN else AT_FIELD.get(refused.code, "")


def _marking(item: dict[str, Any], mode: str, seat: Seat) -> Marking:
    """Of a message in the list. One whose label cannot be read counts as the highest."""
    read = marking_of(item["label"], seat.nation)
    found = Marking(str(item["marking"]), LEVELS - 1) if read is None else read
    return replace(found, mode="" if mode == Mode.OPERATION else mode)


async def _list(
    request: Request, seat: Seat, backfill_id: UUID, refused: Refused | None = None
) -> HTMLResponse:
    _must_write(seat)
    found = await seat.gateway.get(f"/v1/backfills/{backfill_id}")
    items = [each | {"shown": _marking(each, found["mode"], seat)} for each in found["items"]]
    return page(
        *(request, seat, "releases/backfill.html"),
        room="releases",
        marking=highest(each["shown"] for each in items),
        status=refused.status if refused is not None else 200,
        backfill=found,
        items=items,
        sent_as={each["message_id"]: each["publication_id"] for each in found.get("published") or ()},
        refused=refused,
    )
