"""Held and rejected: what this gateway has not let in, by header and code alone."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from console.messages.refused_mail import class_of, refused_at_latest
from console.pages import page
from console.seating import Seat, seated

router = APIRouter()
PAGE = 50


@router.get("/held")
async def show(
    request: Request,
    seat: Annotated[Seat, Depends(seated)],
    before: Annotated[int | None, Query(ge=1)] = None,
    originator: Annotated[str | None, Query(max_length=3, pattern="^([A-Z]{3})?$")] = None,
) -> HTMLResponse:
    """What waits to be judged, and what was refused, newest first."""
    whose = originator or None
    waiting, refused = await asyncio.gather(
        seat.gateway.get("/v1/held", {"limit": PAGE}),
        seat.gateway.get("/v1/rejected", {"limit": PAGE, "before": before, "originator": whose}),
    )
    held = [item for item in waiting["items"] if whose in (None, item["originator"])]
    return page(
        *(request, seat, "held/list.html"),
        room="held",
        held=held,
        many_held=len(waiting["items"]) >= PAGE,
        rejected=refused["items"],
        following=refused.get("next"),
        before=before,
        originator=originator or "",
        class_of=class_of,
        refused_at_latest=refused_at_latest,
    )
