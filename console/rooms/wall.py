"""The room wall: not furnished yet."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from console.pages import page
from console.seating import Seat, seated

router = APIRouter()


@router.get("/wall")
async def show(request: Request, seat: Annotated[Seat, Depends(seated)]) -> HTMLResponse:
    """A page that says that nothing is here yet."""
    return page(request, seat, "states/unfurnished.html", room="wall")
