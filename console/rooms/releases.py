"""Releases that wait for a second person: read, then confirmed or refused."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.gateway import Refused
from console.messages.fetching import schema_of
from console.messages.forms import Refusal, fields_of
from console.messages.showing import helpers, reader_of
from console.messages.waiting import marking_of, waiting_release
from console.pages import page
from console.problems import NOT_FRESH
from console.rooms import backfills
from console.seating import Seat, seated

router = APIRouter()
router.include_router(backfills.router)
Seated = Annotated[Seat, Depends(seated)]
MOST = 20
"""Releases on one page: each is read in full."""


@router.get("/releases")
async def show(request: Request, seat: Seated) -> HTMLResponse:
    """What waits, oldest first."""
    return await _page(request, seat)


@router.post("/releases/{publication_id}")
async def decide(request: Request, seat: Seated, publication_id: UUID) -> Response:
    """The second person's word on exactly what they read: the digest that stood on their page."""
    fields = fields_of(await request.form())
    word = "refuse" if fields.get("decision") == "refuse" else "confirm"
    body: dict[str, Any] = {"digest": fields.get("digest", ""), "decision": word}
    if fields.get("note", "").strip():
        body["note"] = fields["note"].strip()
    try:
        await seat.gateway.post(f"/v1/messages/{publication_id}/release", json=body)
    except Refused as no:
        if no.code == NOT_FRESH:
            raise
        refusal = Refusal(str(publication_id), no.code, no)
        return await _page(request, seat, refusal, fields, no.status)
    seat.notice(f"releases.done.{word}")
    return RedirectResponse(f"{seat.root}/messages/out/{publication_id}", HTTPStatus.SEE_OTHER)


async def _page(
    request: Request,
    seat: Seat,
    refusal: Refusal | None = None,
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> HTMLResponse:
    try:
        found = await seat.gateway.get("/v1/releases", {"limit": MOST})
    except Refused as no:
        # What was refused says more than that the list is closed, too.
        raise (refusal.problem or no if refusal is not None else no) from None
    kinds = sorted({item["kind"] for item in found["items"]})
    schemas = dict(zip(kinds, await asyncio.gather(*(schema_of(seat, kind) for kind in kinds)), strict=True))
    reader = reader_of(request, seat)
    waiting = tuple(
        waiting_release(item, schemas[item["kind"]], reader, seat.operator) for item in found["items"]
    )
    shown = {release.id for release in waiting}
    return page(
        *(request, seat, "releases/list.html"),
        room="releases",
        marking=marking_of(waiting),
        status=status,
        waiting=waiting,
        more="next" in found,
        refusal=refusal,
        given=given or {},
        gone=refusal if refusal is not None and refusal.act not in shown else None,
        hl="h3",
        hl_below="h4",
        **helpers(seat),
    )
