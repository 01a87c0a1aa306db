"""Signing in and out. Name and password go to the gateway and nowhere else."""

import contextlib
import hmac
import re
import secrets
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from console import csrf
from console.console import WEEK, YEAR, Console, console_of
from console.gateway import Refused, SessionOver, Unreachable
from console.pages import page
from console.preferences import Preferences
from console.seating import OWN_PASSWORD, Seat, seated, session_of
from console.sessions import Tokens
from console.ways import ways_of

router = APIRouter()

ENDED = ("left", "expired", "superseded")
"""States in which an agreement lets nothing pass, and never will."""
WHY = ("ended", "idle", "signed-out")
Text = Annotated[str, Form()]
BROWSER = re.compile(r"[0-9A-Za-z_-]{20,40}")


@router.get("/sign-in")
async def sign_in_page(request: Request, why: str = "", next: str = "/") -> Response:  # noqa: A002
    """The form."""
    return await _form(request, why=why if why in WHY else "", next_path=local_path(next))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    name: Text = "",
    password: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """A new session under a new identifier, whatever the browser brought along."""
    console = console_of(request)
    await csrf.check(request, door_token(console, request.cookies.get(console.cookies.door, "")))
    target = local_path(next)
    try:
        answer = await console.link.call(
            "POST", "/v1/operators/sign-in", json={"name": name.strip(), "password": password}
        )
    except Refused as no:
        return await _form(request, next_path=target, name=name.strip(), error=no)
    except Unreachable:
        return await _form(request, next_path=target, name=name.strip(), unreachable=True)
    return await enter(request, answer.json(), target)


async def enter(
    request: Request, given: dict[str, object], target: str, browser: str | None = None
) -> Response:
    """Begin a session with what the gateway gave, end the one that the browser had, and go to a page.

    ``browser``: which it is, where its own cookie did not come along.
    """
    console = console_of(request)
    try:
        before = await session_of(request, console)
    except SessionOver:
        before = None
    if before is not None:
        await console.sign_out(before)
    operator = given["operator"]
    assert isinstance(operator, dict)
    tokens = Tokens.of(given)
    if console.shared and await live_traffic(console, tokens.access):
        with contextlib.suppress(Refused, Unreachable):
            await console.link.call("POST", "/v1/operators/sign-out", tokens.access)
        return await _form(request, live=True)
    browser = browser_of(browser or request.cookies.get(console.cookies.browser, ""))
    identifier = await console.begin_session(tokens, operator, browser)
    if operator["password_change_required"]:
        target = OWN_PASSWORD
    answer = RedirectResponse(console.root + target, HTTPStatus.SEE_OTHER)
    console.set_cookie(answer, console.cookies.session, identifier)
    # As long as a draft is kept, counted from each sign-in: it has to outlive a browser that crashed.
    console.set_cookie(answer, console.cookies.browser, browser, WEEK)
    console.drop_cookie(answer, console.cookies.door)
    return answer


def browser_of(given: str) -> str:
    """The name by which this browser was known, or a new one."""
    return given if BROWSER.fullmatch(given) else secrets.token_urlsafe(24)


async def live_traffic(console: Console, token: str) -> bool:
    """Whether an agreement lets something pass in OPERATION, or can: then no console serves several nations.

    A gateway that does not say is taken for live.
    """
    try:
        answer = await console.link.call("GET", "/v1/agreements", token)
        items = answer.json()["items"]
        return any("OPERATION" in each["modes"] and each["state"] not in ENDED for each in items)
    except (Refused, Unreachable, ValueError, KeyError, TypeError):
        return True


@router.post("/sign-out")
async def sign_out(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """End the session here and at the gateway."""
    console = console_of(request)
    console.draft_keys.forget(seat.operator, seat.session.browser)
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
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    odd = any(ord(character) <= 32 or character == "\\" for character in wanted)
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith("//") or odd:
        return "/"
    return wanted


async def _form(
    request: Request,
    *,
    why: str = "",
    next_path: str = "/",
    name: str = "",
    error: Refused | None = None,
    unreachable: bool = False,
    live: bool = False,
) -> Response:
    status = error.status if error is not None else HTTPStatus.BAD_GATEWAY if unreachable else HTTPStatus.OK
    return door_page(
        request,
        "sign_in/form.html",
        status=HTTPStatus.CONFLICT if live else status,
        ways=await ways_of(console_of(request)),
        live=live,
        why=why,
        next_path=next_path,
        name=name,
        error=error,
        unreachable=unreachable,
    )


def door_page(
    request: Request,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    error: Refused | None = None,
    unreachable: bool = False,
    **context: Any,
) -> Response:
    """A page with a form for somebody who has no session: its token is bound to a cookie of its own."""
    console = console_of(request)
    door = request.cookies.get(console.cookies.door) or secrets.token_urlsafe(24)
    given = {"error": error, "unreachable": unreachable, "door": door_token(console, door)} | context
    answer = page(request, None, template, room="sign_in", status=status, **given)
    console.set_cookie(answer, console.cookies.door, door)
    return answer


def door_token(console: Console, door: str) -> str:
    """The CSRF token of a form before sign-in."""
    return hmac.new(console.door_key, door.encode(), "sha256").hexdigest()
