"""What pages fetch beside themselves: sentences for scripts, colours, word of people at the keys."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from console.console import console_of
from console.own_files import ASKED_EACH_TIME, FOR_EVER
from console.seating import Seat, seated
from console.supply import Supply
from console.wording import LANGUAGES

router = APIRouter()


@router.get("/wording/{language}.json")
async def wording(request: Request, language: str, v: str = "") -> Response:
    """The sentences under ``live`` of a language. They are no secret: the sign-in page has them, too."""
    if language not in LANGUAGES:
        return JSONResponse({}, 404)
    return _supplied(request, console_of(request).wordings.of(language).live_text, v, "application/json")


@router.get("/palette.css")
async def palette(request: Request, v: str = "") -> Response:
    """Colours of labels, where a palette is configured."""
    return _supplied(
        request, Supply(console_of(request).palette.css().encode()), v, "text/css; charset=utf-8"
    )


@router.post("/session/active")
async def active(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """Somebody is at the keys: ``seated`` has noted it. Without this a page that only looks is left alone."""
    return JSONResponse({"idle_seconds": console_of(request).sessions.idle_seconds})


def _supplied(request: Request, supply: Supply, version: str, kind: str) -> Response:
    tag = f'"{supply.tag}"'
    kept = FOR_EVER if version == supply.tag else ASKED_EACH_TIME
    headers = {"ETag": tag, "Cache-Control": kept.decode()}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(supply.content, media_type=kind, headers=headers)
