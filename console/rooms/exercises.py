"""The calendar of exercises: agenda, month, one exercise in depth, and the same as an iCalendar file."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response

from console.calendar.book import Book
from console.calendar.conflicts import by_pair
from console.calendar.exercises import Exercise, Serial, SerialKind
from console.calendar.file import MEDIA_TYPE, calendar_file
from console.calendar.lead_time import findings, lead_days, notice_due
from console.calendar.pages import Month, agenda_of, days_of, next_after, weeks_of, within
from console.console import console_of
from console.current import current_messages
from console.cut import cut_words
from console.exports import require_export
from console.gateway import Refused
from console.marking import Marking, highest
from console.pages import fragment, page
from console.roles import ROLES_WITH
from console.seating import Seat, seated
from console.streaming import room_for
from console.times import zone_of
from console.visible import one_line, visible
from console.wording import Wording

router = APIRouter()

KIND = "exercise_notice"
PAIRS = 5
"""Pairs of exercises in conflict that the agenda names at once; the others are folded."""


View = Annotated[str, Query(pattern="^(agenda|month)$")]


@router.get("/exercises")
async def show(
    request: Request, seat: Annotated[Seat, Depends(seated)], view: View = "agenda", month: str = ""
) -> HTMLResponse:
    """The agenda, or a month."""
    if not seat.sees_content:
        roles = ROLES_WITH["content"]
        return page(request, seat, "exercises/closed.html", room="exercises", status=403, roles=roles)
    template, shown = await _shown(seat, view, month)
    return page(request, seat, template, room="exercises", **shown)


@router.get("/exercises/fragment")
async def show_again(
    request: Request, seat: Annotated[Seat, Depends(seated)], view: View = "agenda", month: str = ""
) -> HTMLResponse:
    """The same for a page that refreshes itself."""
    template, shown = await _shown(seat, view, month)
    return fragment(request, seat, template, room="exercises", **shown)


async def _shown(seat: Seat, view: str, month: str) -> tuple[str, dict[str, Any]]:
    now, zone = datetime.now(UTC), zone_of(seat.zone)
    book = await _read(seat, now)
    shared: dict[str, Any] = {"book": book, "marking": _marking(book.exercises), "view": view}
    shared |= {"marking_of": marking_of, "cut_words": cut_words}
    if view == "agenda":
        agenda = agenda_of(book.listed, now, zone)
        shared |= {"agenda": agenda, "month_name": _month_namer(seat.wording)}
        shared |= {"pairs": by_pair(book.conflicts), "most_pairs": PAIRS}
        return "exercises/agenda.html", shared
    chosen = Month.parse(month) or Month.of(now.astimezone(zone).date())
    weeks = weeks_of(chosen, book.listed, zone, seat.wording.locale.first_week_day)
    seen = within(weeks, book.listed, zone)
    following = None if seen else next_after(weeks, book.listed, zone)
    shared["marking"] = _marking(seen if following is None else [following])
    return "exercises/month.html", shared | {
        "month": chosen,
        "weeks": weeks,
        "nothing": not seen,
        "following": following,
        "following_month": Month.of(days_of(following, zone)[0]) if following else None,
        "today": now.astimezone(zone).date(),
        "month_name": _month_namer(seat.wording),
        "day_name": _day_namer(seat.wording),
    }


@router.get("/exercises/calendar.ics")
async def download(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """Every exercise as an iCalendar file."""
    book = await _read(seat, datetime.now(UTC))
    await _record_export(request, seat, f"type:{KIND} status:current")
    return _file(seat, book.exercises, f"exercises-{seat.nation}")


@router.get("/exercises/{key}")
async def show_one(request: Request, seat: Annotated[Seat, Depends(seated)], key: str) -> HTMLResponse:
    """One exercise in depth."""
    now = datetime.now(UTC)
    book = await _read(seat, now)
    exercise = book.find(key)
    if exercise is None:
        raise HTTPException(404)
    return page(
        request,
        seat,
        "exercises/one.html",
        room="exercises",
        marking=_marking([exercise]),
        book=book,
        exercise=exercise,
        met=book.of(exercise),
        lead=lead_days(exercise),
        due=notice_due(exercise),
        said=findings(exercise, now, seat.nation),
        serial_kinds=SerialKind,
    )


@router.get("/exercises/{key}/calendar.ics")
async def download_one(request: Request, seat: Annotated[Seat, Depends(seated)], key: str) -> Response:
    """One exercise as an iCalendar file."""
    book = await _read(seat, datetime.now(UTC))
    exercise = book.find(key)
    if exercise is None:
        raise HTTPException(404)
    await _record_export(request, seat, f"id:{exercise.message_id}")
    return _file(seat, [exercise], f"exercise-{exercise.originator}")


async def _record_export(request: Request, seat: Seat, query: str) -> None:
    """Let the gateway note in its audit log what leaves, with the highest marking of it. What it refuses to
    export, or cannot note, does not leave here either. Raises Refused, Unreachable."""
    require_export(request)
    asked = {"q": query, "format": "jsonl"}
    with room_for(console_of(request), seat, file=True):
        async with seat.gateway.stream("/v1/traffic/export", asked) as noted:
            async for _ in noted.aiter_bytes():
                pass


async def _read(seat: Seat, now: datetime) -> Book:
    if not seat.sees_content:
        raise Refused(403, {"code": "SCOPE_MISSING", "title": "", "detail": "", "scope": "content"})
    current = await current_messages(seat, KIND)
    # Reading and comparing what partners wrote and drew takes time: other requests go on meanwhile.
    return await asyncio.to_thread(
        Book.read, current.received, current.own, cut=current.cut, now=now, nation=seat.nation
    )


def _marking(exercises: tuple[Exercise, ...] | list[Exercise]) -> Marking | None:
    return highest(marking_of(exercise) for exercise in exercises)


def marking_of(exercise: Exercise) -> Marking:
    """An exercise notice's marking."""
    return Marking.of(
        {
            "text": exercise.marking,
            "policy": exercise.policy,
            "classification": exercise.classification,
            "level": exercise.level,
            "mode": exercise.mode,
        }
    )


def _file(seat: Seat, exercises: tuple[Exercise, ...] | list[Exercise], name: str) -> Response:
    wording = seat.wording

    def serial_name(serial: Serial) -> str:
        kind = wording.known(f"kinds.code.type.{serial.type}", serial.type)
        return f"{kind}, {one_line(serial.name)}" if serial.name else kind

    title = f"{wording.t('exercises.title')} {seat.nation}"
    content = calendar_file(exercises, name=title, serial_name=serial_name, shown=visible)
    disposition = f'attachment; filename="{name}.ics"'
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


def _month_namer(wording: Wording) -> Any:
    return lambda month: format_date(month.first, "LLLL y", locale=wording.locale)


def _day_namer(wording: Wording) -> Any:
    return lambda day: format_date(day, "EEE", locale=wording.locale)
