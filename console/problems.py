"""What goes wrong, as designed states: signed out, not permitted, not found, refused, unreachable."""

import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from console import csrf
from console.console import console_of
from console.gateway import Refused, SessionOver, Unreachable
from console.pages import fragment, page
from console.roles import who_may
from console.seating import (
    CONFIRMED,
    OWN_PASSWORD,
    PasswordMustChange,
    PasswordWanted,
    Seat,
    seated,
    wants_page,
)
from console.security import UNSAFE, TooLarge, TooSlow
from console.ways import ways_of

NOT_FRESH = "SIGN_IN_NOT_FRESH"
LARGEST_KEPT = 200
"""Fields of a form that are kept while the password is asked for."""

_log = structlog.get_logger("console.problems")


def install(app: FastAPI) -> None:
    """Let an app answer with states instead of bare errors."""
    answers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        Refused: _refused,
        Unreachable: _unreachable,
        SessionOver: _session_over,
        PasswordWanted: _password_wanted,
        PasswordMustChange: _password_must_change,
        csrf.Forged: _forged,
        TooLarge: _too_large,
        TooSlow: _too_slow,
        HTTPException: _http,
        RequestValidationError: _unreadable,
    }
    for kind, answer in answers.items():
        app.add_exception_handler(kind, answer)


def state(request: Request, kind: str, status: int, **context: Any) -> Response:
    """The answer for a state: a page, a fragment, or a problem, as the request asks for."""
    seat: Seat | None = getattr(request.state, "seat", None)
    given = {"kind": kind, "problem": None, "retry_after": None, "allowed": (), "instance": ""} | context
    if wants_page(request):
        return page(request, seat, "states/state.html", room="states", status=status, **given)
    if request.url.path.endswith("/fragment") or request.headers.get("X-Requested-With") == "fragment":
        return fragment(request, seat, "states/state.html", room="states", status=status, **given)
    problem = given["problem"]
    code = problem.code if problem is not None else kind.upper().replace("-", "_")
    detail = problem.detail if problem is not None else ""
    pointer = problem.pointer if problem is not None else None
    body = {"status": status, "code": code, "detail": detail, "pointer": pointer}
    return JSONResponse(body, status, media_type="application/problem+json")


async def _refused(request: Request, no: Refused) -> Response:
    if no.code == NOT_FRESH and request.method in UNSAFE:
        return await _password_wanted(request, PasswordWanted())
    kind = {403: "forbidden", 404: "not-found", 429: "too-many"}.get(no.status, "refused")
    if no.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = "gateway-fault"
    return state(
        request, kind, no.status, problem=no, retry_after=no.retry_after, allowed=who_may(request, no)
    )


async def _unreachable(request: Request, _: Unreachable) -> Response:
    return state(request, "unreachable", HTTPStatus.BAD_GATEWAY)


async def _session_over(request: Request, over: SessionOver) -> Response:
    console = console_of(request)
    if not wants_page(request):
        return state(request, "signed-out", HTTPStatus.UNAUTHORIZED)
    query = []
    if over.why != "none":
        query.append(f"why={over.why}")
    local = request.url.path.removeprefix(console.root)
    if request.method == "GET" and local not in ("", "/"):
        address = local + (f"?{request.url.query}" if request.url.query else "")
        query.append(f"next={quote(address, safe='')}")
    target = f"{console.root}/sign-in" + (f"?{'&'.join(query)}" if query else "")
    answer = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    console.drop_cookie(answer, console.cookies.session)
    return answer


async def _password_wanted(request: Request, wanted: PasswordWanted) -> Response:
    """The form once more, its fields as they came, with the password beside them."""
    if not wants_page(request):
        return state(request, "password-wanted", HTTPStatus.FORBIDDEN, problem=wanted.error)
    kept: list[tuple[str, str]] = []
    if csrf.is_form(request):
        form = await request.form()
        kept = [
            (name, value)
            for name, value in form.multi_items()
            if isinstance(value, str) and name not in (CONFIRMED, csrf.FIELD)
        ]
        if len(kept) > LARGEST_KEPT:
            # Half a form must not be sent as if it were all of it.
            return state(request, "too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return page(
        request,
        _seat_of(request),
        "states/password.html",
        room="states",
        status=HTTPStatus.FORBIDDEN,
        kept=kept,
        error=wanted.error,
        action=str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        field=CONFIRMED,
        ways=await ways_of(console_of(request)),
    )


async def _password_must_change(request: Request, _: PasswordMustChange) -> Response:
    if not wants_page(request):
        return state(request, "password-must-change", HTTPStatus.FORBIDDEN)
    return RedirectResponse(console_of(request).root + OWN_PASSWORD, HTTPStatus.SEE_OTHER)


async def _forged(request: Request, _: csrf.Forged) -> Response:
    return state(request, "forged", HTTPStatus.FORBIDDEN)


async def _too_large(request: Request, _: TooLarge) -> Response:
    return _closing(state(request, "too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE))


async def _too_slow(request: Request, _: TooSlow) -> Response:
    return _closing(state(request, "too-slow", HTTPStatus.REQUEST_TIMEOUT))


async def _unreadable(request: Request, _: RequestValidationError) -> Response:
    return state(request, "unreadable", HTTPStatus.UNPROCESSABLE_ENTITY)


async def _http(request: Request, error: HTTPException) -> Response:
    match error.__cause__:  # a body that the framework itself was reading
        case TooLarge() as bound:
            return await _too_large(request, bound)
        case TooSlow() as bound:
            return await _too_slow(request, bound)
    if wants_page(request) and request.method == "GET":
        # An address that nobody answers for: the header stays for whoever is signed in.
        with contextlib.suppress(SessionOver, PasswordMustChange, Refused, Unreachable):
            await seated(request)
    kind = {404: "not-found", 405: "not-found"}.get(error.status_code, "unreadable")
    answer = state(request, kind, error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def fault(request: Request, error: Exception) -> Response:
    """Unforeseen: the log gets the kind of fault and its place, never a value."""
    instance = str(uuid4())
    _log.error("console.fault", fault=type(error).__name__, place=_place_of(error), instance=instance)
    return state(request, "fault", HTTPStatus.INTERNAL_SERVER_ERROR, instance=instance)


async def bare_fault(_: Request, error: Exception) -> Response:
    """As ``fault``, where no console is: in the page that chooses between several."""
    _log.error("console.fault", fault=type(error).__name__, place=_place_of(error))
    return Response(status_code=HTTPStatus.INTERNAL_SERVER_ERROR)


def _closing(answer: Response) -> Response:
    """What of the body has not been read is not read any more."""
    answer.headers["Connection"] = "close"
    return answer


def _seat_of(request: Request) -> Seat | None:
    return getattr(request.state, "seat", None)


def _place_of(error: BaseException) -> str:
    """File, line and function where it happened: no values, which may be content."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    code = trace.tb_frame.f_code
    return f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}"
