"""What is done from a message's page: acknowledge, cancel, recall, and the acts on information requests."""

import hashlib
import json
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from console.gateway import Refused
from console.messages import forms
from console.messages.forms import Fields, Refusal
from console.messages.showing import Place, show
from console.problems import NOT_FRESH
from console.seating import Seat, seated, wants_page

router = APIRouter()

Seated = Annotated[Seat, Depends(seated)]
Originator = Annotated[str | None, Query(max_length=3, pattern="^[A-Z]{3}$")]
_ASKED = ("accept", "decline", "redirect")


@router.post("/messages/in/{message_id}/acknowledge")
async def acknowledge(
    request: Request, seat: Seated, message_id: UUID, originator: Originator = None
) -> Response:
    """Acknowledge a message to its originator, or by receipt alone where no agreement carries more."""
    fields = await _fields(request)
    body = forms.acknowledgement(fields, seat.office, datetime.now(UTC))
    by_receipt = "true" if fields.get("by_receipt") == "on" else None
    place = Place("in", str(message_id), originator)
    if forms.says_least(body) and seat.may("inbox:acknowledge"):  # else the gateway says no
        found = await seat.gateway.get(f"/v1/inbox/{message_id}{_query(originator=originator)}")
        if found.get("acknowledged_at"):
            return _after(request, seat, place, "acknowledged_before", "note")
    query = _query(originator=originator, by_receipt=by_receipt)
    act = _once_only(
        seat.gateway.post(
            f"/v1/inbox/{message_id}/acknowledgements{query}",
            json=body,
            idempotency_key=_once(
                fields, body["level"], body["outcome"], by_receipt or "", body.get("remarks", "")
            ),
        )
    )
    return await _carry_out(request, seat, place, "acknowledge", act, fields)


@router.post("/messages/out/{publication_id}/cancel")
async def cancel(request: Request, seat: Seated, publication_id: UUID) -> Response:
    """Cancel a message for everybody who holds it."""
    fields = await _fields(request)
    body = {"reason": fields.get("reason") or "UNSPECIFIED"}
    act = seat.gateway.post(f"/v1/messages/{publication_id}/cancel", json=body)
    return await _carry_out(request, seat, Place("out", str(publication_id)), "cancel", act, fields)


@router.post("/messages/out/{publication_id}/recall")
async def recall(request: Request, seat: Seated, publication_id: UUID) -> Response:
    """Recall a message, once the word was typed."""
    fields = await _fields(request)
    place = Place("out", str(publication_id))
    if not forms.recall_confirmed(fields):
        return await _refused(request, seat, place, Refusal("recall", "not_typed"), fields, 422)
    act = seat.gateway.post(f"/v1/messages/{publication_id}/recall", json=forms.recall(fields))
    return await _carry_out(request, seat, place, "recall", act, fields)


@router.post("/messages/in/{message_id}/request/{name}")
async def answer_request(
    request: Request, seat: Seated, message_id: UUID, name: str, originator: Originator = None
) -> Response:
    """Accept, decline or redirect a partner's request; put it into somebody's hands; add a note."""
    place = Place("in", str(message_id), originator)
    return await _on_request(request, seat, place, str(message_id), name, _ASKED)


@router.post("/messages/out/{publication_id}/request/{name}")
async def own_request(request: Request, seat: Seated, publication_id: UUID, name: str) -> Response:
    """Close a request of ours; put it into somebody's hands; add a note."""
    place = Place("out", str(publication_id), None)
    found = await seat.gateway.get(f"/v1/messages/{publication_id}")
    return await _on_request(request, seat, place, found["message_id"], name, ("close",))


async def _on_request(
    request: Request, seat: Seat, place: Place, message_id: str, name: str, acts: tuple[str, ...]
) -> Response:
    fields = await _fields(request)
    if name not in (*acts, "assignment", "notes"):
        raise Refused(HTTPStatus.NOT_FOUND, {"code": "NOT_FOUND"})
    originator = place.originator if place.direction == "in" else seat.nation
    path = f"/v1/requests/{message_id}/{name}{_query(originator=originator)}"
    body = forms.request_act(name, fields)
    if name == "assignment":
        act = seat.gateway.put(path, json=body)
    elif name == "close":
        act = seat.gateway.post(path, json=body)
    else:
        act = seat.gateway.post(path, json=body, idempotency_key=_once(fields))
    return await _carry_out(request, seat, place, name, act, fields)


async def _carry_out(
    request: Request, seat: Seat, place: Place, name: str, act: Awaitable[Any], fields: Fields
) -> Response:
    """Do it, then go to the message as it stands; refused, the same page says why at the form."""
    try:
        await act
    except Refused as no:
        if no.code == NOT_FRESH:
            raise
        return await _refused(request, seat, place, Refusal(name, no.code, no), fields, no.status)
    return _after(request, seat, place, name)


def _after(request: Request, seat: Seat, place: Place, name: str, tone: str = "done") -> Response:
    """To the message as it stands now, which says what was done."""
    place = replace(place, drawer=not wants_page(request))
    if place.drawer:
        joint = "&" if "?" in place.path else "?"
        target = f"{place.path}{joint}done={name}"
    else:
        seat.notice(f"message.done.{name}", tone)
        target = place.path
    return RedirectResponse(seat.root + target, HTTPStatus.SEE_OTHER)


async def _refused(
    request: Request, seat: Seat, place: Place, refusal: Refusal, fields: Fields, status: int
) -> Response:
    shown = replace(place, drawer=not wants_page(request), refusal=refusal, given=fields)
    try:
        return await show(request, seat, shown, status)
    except Refused:
        # The message itself cannot be shown: then what was refused is the answer.
        raise (refusal.problem or Refused(status, {"code": refusal.code})) from None


async def _fields(request: Request) -> dict[str, str]:
    return forms.fields_of(await request.form())


async def _once_only(act: Awaitable[Any]) -> None:
    """The same form with the same words, sent again, differs in the time alone: it has been done."""
    try:
        await act
    except Refused as no:
        if no.code != "IDEMPOTENCY_CONFLICT":
            raise


def _once(fields: Fields, *words: str) -> str | None:
    """The form's own number, and what it says: however often that is sent, the gateway does it once."""
    given = fields.get("once", "")
    if not given or len(given) > 64 or not given.isascii() or not given.isprintable():
        return None
    return f"{given}-{hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]}" if words else given


def _query(**values: str | None) -> str:
    given = [f"{name}={value}" for name, value in values.items() if value]
    return "?" + "&".join(given) if given else ""
