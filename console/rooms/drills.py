"""Drills: what was played here and what can be, out of the folder where whoever runs drills writes it.

The one room whose data are not the gateway's: exercise staff alone is shown it, by the role that the gateway
gave. Nothing in it says what is yet to come, and nothing what a message says.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from console.console import console_of
from console.journals import Run, read_catalogue, read_run, read_runs
from console.pages import fragment, page
from console.problems import state
from console.seating import Seat, seated
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
    if isinstance(found, Response):
        return found
    return page(request, seat, "drills/run.html", room="drills", run=found, standing=standing)


@router.get("/{run}/fragment")
async def show_news(request: Request, run: RunName, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """The part of that page that changes."""
    found = await _found(request, run, seat)
    if isinstance(found, Response):
        return found
    return fragment(request, seat, "drills/run.html", room="drills", run=found, standing=standing)


async def _found(request: Request, run: str, seat: Seat) -> Run | Response:
    """The journal, or the answer that there is none to be shown."""
    if Role.EXERCISE_STAFF not in seat.roles:
        return state(request, "forbidden", 403, allowed=STAFF)
    found = await asyncio.to_thread(read_run, console_of(request).settings.drills_dir, run)
    return found if found is not None else state(request, "not-found", 404)


def standing(run: Run) -> str:
    """``ended``, ``running``, or ``quiet`` when nothing was written for a while."""
    if run.end is not None:
        return "ended"
    newest = run.lines[0].at if run.lines else run.start.started_at
    return "quiet" if datetime.now(UTC) - newest > QUIET else "running"
