"""Who sits at the console in this request: ``Depends(seated)``. Nothing is reached without it."""

import time
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from console import csrf
from console.console import Console, console_of
from console.gateway import Refused, SeatGateway, SessionOver, Unreachable
from console.preferences import Preferences
from console.security import UNSAFE
from console.sessions import IdleTooLong, Session
from console.wording import Wording

CONFIRMED = "confirm_password"
"""The field with which any form may carry the password again, for acts that need it given recently."""
STRIP_SECONDS = 2.0
OWN_PASSWORD = "/settings/password"  # noqa: S105 (a path)


class PasswordWanted(Exception):
    """The act needs the password given again; ``error`` is the refusal of the one that was given."""

    def __init__(self, error: Refused | None = None) -> None:
        super().__init__("password wanted")
        self.error = error


class PasswordMustChange(Exception):
    """Signed in with a one-time password, which serves for nothing but replacing it."""


@dataclass(frozen=True)
class Seat:
    """An operator at the console. The gateway decides what they may; this only says what to show."""

    session: Session
    nation: str
    gateway: SeatGateway
    preferences: Preferences
    wording: Wording
    root: str
    strip: list[dict[str, Any]] | None
    """Partners as ``GET /v1/partners`` has them; None while they cannot be read."""

    @property
    def operator(self) -> str:
        """The name signed in with."""
        return str(self.session.operator["name"])

    @property
    def display_name(self) -> str:
        """The name for people."""
        return str(self.session.operator["display_name"])

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles, in order of name."""
        return tuple(self.session.operator["roles"])

    @property
    def office(self) -> str:
        """The roles as an acknowledgement names them: in English, for it is other nations that read it."""
        return ", ".join(self.roles).replace("_", " ").capitalize()

    @property
    def rights(self) -> frozenset[str]:
        """What the roles permit, by the gateway's last word."""
        return frozenset(self.session.operator["rights"])

    @property
    def sees_content(self) -> bool:
        """Whether messages are shown to these roles, and not only what is known of them."""
        return bool(self.session.operator["sees_content"])

    @property
    def csrf(self) -> str:
        """The token for forms."""
        return self.session.csrf

    @property
    def language(self) -> str:
        """The language of the pages."""
        return self.wording.language

    @property
    def zone(self) -> str:
        """The time zone of local times."""
        return self.preferences.zone

    def may(self, *rights: str) -> bool:
        """Whether the roles permit one of these."""
        return any(right in self.rights for right in rights)

    def notice(self, key: str, tone: str = "done", **values: Any) -> None:
        """Show a sentence of the catalogue as a toast with the next page (after a redirect)."""
        self.session.notice(key, tone, **values)


async def seated(request: Request) -> Seat:
    """The seat of a request. Raises SessionOver, Forged, PasswordWanted or PasswordMustChange."""
    console = console_of(request)
    session = await session_of(request, console)
    if session is None:
        raise SessionOver("none")
    gateway = SeatGateway(console.link, session)
    preferences, wording = console.chosen(request)
    strip = await _strip(session, gateway) if wants_page(request) else None
    seat = Seat(session, console.settings.nation, gateway, preferences, wording, console.root, strip)
    # Known before anything is refused: a refusal is a page with the person's own header and forms.
    request.state.seat = seat
    if request.method in UNSAFE:
        await csrf.check(request, session.csrf)
        session.active()
        await _confirmed(request, gateway)
    elif by_a_person(request):
        session.active()
    local = request.url.path.removeprefix(console.root)
    if session.operator["password_change_required"] and local not in (OWN_PASSWORD, "/sign-out"):
        raise PasswordMustChange
    return seat


async def session_of(request: Request, console: Console) -> Session | None:
    """The session that the request's cookie names. One at which nobody has been too long ends here."""
    try:
        return console.sessions.find(request.cookies.get(console.cookies.session))
    except IdleTooLong as idle:
        await console.sign_out(idle.session)
        raise SessionOver("idle") from None


def by_a_person(request: Request) -> bool:
    """Whether somebody at the keys asked for this, as far as the browser tells: a page was gone to."""
    mode = request.headers.get("Sec-Fetch-Mode")
    return wants_page(request) if mode is None else mode == "navigate"


def wants_page(request: Request) -> bool:
    """Whether the answer is to be a whole page, and not a part of one or data."""
    destination = request.headers.get("Sec-Fetch-Dest")
    if destination is not None:
        return destination == "document"
    accepted = request.headers.get("Accept", "*/*")
    return "text/html" in accepted or accepted == "*/*"


async def _confirmed(request: Request, gateway: SeatGateway) -> None:
    """Give the gateway the password that came with the form, where one did."""
    if not csrf.is_form(request):
        return
    given = (await request.form()).get(CONFIRMED)
    if not isinstance(given, str) or not given:
        return
    try:
        await gateway.confirm_password(given)
    except Refused as no:
        raise PasswordWanted(no) from None


async def _strip(session: Session, gateway: SeatGateway) -> list[dict[str, Any]] | None:
    """The partners for the header, read again after two seconds. A page does not fail for want of them."""
    read_at, partners = session.strip
    if time.monotonic() - read_at > STRIP_SECONDS:
        try:
            partners = (await gateway.get("/v1/partners"))["items"]
        except (Refused, Unreachable):
            partners = None
        session.strip = (time.monotonic(), partners)
    return partners
