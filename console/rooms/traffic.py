"""The traffic: the live list, and what its scripts ask for. The gateway decides what each operator gets."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from console.console import console_of
from console.exports import require_export
from console.gateway import Refused, Unreachable
from console.marking import Marking, highest
from console.missed_changes import missed_changes
from console.pages import page
from console.rendering.list_row import ListRow
from console.seating import Seat, seated
from console.streaming import relay, room_for

router = APIRouter()

AtConsole = Annotated[Seat, Depends(seated)]
FIRST_ROWS = 30
"""Rows in the page itself, to be read before scripts run and where they are off: a large screen of them."""
LARGEST_PAGE = 500
BARS = 90
SECONDS_OF_A_BAR = 10
PRECEDENCES = ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")


@router.get("/")
async def show(
    request: Request, seat: AtConsole, q: str = "", prec: str = "", before: int = 0
) -> HTMLResponse:
    """The page: its frame, and the newest rows for who has no scripts."""
    rows: list[dict[str, Any]] = []
    older, problem = None, None
    try:
        found = await seat.gateway.get("/v1/traffic", _asked(q, prec) | _paging(before, FIRST_ROWS))
        rows, older = found["rows"], found.get("next_before")
    except Refused as no:
        problem = no
    except Unreachable:
        problem = Refused(HTTPStatus.BAD_GATEWAY, {"code": "UNREACHABLE"})
    return page(
        request,
        seat,
        "traffic/list.html",
        room="traffic",
        marking=highest(map(Marking.of, rows)),
        rows=rows,
        marked=Marking.of,
        older=older,
        problem=problem,
        q=q,
        prec=prec,
        precedences=PRECEDENCES,
        listed=[] if before else [ListRow(row, seat.wording) for row in rows],
    )


def _asked(q: str, prec: str) -> dict[str, Any]:
    chosen = [name for name in PRECEDENCES if name in prec.split(",")]
    terms = [q.strip(), f"prec:{','.join(chosen)}" if chosen else ""]
    return {"q": " ".join(filter(None, terms)) or None}


def _paging(before: int, limit: int, after: int = 0) -> dict[str, Any]:
    return {"before": before or None, "after": after or None, "limit": max(1, min(limit, LARGEST_PAGE))}


async def _passed_on(seat: Seat, path: str, asked: dict[str, Any] | None = None) -> Response:
    """The gateway's answer as it came; its refusal as ``_told`` gives it."""
    try:
        found = await seat.gateway.raw(path, asked)
    except Refused as no:
        return JSONResponse(no.problem, no.status, media_type="application/problem+json")
    if not found.headers.get("Content-Type", "").startswith("application/json"):
        raise Unreachable("no JSON")
    return Response(found.content, media_type="application/json", headers={"Cache-Control": "no-store"})


async def _told(look: Callable[[], Awaitable[Any]]) -> Response:
    """What the gateway answered as JSON; its refusal as it is, so that the page can say what was wrong."""
    try:
        found = await look()
    except Refused as no:
        return JSONResponse(no.problem, no.status, media_type="application/problem+json")
    if found is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


@router.get("/traffic/rows")
async def rows(seat: AtConsole, q: str = "", before: int = 0, after: int = 0, limit: int = 200) -> Response:
    """A page of rows, newest first, between two numbers."""
    return await _passed_on(seat, "/v1/traffic", _asked(q, "") | _paging(before, limit, after))


@router.get("/traffic/stream")
async def stream(request: Request, seat: AtConsole) -> Response:
    """The gateway's stream of traffic. It keeps no session alive: people do (``/session/active``)."""
    last = request.headers.get("Last-Event-ID")
    headers = {"Last-Event-ID": last} if last else {}
    return await relay(request, seat, "/v1/traffic/stream", headers=headers)


@router.get("/traffic/changes")
async def changes(request: Request, seat: AtConsole, after: int, through: int) -> Response:
    """What came in a span of the gateway's events that a page has missed."""
    with room_for(console_of(request), seat):
        return await _told(lambda: missed_changes(seat.gateway, after, through))


@router.get("/traffic/histogram")
async def histogram(seat: AtConsole, q: str = "", after: str = "", before: str = "") -> Response:
    """How many messages came when, by precedence: the last quarter of an hour, or a span that is named."""
    now = datetime.now(UTC)
    width = timedelta(seconds=SECONDS_OF_A_BAR)
    end = datetime.fromtimestamp((now.timestamp() // SECONDS_OF_A_BAR + 1) * SECONDS_OF_A_BAR, UTC)
    asked = {
        **_asked(q, ""),
        "from": after or (end - width * BARS).isoformat().replace("+00:00", "Z"),
        "to": before or end.isoformat().replace("+00:00", "Z"),
        "buckets": BARS,
    }
    return await _passed_on(seat, "/v1/traffic/histogram", asked)


@router.get("/traffic/counts")
async def counts(seat: AtConsole, q: str = "") -> Response:
    """How many messages of each precedence the words of a filter find, over the whole history.

    Or ``at_least`` so many, where counting all would have taken the gateway too long.
    """

    async def look() -> dict[str, Any]:
        end = datetime.now(UTC) + timedelta(seconds=1)
        asked = {
            **_asked(q, ""),
            "from": "2000-01-01T00:00:00Z",
            "to": end.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "buckets": 1,
        }
        found = await seat.gateway.get("/v1/traffic/histogram", asked)
        counted = found["buckets"][0]["counts"] if found["buckets"] else {}
        return {
            "counts": {name: int(counted.get(name, 0)) for name in PRECEDENCES},
            "at_least": found.get("counted_from") is not None,
        }

    return await _told(look)


@router.get("/traffic/awaiting")
async def awaiting(seat: AtConsole) -> Response:
    """FLASH messages that this operator's nation has not acknowledged."""
    return await _passed_on(seat, "/v1/traffic/awaiting")


class Given(BaseModel):
    """What an acknowledgement from the list carries: a key, so that one sent twice counts once."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{8,64}$")]
    originator: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


@router.post("/traffic/acknowledge/{message_id}")
async def acknowledge(seat: AtConsole, message_id: UUID, given: Given) -> Response:
    """Acknowledge a message that was received; where no agreement carries one, by receipt alone."""
    body = {
        "level": "READ",
        "outcome": "NOTED",
        "officer_role": seat.office,
        "acknowledged_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    return await _told(
        lambda: seat.gateway.post(
            f"/v1/inbox/{message_id}/acknowledgements",
            body,
            params={"by_receipt": "true", "originator": given.originator},
            idempotency_key=given.key,
        )
    )


@router.get("/traffic/export")
async def export(request: Request, seat: AtConsole, q: str = "", format: str = "csv") -> Response:  # noqa: A002
    """What the filter shows, as a file. The gateway notes it in its audit log."""
    require_export(request)
    kind = "jsonl" if format == "jsonl" else "csv"
    name = f"traffic-{seat.nation}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{kind}"
    answer = await relay(request, seat, "/v1/traffic/export", _asked(q, "") | {"format": kind}, file=True)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@router.get("/traffic/views")
async def views(seat: AtConsole) -> Response:
    """This operator's saved views."""
    return await _passed_on(seat, "/v1/views")


class Query(BaseModel):
    """The words of a saved view."""

    model_config = ConfigDict(extra="forbid")

    query: str


@router.put("/traffic/views/{name}")
async def save_view(seat: AtConsole, name: str, given: Query) -> Response:
    """Save the words of the filter under a name."""
    return await _told(lambda: seat.gateway.put(f"/v1/views/{quote(name, safe='')}", given.model_dump()))


@router.delete("/traffic/views/{name}")
async def remove_view(seat: AtConsole, name: str) -> Response:
    """Forget a saved view."""
    return await _told(lambda: seat.gateway.delete(f"/v1/views/{quote(name, safe='')}"))
