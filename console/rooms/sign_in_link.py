"""Signing in with a one-time link: its secret stands after the #, which browsers send to nobody."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from console import csrf
from console.console import console_of
from console.gateway import Refused, Unreachable
from console.rooms.sign_in import door_page, door_token, enter

router = APIRouter()

TEMPLATE = "sign_in/link.html"


@router.get("/sign-in/link")
async def link_page(request: Request) -> Response:
    """A form, into which a script puts the secret; nothing is done until a person presses the button."""
    return door_page(request, TEMPLATE)


@router.post("/sign-in/link")
async def sign_in_by_link(request: Request, link: Annotated[str, Form()] = "") -> Response:
    """A new session for the link, which is used up."""
    console = console_of(request)
    await csrf.check(request, door_token(console, request.cookies.get(console.cookies.door, "")))
    try:
        answer = await console.link.call("POST", "/v1/operators/link", json={"link": link.strip()})
    except Refused as no:
        return door_page(request, TEMPLATE, status=no.status, error=no)
    except Unreachable:
        return door_page(request, TEMPLATE, status=502, unreachable=True)
    return await enter(request, answer.json(), "/")
