"""Information requests on a board, by state and deadline. What is done about them is on the message page."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from console.absent import lenient
from console.gateway import Refused
from console.marking import LEVELS, Marking, highest
from console.pages import fragment, page
from console.requests.board import columns, states_of
from console.seating import Seat, seated

router = APIRouter()

SHOWN = 100
AT_ONCE = 25
"""Ids in one search, which has a thousand characters at most."""
Here = Annotated[Seat, Depends(seated)]
DUE = {"now": timedelta(), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
MODES = ("OPERATION", "EXERCISE", "TEST")


@dataclass(frozen=True)
class Filter:
    """What the board is narrowed to, as text of the address."""

    role: str = ""
    assignee: str = ""
    due: str = ""
    mode: str = ""
    ended: str = ""

    @classmethod
    def of(cls, request: Request) -> "Filter":
        """What the address says; what it cannot say is passed over."""
        given = {name: request.query_params.get(name, "").strip()[:64] for name in cls.__dataclass_fields__}
        allowed = {"role": ("asked", "asking"), "due": tuple(DUE), "mode": MODES, "ended": ("1",)}
        return cls(
            **{
                name: value
                for name, value in given.items()
                if value and (name == "assignee" or value in allowed[name])
            }
        )

    def address(self, **more: object) -> str:
        """The board with this filter and ``more``."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__} | more
        asked = urlencode({name: value for name, value in given.items() if value})
        return f"/requests?{asked}" if asked else "/requests"

    @property
    def narrows(self) -> bool:
        """Whether something is left out that would stand here."""
        return bool(self.role or self.assignee or self.due or self.mode)


@router.get("/requests")
async def show_board(request: Request, seat: Here, before: int = 0) -> HTMLResponse:
    """The board."""
    return page(request, seat, "requests/board.html", room="requests", **await _board(request, seat, before))


@router.get("/requests/fragment")
async def board_fragment(request: Request, seat: Here, before: int = 0) -> HTMLResponse:
    """The same for a page that refreshes itself."""
    return fragment(
        request, seat, "requests/board.html", room="requests", **await _board(request, seat, before)
    )


async def _board(request: Request, seat: Seat, before: int) -> dict[str, Any]:
    asked, now = Filter.of(request), datetime.now(UTC)
    params: list[tuple[str, Any]] = [("limit", SHOWN), ("before", before if before > 0 else None)]
    params += [("state", state) for state in states_of(ended=bool(asked.ended))]
    params += [
        ("role", asked.role or None),
        ("assignee", asked.assignee or None),
        ("mode", asked.mode or None),
    ]
    if asked.due:
        params.append(("due_before", (now + DUE[asked.due]).isoformat().replace("+00:00", "Z")))
    found = lenient(await seat.gateway.get("/v1/requests", params))
    markings = await _markings(seat, found["items"])
    people = {each["assignee"] for each in found["items"] if each["assignee"]} | {seat.operator}
    return {
        "columns": columns(found["items"], now, ended=bool(asked.ended)),
        "any": bool(found["items"]),
        "asked": asked,
        "older": found["next"],
        "before": before,
        "people": sorted(people | ({asked.assignee} if asked.assignee else set())),
        "dues": tuple(DUE),
        "modes": MODES,
        "markings": markings,
        "marking": highest(markings.values()),
        "at": now,
    }


async def _markings(seat: Seat, requests: list[dict[str, Any]]) -> dict[tuple[str, str], Marking]:
    """The marking of every request whose words are shown. One that cannot be read counts as the highest."""
    # Ids are unique per originator only: another's message with the same one says nothing of a request.
    worded = {(each["originator"], each["message_id"]) for each in requests if each["title"]}
    ids = sorted({message_id for _, message_id in worded})
    unknown = Marking(seat.wording.t("requests.marking_unknown"), level=LEVELS - 1)
    parts = [ids[begin : begin + AT_ONCE] for begin in range(0, len(ids), AT_ONCE)]
    known: dict[tuple[str, str], Marking] = {}
    for rows in await asyncio.gather(*(_rows(seat, part) for part in parts)):
        for row in rows:
            known[row["originator"], row["message_id"]] = Marking.of(row)
    return {each: known.get(each, unknown) for each in worded}


async def _rows(seat: Seat, ids: list[str]) -> list[dict[str, Any]]:
    """Rows of the traffic with these ids; none where they cannot be read."""
    try:
        listed = await seat.gateway.get("/v1/traffic", {"q": f"id:{','.join(ids)}", "limit": SHOWN * 2})
    except Refused as no:
        if no.status not in (403, 422):
            raise
        return []
    return list(listed["rows"])
