"""Signing in at the nation's identity provider: the browser goes there and comes back; the gateway judges.

What the gateway calls the transaction stays in a cookie of this browser meanwhile. Browsers send no Strict
cookie with a way back from another site, so that cookie is Lax, alone of all, and a page of ours stands
between the way back and the console: what it leads to is again a step within our own site.
"""

import hmac
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from console.console import Console, console_of
from console.gateway import Refused, SeatGateway, SessionOver, Unreachable
from console.pages import page
from console.rooms.sign_in import browser_of, door_page, enter, local_path
from console.seating import Seat, seated
from console.sessions import Session

router = APIRouter()

BACK = "/sign-in/oidc/back"
WAY_SECONDS = 600
LONGEST = 2000
OIDC = "/v1/operators/oidc"

Text = Annotated[str, Query(max_length=LONGEST)]


@router.get("/sign-in/oidc")
async def go_to_provider(request: Request, next: str = "/") -> Response:  # noqa: A002
    """The way there, for somebody who is not signed in."""
    console = console_of(request)
    body = {"redirect_uri": back_address(request, console)}
    try:
        answer = await console.link.call("POST", f"{OIDC}/begin", json=body)
    except Refused as no:
        return _failed(request, error=no)
    except Unreachable:
        return _failed(request, unreachable=True)
    begun = answer.json()
    browser = request.cookies.get(console.cookies.browser, "")
    return _sent(
        console, begun["authorization_url"], begun["transaction"], local_path(next), browser_of(browser)
    )


@router.get("/sign-in/oidc/fresh")
async def confirm_at_provider(request: Request, seat: Annotated[Seat, Depends(seated)]) -> Response:
    """The way there, for somebody who is signed in and proves it again for an act that asks for it."""
    console = console_of(request)
    begun = await seat.gateway.post(f"{OIDC}/fresh/begin", {"redirect_uri": back_address(request, console)})
    seat.session.way = begun["transaction"]
    return _sent(console, begun["authorization_url"], begun["transaction"], "")


@router.get(BACK)
async def come_back(
    request: Request, code: Text = "", state: Text = "", iss: Text = "", error: Text = ""
) -> Response:
    """The way back, with what the provider gave; used up whatever comes of it."""
    console = console_of(request)
    transaction, browser, target = _kept(request.cookies.get(console.cookies.way, ""))
    if error or not (code and state and transaction):
        answer = _failed(request, declined=True)
    else:
        given = {"transaction": transaction, "state": state, "code": code} | ({"iss": iss} if iss else {})
        session = _confirming(console, transaction)
        try:
            if session is not None:
                answer = await _confirmed(request, console, session, given)
            else:
                answer = await _signed_in(request, console, given, target, browser)
        except Refused as no:
            answer = _failed(request, error=no)
        except Unreachable:
            answer = _failed(request, unreachable=True)
    console.drop_cookie(answer, console.cookies.way)
    return answer


async def _signed_in(
    request: Request, console: Console, given: dict[str, str], target: str, browser: str
) -> Response:
    """A page of ours that goes on by itself, with the cookies of a new session."""
    told = await console.link.call("POST", f"{OIDC}/finish", json=given)
    entered = await enter(request, told.json(), target, browser)
    if entered.status_code != HTTPStatus.SEE_OTHER:
        return entered
    answer = page(
        request, None, "sign_in/back.html", room="sign_in", going_on=entered.headers["location"], fresh=False
    )
    for cookie in entered.headers.getlist("set-cookie"):
        answer.headers.append("set-cookie", cookie)
    return answer


async def _confirmed(request: Request, console: Console, session: Session, given: dict[str, str]) -> Response:
    """The session's tokens are fresh now: what asked for it goes on where it was asked."""
    session.way = None
    try:
        await SeatGateway(console.link, session).confirm_at_provider(given)
    except SessionOver:
        return _failed(request, declined=True)
    return page(request, None, "sign_in/back.html", room="sign_in", going_on="", fresh=True)


def back_address(request: Request, console: Console) -> str:
    """Where the provider sends people back, as this browser addresses us; the gateway's settings list it."""
    over_tls = console.settings.tls_certificate_file is not None or console.settings.behind_tls_proxy
    host = request.headers.get("Host", "")
    return f"{'https' if over_tls else 'http'}://{host}{console.root}{BACK}"


def _sent(console: Console, url: str, transaction: str, target: str, browser: str = "") -> Response:
    answer = RedirectResponse(url, HTTPStatus.SEE_OTHER)
    kept = f"{transaction}.{browser}.{quote(target, safe='')}"
    console.set_cookie(answer, console.cookies.way, kept, WAY_SECONDS, from_elsewhere=True)
    return answer


def _kept(cookie: str) -> tuple[str, str, str]:
    """What went with the browser: the transaction, which browser it is, and where the person wanted to go.

    The cookie that tells which browser it is stays behind, too: without its name drafts would be lost.
    """
    transaction, _, rest = cookie.partition(".")
    browser, _, target = rest.partition(".")
    return transaction, browser, local_path(unquote(target))


def _confirming(console: Console, transaction: str) -> Session | None:
    """The session that is to become fresh by this transaction. Its own cookie does not come along."""
    for session in console.sessions.all():
        if session.way is not None and hmac.compare_digest(session.way.encode(), transaction.encode()):
            return session
    return None


def _failed(
    request: Request, *, error: Refused | None = None, unreachable: bool = False, declined: bool = False
) -> Response:
    status = error.status if error else HTTPStatus.BAD_GATEWAY if unreachable else HTTPStatus.BAD_REQUEST
    return door_page(
        request,
        "sign_in/provider_failed.html",
        status=status,
        error=error,
        unreachable=unreachable,
        declined=declined,
    )
