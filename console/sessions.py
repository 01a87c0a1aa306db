"""Who is signed in here: in memory alone. A restart of the console signs everybody out."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from console.pace import Pace

SPARE = timedelta(seconds=20)
"""A token that ends within this is refreshed before it is used."""

LARGEST_NOTICE = 20
MOST_OF_ONE = 8
"""Sessions of one operator at a time, at as many browsers."""


@dataclass(frozen=True)
class Tokens:
    """What the gateway gave for this session."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    until: datetime

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Tokens":
        """Out of the gateway's answer to a sign-in or refresh."""
        until = datetime.fromisoformat(answer["operator"]["token_until"])
        return cls(answer["access_token"], answer["refresh_token"], until)


Refresh = Callable[[Tokens], Awaitable[tuple[Tokens, Mapping[str, Any]]]]


class Session:
    """One operator at one browser."""

    def __init__(self, tokens: Tokens, operator: Mapping[str, Any], browser: str = "") -> None:
        self.tokens = tokens
        self.operator = dict(operator)
        self.browser = browser or secrets.token_urlsafe(16)
        """Which browser it is, as far as drafts go. It opens nothing by itself."""
        self.csrf = secrets.token_urlsafe(32)
        self.notices: list[dict[str, Any]] = []
        self.last_active = time.monotonic()
        self.pace = Pace()
        """Of pages that read much."""
        self.way: str | None = None
        """The transaction of a way to the identity provider by which it is to become fresh."""
        self.ended = asyncio.Event()
        self.strip: tuple[float, list[dict[str, Any]] | None] = (0.0, None)
        self._refreshing: asyncio.Task[None] | None = None
        self._replacing: asyncio.Task[None] | None = None

    def active(self) -> None:
        """A person was at the keys just now."""
        self.last_active = time.monotonic()

    def notice(self, key: str, tone: str = "done", **values: Any) -> None:
        """Show a sentence of the catalogue, as a toast, with the next page."""
        del self.notices[: -LARGEST_NOTICE + 1]
        self.notices.append({"key": key, "tone": tone, "values": values})

    def taken_notices(self) -> list[dict[str, Any]]:
        """The notices, which are then forgotten."""
        taken, self.notices = self.notices, []
        return taken

    def renewed(self, tokens: Tokens, operator: Mapping[str, Any]) -> None:
        """The gateway gave new tokens."""
        self.tokens = tokens
        self.operator = dict(operator)

    async def tokens_for_call(self, refresh: Refresh, beyond: Tokens | None = None) -> Tokens:
        """Tokens that serve now; refreshed when they are about to end, or are the ones in ``beyond``.

        A refresh token serves once and a second use ends the session, so only one refresh runs at a time and
        whoever waited for it takes its outcome.
        """
        while self._stale(beyond):
            if self._replacing is not None and not self._replacing.done():
                await asyncio.wait([self._replacing])
                continue
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.ensure_future(self._renew(refresh))
                self._refreshing.add_done_callback(_looked_at)
            # Shielded: a reader who leaves must not leave a token behind that is used up.
            await asyncio.shield(self._refreshing)
        return self.tokens

    async def replace_tokens(self, replace: Refresh, refresh: Refresh) -> None:
        """New tokens by another way than a refresh: nothing else renews them meanwhile."""
        await self.tokens_for_call(refresh)
        await self.settled()
        self._replacing = asyncio.ensure_future(self._renew(replace))
        self._replacing.add_done_callback(_looked_at)
        await asyncio.shield(self._replacing)

    async def settled(self) -> None:
        """Wait until nothing renews the tokens."""
        while (busy := self._busy()) is not None:
            await asyncio.wait([busy])

    def _busy(self) -> "asyncio.Task[None] | None":
        tasks = (self._refreshing, self._replacing)
        return next((task for task in tasks if task is not None and not task.done()), None)

    async def _renew(self, refresh: Refresh) -> None:
        self.renewed(*await refresh(self.tokens))

    def _stale(self, beyond: Tokens | None) -> bool:
        return self.tokens is beyond or self.tokens.until - datetime.now(UTC) < SPARE


def _looked_at(task: "asyncio.Task[None]") -> None:
    """Whoever waits gets the fault; where nobody waits any more it is no news."""
    if not task.cancelled():
        task.exception()


class Sessions:
    """Every session of one console, by a digest of its cookie."""

    def __init__(self, *, idle_seconds: float, largest: int) -> None:
        self._idle = idle_seconds
        self._largest = largest
        self._by_digest: dict[bytes, Session] = {}
        self._displaced: list[Session] = []

    def __len__(self) -> int:
        return len(self._by_digest)

    @property
    def idle_seconds(self) -> float:
        """How long a session lasts with nobody at the keys."""
        return self._idle

    def begin(self, tokens: Tokens, operator: Mapping[str, Any], browser: str = "") -> tuple[str, Session]:
        """A new session, always under a new identifier; the cookie's value, which is kept nowhere."""
        self._make_room(operator["name"])
        identifier = secrets.token_urlsafe(32)
        session = Session(tokens, operator, browser)
        self._by_digest[_digest(identifier)] = session
        return identifier, session

    def find(self, identifier: str | None) -> Session | None:
        """The session of a cookie, unless it is over. Raises IdleTooLong once when nobody was there."""
        if not identifier:
            return None
        session = self._by_digest.get(_digest(identifier))
        if session is not None and self._left_alone(session):
            raise IdleTooLong(session)
        return session

    def end(self, session: Session) -> None:
        """Forget a session; its streams end."""
        session.ended.set()
        self._by_digest = {key: kept for key, kept in self._by_digest.items() if kept is not session}

    def left_alone(self) -> list[Session]:
        """Sessions at which nobody has been for too long."""
        return [session for session in self._by_digest.values() if self._left_alone(session)]

    def all(self) -> list[Session]:
        """Every session."""
        return list(self._by_digest.values())

    def _left_alone(self, session: Session) -> bool:
        return time.monotonic() - session.last_active > self._idle

    def displaced(self) -> list[Session]:
        """Sessions that had to make room, told once: the gateway does not know yet that they are over."""
        taken, self._displaced = self._displaced, []
        return taken

    def _make_room(self, operator: str) -> None:
        """An operator's sessions make room for their own first: nobody signs in so often that others go.

        Of these the one begun first goes, as at the gateway, which has just ended that one: two rules would
        end two sessions.
        """
        own = [session for session in self._by_digest.values() if session.operator["name"] == operator]
        going = own[: max(0, len(own) - MOST_OF_ONE + 1)]
        if not going and len(self._by_digest) >= self._largest:
            going = [min(self._by_digest.values(), key=lambda session: session.last_active)]
        for session in going:
            self.end(session)
        self._displaced += going


class IdleTooLong(Exception):
    """Nobody has been at the keys of this session for too long."""

    def __init__(self, session: Session) -> None:
        super().__init__("idle")
        self.session = session


def _digest(identifier: str) -> bytes:
    return hashlib.sha256(identifier.encode("utf-8", "replace")).digest()
