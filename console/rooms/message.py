"""The message page: one message in full, as a page and as the drawer beside the traffic."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.gateway import Refused
from console.messages.fetching import rows_with_id
from console.messages.showing import Place, show
from console.pages import fragment, page
from console.rooms import message_acts
from console.seating import Seat, seated

router = APIRouter()
router.include_router(message_acts.router)

Seated = Annotated[Seat, Depends(seated)]
Originator = Annotated[str | None, Query(max_length=3, pattern="^[A-Z]{3}$")]
Tab = Annotated[str, Query(max_length=16)]
Done = Annotated[str, Query(max_length=16)]
AMBIGUOUS = "MESSAGE_ID_AMBIGUOUS"


def _received(
    message_id: UUID,
    originator: Originator = None,
    compare: UUID | None = None,
    tab: Tab = "readable",
) -> Place:
    return Place("in", str(message_id), originator, _text(compare), tab=tab)


def _published(
    publication_id: UUID,
    version: int | None = None,
    compare: UUID | None = None,
    tab: Tab = "readable",
) -> Place:
    return Place("out", str(publication_id), None, _text(compare), version, tab)


Received = Annotated[Place, Depends(_received)]
Published = Annotated[Place, Depends(_published)]


@router.get("/messages/in/{message_id}")
async def show_received(request: Request, seat: Seated, place: Received) -> HTMLResponse:
    """A message of the inbox. Who opens it has read it."""
    return await _shown(request, seat, place)


@router.get("/messages/in/{message_id}/fragment")
async def received_drawer(request: Request, seat: Seated, place: Received, done: Done = "") -> HTMLResponse:
    """The same for the drawer."""
    return await _shown(request, seat, replace(place, drawer=True, done=done))


@router.get("/messages/out/{publication_id}")
async def show_published(request: Request, seat: Seated, place: Published) -> HTMLResponse:
    """A message of this nation, with who has it and why."""
    return await _shown(request, seat, place)


@router.get("/messages/out/{publication_id}/fragment")
async def published_drawer(request: Request, seat: Seated, place: Published, done: Done = "") -> HTMLResponse:
    """The same for the drawer."""
    return await _shown(request, seat, replace(place, drawer=True, done=done))


@router.get("/messages/in/{message_id}/label.xml")
async def received_label(seat: Seated, message_id: UUID, originator: Originator = None) -> Response:
    """The label as a STANAG 4774 document."""
    return await _label(seat, f"/v1/inbox/{message_id}", str(message_id), originator)


@router.get("/messages/out/{publication_id}/label.xml")
async def published_label(seat: Seated, publication_id: UUID) -> Response:
    """The label as a STANAG 4774 document."""
    return await _label(seat, f"/v1/messages/{publication_id}", str(publication_id), None)


@router.get("/messages/{identifier}")
async def find(request: Request, seat: Seated, identifier: UUID) -> Response:
    """Lead to the message with this id, whichever way it went: what references link to."""
    wanted = str(identifier)
    rows = await rows_with_id(seat, wanted)
    if not rows:
        return await _looked_for(seat, wanted)
    if len(rows) > 1:
        return page(request, seat, "message/choose.html", room="message", rows=rows, wanted=wanted)
    row = rows[0]
    if row["direction"] == "out":
        return _to(seat, f"/messages/out/{row['publication_id']}")
    return _to(seat, f"/messages/in/{row['message_id']}?originator={row['originator']}")


async def _shown(request: Request, seat: Seat, place: Place) -> HTMLResponse:
    try:
        return await show(request, seat, place)
    except Refused as no:
        if no.code != AMBIGUOUS:
            raise
    rows = await rows_with_id(seat, place.identifier)
    shown = fragment if place.drawer else page
    return shown(
        *(request, seat, "message/choose.html"),
        room="message",
        status=HTTPStatus.CONFLICT,
        rows=[row for row in rows if row["direction"] == "in"],
        wanted=place.identifier,
    )


async def _looked_for(seat: Seat, identifier: str) -> Response:
    """Where the traffic tells nothing: ask for it itself."""
    try:
        await seat.gateway.get(f"/v1/messages/{identifier}")
    except Refused as no:
        if no.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
            raise
        return _to(seat, f"/messages/in/{identifier}")
    return _to(seat, f"/messages/out/{identifier}")


async def _label(seat: Seat, path: str, name: str, originator: str | None) -> Response:
    answer = await seat.gateway.raw(f"{path}/label.xml", {"originator": originator})
    headers = {"Content-Disposition": f'attachment; filename="label-{name}.xml"', "Cache-Control": "no-store"}
    return Response(answer.content, media_type="application/xml", headers=headers)


def _to(seat: Seat, path: str) -> RedirectResponse:
    return RedirectResponse(f"{seat.root}{path}", HTTPStatus.SEE_OTHER)


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)
