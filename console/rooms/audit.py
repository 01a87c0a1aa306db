"""The audit log: searched, one record in depth, exported; the first page of auditors."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.absent import lenient
from console.audit.records import about, in_depth
from console.audit.searches import FAMILIES, LAST, QUICK, Search
from console.exports import require_export
from console.gateway import Refused
from console.pages import fragment, page
from console.seating import Seat, seated
from console.streaming import relay

router = APIRouter()

SHOWN = 50
COUNTED = 100
Here = Annotated[Seat, Depends(seated)]
Before = Annotated[int | None, Query(ge=1, le=2**53)]
Seq = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/audit")
async def search_log(request: Request, seat: Here, before: Before = None) -> HTMLResponse:
    """What was searched for, newest first; without a search the newest records and what to look for first."""
    asked, now = Search.of(request.query_params), datetime.now(UTC)
    faults, found, counts = asked.faults, None, dict[str, Any]()
    refused: Refused | None = None
    if not faults:
        try:
            found, counts = await asyncio.gather(
                _found(seat, asked, now, before), _counts(seat, now, wanted=asked.empty and before is None)
            )
        except Refused as no:
            if no.status != 422:
                raise
            refused = no
    return page(
        request,
        seat,
        "audit/list.html",
        room="audit",
        status=422 if faults or refused else 200,
        asked=asked,
        faults=faults,
        refused=refused,
        found=found,
        counts=counts,
        before=before,
        quick=QUICK,
        families=FAMILIES,
        lengths=tuple(LAST),
        about=about,
        most=COUNTED,
    )


@router.get("/audit/newer/fragment")
async def newer_records(
    request: Request, seat: Here, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> HTMLResponse:
    """Whether anything newer than ``after`` matches: a page that is being read does not move by itself."""
    asked = Search.of(request.query_params)
    newest = 0
    if not asked.faults:
        found = await _found(seat, asked, datetime.now(UTC), None, limit=1)
        newest = found["items"][0]["audit_seq"] if found["items"] else 0
    return fragment(
        request,
        seat,
        "audit/newer.html",
        room="audit",
        asked=asked,
        after=after,
        newest=newest,
        newer=newest > after,
    )


@router.get("/audit/{seq}")
async def show_record(request: Request, seat: Here, seq: Seq) -> HTMLResponse:
    """One record in depth."""
    item = lenient(await seat.gateway.get(f"/v1/audit/{seq}"))
    return page(request, seat, "audit/record.html", room="audit", item=item, members=in_depth(item["record"]))


@router.post("/audit/export")
async def export_log(request: Request, seat: Here) -> Response:
    """The gateway's file as it comes. That it was exported stands in the log before its first line leaves."""
    require_export(request)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    asked = Search.of(form)
    if asked.faults:
        return RedirectResponse(seat.root + asked.address(), 303)
    kind = "jsonl" if form.get("format") == "jsonl" else "csv"
    params = [*asked.parameters(datetime.now(UTC)), ("format", kind)]
    answer = await relay(request, seat, "/v1/audit/export", params, file=True)
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{seat.nation}.{kind}"'
    return answer


async def _found(
    seat: Seat, asked: Search, now: datetime, before: int | None, limit: int = SHOWN
) -> dict[str, Any]:
    params = [*asked.parameters(now), ("limit", str(limit))]
    if before is not None:
        params.append(("before", str(before)))
    found: dict[str, Any] = lenient(await seat.gateway.get("/v1/audit/search", params))
    return found


async def _counts(seat: Seat, now: datetime, *, wanted: bool) -> dict[str, int]:
    """How many records each of the first searches finds, up to ``COUNTED``."""
    if not wanted:
        return {}
    pages = await asyncio.gather(*(_found(seat, each, now, None, COUNTED) for each in QUICK.values()))
    return {name: len(each["items"]) for name, each in zip(QUICK, pages, strict=True)}
