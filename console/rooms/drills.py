"""Drills: what is planned and played here, out of the folder where whoever runs drills writes it.

The one room whose data are not the gateway's: exercise staff alone is shown it, by the role that the gateway
gave. They see what is yet to come and may hold, skip and abort it; nothing here is what a message says, or
what a scenario expects.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from console.console import console_of
from console.drill_acts import NotListening, ask
from console.journals import Run, read_catalogue, read_run, read_runs
from console.pages import fragment, page
from console.problems import state
from console.seating import Seat, seated
from schemas.drill_control import ControlAct, ControlLine
from schemas.drill_journal import DrillPhase
from schemas.operator import Role

router = APIRouter(prefix="/drills")

STAFF = (Role.EXERCISE_STAFF,)
QUIET = timedelta(minutes=5)
RunName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


@router.get("")
async def show(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """Every drill that was played here, and the catalogue."""
    if Role.EXERCISE_STAFF not in seat.roles:
        return state(request, "forbidden", 403, allowed=STAFF)
    folder = console_of(request).settings.drills_dir
    runs, drills = await asyncio.gather(
        asyncio.to_thread(read_runs, folder), asyncio.to_thread(read_catalogue, folder)
    )
    return page(request, seat, "drills/list.html", room="drills", runs=runs, drills=drills, standing=standing)


@router.get("/{run}")
async def show_run(request: Request, run: RunName, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """One drill as it goes on."""
    found = await _found(request, run, seat)
    return found if isinstance(found, Response) else _run_page(request, seat, found)


@router.get("/{run}/fragment")
async def show_news(request: Request, run: RunName, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """The part of that page that changes."""
    found = await _found(request, run, seat)
    if isinstance(found, Response):
        return found
    return fragment(request, seat, "drills/run.html", room="drills", **_context(found))


@router.post("/{run}/control")
async def control(request: Request, run: RunName, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """Hold the drill, let it go on, skip an inject of it; or end it, once its name was typed."""
    # The gateway's word of now: a role that was taken away must not serve here until the session is renewed.
    if Role.EXERCISE_STAFF not in (await seat.gateway.get("/v1/operators/me"))["roles"]:
        return state(request, "forbidden", HTTPStatus.FORBIDDEN, allowed=STAFF)
    found = await _found(request, run, seat)
    if isinstance(found, Response):
        return found
    given = await request.form()
    line = _line(seat, given.get("act"), given.get("serial"))
    if line is None:
        return _run_page(request, seat, found, HTTPStatus.UNPROCESSABLE_ENTITY, refusal="no_act")
    if line.act is ControlAct.ABORT and str(given.get("typed", "")).strip() != run:
        return _run_page(request, seat, found, HTTPStatus.UNPROCESSABLE_ENTITY, refusal="not_typed")
    try:
        await asyncio.to_thread(ask, console_of(request).settings.drills_dir, run, line)
    except NotListening:
        return _run_page(request, seat, found, HTTPStatus.CONFLICT, refusal="over")
    seat.notice(f"drills.asked.{line.act.value}", serial=line.serial or "")
    return RedirectResponse(f"{seat.root}/drills/{run}", HTTPStatus.SEE_OTHER)


def _line(seat: Seat, act: Any, serial: Any) -> ControlLine | None:
    """What is asked of the drill, and by whom; None for what is no act."""
    try:
        return ControlLine(
            at=datetime.now(UTC),
            by=f"{seat.nation} {seat.operator}",
            act=ControlAct(act),
            serial=serial or None,
        )
    except (ValueError, ValidationError):
        return None


def _run_page(
    request: Request, seat: Seat, run: Run, status: int = HTTPStatus.OK, refusal: str | None = None
) -> Response:
    context = _context(run) | {"refusal": refusal}
    return page(request, seat, "drills/run.html", room="drills", status=status, **context)


def _context(run: Run) -> dict[str, Any]:
    return {"run": run, "standing": standing, "refusal": None}


async def _found(request: Request, run: str, seat: Seat) -> Run | Response:
    """The journal, or the answer that there is none to be shown."""
    if Role.EXERCISE_STAFF not in seat.roles:
        return state(request, "forbidden", 403, allowed=STAFF)
    found = await asyncio.to_thread(read_run, console_of(request).settings.drills_dir, run)
    return found if found is not None else state(request, "not-found", 404)


def standing(run: Run) -> str:
    """How it ended, or held, judging, running; ``quiet`` without news, ``gone`` without a runner."""
    if run.end is not None:
        return run.end.result.value.lower() if run.end.result is not None else "ended"
    if run.list is None:
        return "quiet" if datetime.now(UTC) - run.newest > QUIET else "running"
    if not run.under_way:
        return "gone"
    return {DrillPhase.HELD: "held", DrillPhase.JUDGING: "judging"}.get(
        run.list.phase or DrillPhase.PLAYING, "running"
    )
