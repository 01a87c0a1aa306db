"""Signing in and out. Name and password go to the gateway and nowhere else."""

import hmac
import secrets
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from console import csrf
from console.console import YEAR, Console, console_of
from console.gateway import Refused, SessionOver, Unreachable
from console.pages import page
from console.preferences import Preferences
from console.seating import OWN_PASSWORD, Seat, seated, session_of
from console.sessions import Tokens

router = APIRouter()

WHY = ("ended", "idle", "signed-out")
Text = Annotated[str, Form()]


@router.get("/sign-in")
async def sign_in_page(request: Request, why: str = "", next: str = "/") -> Response:  # noqa: A002
    """The form."""
    return _form(request, why=why if why in WHY else "", next_path=local_path(next))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    name: Text = "",
    password: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """A new session under a new identifier, whatever the browser brought along."""
    console = console_of(request)
    await csrf.check(request, _door_token(console, request.cookies.get(console.cookies.door, "")))
    target = local_path(next)
    try:
        answer = await console.link.call(
            "POST", "/v1/operators/sign-in", json={"name": name.strip(), "password": password}
        )
    except Refused as no:
        return _form(request, next_path=target, name=name.strip(), error=no)
    except Unreachable:
        return _form(request, next_path=target, name=name.strip(), unreachable=True)
    return await enter(request, answer.json(), target)


async def enter(request: Request, given: dict[str, object], target: str) -> Response:
    """Begin a session with what the gateway gave, end the one that the browser had, and go to a page."""
    console = console_of(request)
    try:
        before = await session_of(request, console)
    except SessionOver:
        before = None
    if before is not None:
        await console.sign_out(before)
    operator = given["operator"]
    assert isinstance(operator, dict)
    identifier, _ = console.sessions.begin(Tokens.of(given), operator)
    if operator["password_change_required"]:
        target = OWN_PASSWORD
    answer = RedirectResponse(console.root + target, HTTPStatus.SEE_OTHER)
    console.set_cookie(answer, console.cookies.session, identifier)
    console.drop_cookie(answer, console.cookies.door)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """End the session here and at the gateway."""
    console = console_of(request)
    console.draft_keys.forget(seat.operator)
    await console.sign_out(seat.session)
    answer = RedirectResponse(f"{console.root}/sign-in?why=signed-out", HTTPStatus.SEE_OTHER)
    console.drop_cookie(answer, console.cookies.session)
    return answer


@router.post("/sign-in/language")
async def language(request: Request, language: Text = "", next: Text = "/sign-in") -> Response:  # noqa: A002
    """Choose the language before signing in."""
    console = console_of(request)
    csrf.check_origin(request)
    chosen = Preferences.read(request.cookies.get(console.cookies.choices)).chosen({"language": language})
    answer = RedirectResponse(console.root + local_path(next), HTTPStatus.SEE_OTHER)
    console.set_cookie(answer, console.cookies.choices, chosen.written(), YEAR)
    return answer


def local_path(wanted: str) -> str:
    """``wanted`` if it is an address of this console, else the first page: nobody is led elsewhere."""
    parts = urlsplit(wanted)
    odd = any(ord(character) <= 32 or character == "\\" for character in wanted)
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith("//") or odd:
        return "/"
    return wanted


def _form(
    request: Request,
    *,
    why: str = "",
    next_path: str = "/",
    name: str = "",
    error: Refused | None = None,
    unreachable: bool = False,
) -> Response:
    console = console_of(request)
    door = request.cookies.get(console.cookies.door) or secrets.token_urlsafe(24)
    status = error.status if error is not None else HTTPStatus.BAD_GATEWAY if unreachable else HTTPStatus.OK
    answer = page(
        request,
        None,
        "sign_in/form.html",
        room="sign_in",
        status=status,
        door=_door_token(console, door),
        why=why,
        next_path=next_path,
        name=name,
        error=error,
        unreachable=unreachable,
    )
    console.set_cookie(answer, console.cookies.door, door)
    return answer


def _door_token(console: Console, door: str) -> str:
    return hmac.new(console.door_key, door.encode(), "sha256").hexdigest()
