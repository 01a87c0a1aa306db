"""What pages fetch beside themselves: sentences for scripts, colours, word of people at the keys."""

import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from console.console import console_of
from console.seating import Seat, seated
from console.wording import LANGUAGES

router = APIRouter()


@router.get("/wording/{language}.json")
async def wording(request: Request, language: str) -> Response:
    """The sentences under ``live`` of a language. They are no secret: the sign-in page has them, too."""
    if language not in LANGUAGES:
        return JSONResponse({}, 404)
    content = json.dumps(console_of(request).wordings.of(language).live(), ensure_ascii=False).encode()
    return _revalidated(request, content, "application/json")


@router.get("/palette.css")
async def palette(request: Request) -> Response:
    """Colours of labels, where a palette is configured."""
    return _revalidated(request, console_of(request).palette.css().encode(), "text/css; charset=utf-8")


@router.post("/session/active")
async def active(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """Somebody is at the keys: ``seated`` has noted it. Without this a page that only looks is left alone."""
    return JSONResponse({"idle_seconds": console_of(request).sessions.idle_seconds})


def _revalidated(request: Request, content: bytes, kind: str) -> Response:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
