"""One nation's console while it runs: its settings, sessions, words, and the way to its gateway."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from console.forms.draft_keys import DraftKeys
from console.gateway import GatewayLink, Refused, Unreachable
from console.marking import Palette
from console.preferences import Preferences
from console.sessions import Session, Sessions, Tokens
from console.settings import ConsoleSettings
from console.wording import Wording, Wordings

LOOK_SECONDS = 5.0
YEAR = 365 * 24 * 3600
WEEK = 7 * 24 * 3600


@dataclass(frozen=True)
class Cookies:
    """Names of the console's cookies. A port does not part cookies, so a nation's name does."""

    session: str
    door: str
    choices: str
    way: str
    """The way to the identity provider and back: the only one that comes along from elsewhere."""
    browser: str
    """Which browser this is: whose drafts they are that lie in it."""

    @classmethod
    def of(cls, nation: str, root: str) -> "Cookies":
        """``__Host-`` where the console has the whole host, ``__Secure-`` and a path where it has a part."""
        prefix = "__Secure-entente" if root else "__Host-entente"
        kinds = ("session", "door", "choices", "way", "browser")
        return cls(*(f"{prefix}-{kind}-{nation.lower()}" for kind in kinds))


@dataclass
class Console:
    """What every request of one console shares."""

    settings: ConsoleSettings
    root: str
    sessions: Sessions
    link: GatewayLink
    wordings: Wordings
    palette: Palette
    cookies: Cookies
    door_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    shared: bool = False
    """Whether this process serves other nations' consoles, too: then nothing may be live."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    streams: Counter[Session] = field(default_factory=Counter)
    """Live streams that are open, of every session."""
    files: Counter[Session] = field(default_factory=Counter)
    draft_keys: DraftKeys = field(default_factory=DraftKeys, repr=False)

    @classmethod
    def of(cls, settings: ConsoleSettings, wordings: Wordings | None = None) -> "Console":
        """A console; nothing is opened before the first request."""
        ca_file = str(settings.gateway_ca_file) if settings.gateway_ca_file else None
        return cls(
            settings,
            settings.root_path,
            Sessions(idle_seconds=settings.idle_minutes * 60, largest=settings.max_sessions),
            GatewayLink(settings.gateway_url, ca_file=ca_file, seconds=settings.gateway_timeout_seconds),
            wordings or Wordings(),
            Palette.read(settings.label_palette_file),
            Cookies.of(settings.nation, settings.root_path),
        )

    def chosen(self, request: Request) -> tuple[Preferences, Wording]:
        """What the person at this browser prefers, and the words in their language."""
        preferences = Preferences.read(request.cookies.get(self.cookies.choices))
        accepted = request.headers.get("Accept-Language")
        return preferences, self.wordings.chosen(preferences.language, accepted)

    def set_cookie(
        self,
        response: Response,
        name: str,
        value: str,
        seconds: int | None = None,
        *,
        from_elsewhere: bool = False,
    ) -> None:
        """Set one of the console's cookies; without ``seconds`` it ends with the browser.

        ``from_elsewhere``: it comes along, too, when another site leads to a page of ours.
        """
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=self.root or "/",
            secure=True,
            httponly=True,
            samesite="lax" if from_elsewhere else "strict",
        )

    def drop_cookie(self, response: Response, name: str) -> None:
        """Make the browser forget a cookie."""
        response.delete_cookie(name, path=self.root or "/", secure=True, httponly=True, samesite="strict")

    async def begin_session(self, tokens: Tokens, operator: Mapping[str, Any], browser: str = "") -> str:
        """A new session's cookie. Sessions that make room for it end at the gateway, too."""
        identifier, _ = self.sessions.begin(tokens, operator, browser)
        await asyncio.gather(*map(self.sign_out, self.sessions.displaced()))
        return identifier

    async def sign_out(self, session: Session) -> None:
        """End a session here and at the gateway. Here it ends whatever the gateway says.

        By the refresh token: the access token of somebody who went away has ended.
        """
        self.sessions.end(session)
        await session.settled()
        with contextlib.suppress(Refused, Unreachable):
            given = {"refresh_token": session.tokens.refresh}
            await self.link.call("POST", "/v1/operators/revoke", json=given)

    async def watch_sessions(self) -> None:
        """Sign out whom nobody is at the keys for, until cancelled. Their streams end with it."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for session in self.sessions.left_alone():
                await self.sign_out(session)

    async def close(self) -> None:
        """End streams and connections."""
        self.closing.set()
        await self.link.close()


def console_of(request: Request) -> Console:
    """The console that a request came to."""
    console: Console = request.app.state.console
    return console
