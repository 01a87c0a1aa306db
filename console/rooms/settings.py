"""Settings: what a person chooses for themselves at this browser, and their password."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from console.console import YEAR, console_of
from console.gateway import Refused
from console.marking import LEVELS, Marking
from console.pages import page
from console.preferences import DENSITIES
from console.rooms.sign_in import local_path
from console.seating import OWN_PASSWORD, Seat, seated, wants_page
from console.times import zones

router = APIRouter()

Sitting = Annotated[Seat, Depends(seated)]
Text = Annotated[str, Form()]
CHOICES = ("language", "zone", "density", "sound", "keys")
SAMPLE_WORDS = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET")


@router.get("/settings")
async def show(request: Request, seat: Sitting) -> Response:
    """Every choice on one page."""
    palette = console_of(request).palette
    samples = [Marking(SAMPLE_WORDS[level], level=level) for level in range(LEVELS)]
    samples += [
        Marking(each.classification, policy=each.policy, classification=each.classification, level=LEVELS - 1)
        for each in palette.label
    ]
    return page(
        request,
        seat,
        "settings/page.html",
        room="settings",
        zones=zones(),
        densities=DENSITIES,
        samples=samples,
    )


@router.post("/settings/choices")
async def choose(request: Request, seat: Sitting) -> Response:
    """Keep what was chosen; what the form does not have stays as it is."""
    form = await request.form()
    given = {name: value for name in CHOICES if isinstance(value := form.get(name), str)}
    if form.get("whole") == "page":
        # A box that is not ticked is not sent.
        given = {"sound": "off", "keys": "off"} | given
    answer: Response
    if wants_page(request):
        seat.notice("settings.kept")
        answer = RedirectResponse(f"{seat.root}/settings", HTTPStatus.SEE_OTHER)
    else:
        answer = JSONResponse({})
    return _kept(request, answer, given)


@router.post("/settings/language")
async def language(
    request: Request,
    seat: Sitting,
    language: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    """The choice in the header: back to the page that one was at."""
    answer = RedirectResponse(seat.root + local_path(next), HTTPStatus.SEE_OTHER)
    return _kept(request, answer, {"language": language})


@router.get(OWN_PASSWORD)
async def password_page(request: Request, seat: Sitting) -> Response:
    """The form for another password."""
    return _password_form(request, seat)


@router.post(OWN_PASSWORD)
async def change_password(
    request: Request, seat: Sitting, current: Text = "", new: Text = "", again: Text = ""
) -> Response:
    """Replace the password: every other session ends. The session goes on under a new identifier."""
    if new != again:
        return _password_form(request, seat, unequal=True, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await seat.gateway.change_password(current, new)
    except Refused as no:
        if no.status not in (401, 403, 422, 429):
            raise
        return _password_form(request, seat, error=no, status=no.status)
    console = console_of(request)
    console.sessions.end(seat.session)
    before = seat.session
    identifier, begun = console.sessions.begin(before.tokens, before.operator, before.browser)
    begun.notice("settings.password_changed")
    answer = RedirectResponse(f"{seat.root}/settings", HTTPStatus.SEE_OTHER)
    console.set_cookie(answer, console.cookies.session, identifier)
    return answer


def _password_form(
    request: Request, seat: Seat, *, error: Refused | None = None, unequal: bool = False, status: int = 200
) -> Response:
    return page(
        request,
        seat,
        "settings/password.html",
        room="settings",
        status=status,
        error=error,
        unequal=unequal,
        required=seat.session.operator["password_change_required"],
    )


def _kept(request: Request, answer: Response, given: dict[str, str]) -> Response:
    console = console_of(request)
    preferences, _ = console.chosen(request)
    console.set_cookie(answer, console.cookies.choices, preferences.chosen(given).written(), YEAR)
    return answer
