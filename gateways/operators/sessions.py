"""What a session is: tokens that stand for an operator, renewed, checked at every use, ended.

How a session starts is elsewhere (``password_sign_in``): whatever proved who somebody is hands over the
operator and the name of its means, inside the transaction that records the proof. Nothing here is cached: who
is disabled, by this process or by another, is refused with the next request.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from bus.store import operator_sessions as stored
from bus.store.errors import StoreUnavailable
from bus.store.operator_sessions import Found, Session, Token, TokenUse
from bus.store.operators import Operator
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.operators.tokens import is_token, new_token, token_hash
from gateways.settings import Settings
from schemas.audit import AuditEvent, AuditOutcome

PASSWORD, PROVIDER = "password", "oidc"
"""Means of sessions: a password given here, or the word of the nation's identity provider."""
MOST_SESSIONS = 8
"""Sessions of one operator at a time; a further sign-in ends the oldest."""
MOST_TOKENS = 1000
"""Tokens of one session; then it can be renewed no more."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things last."""

    access: timedelta = timedelta(minutes=10)
    idle: timedelta = timedelta(minutes=30)
    session: timedelta = timedelta(hours=12)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the gateway's settings say."""
        return cls(
            timedelta(minutes=settings.operator_token_minutes),
            timedelta(minutes=settings.operator_idle_minutes),
            timedelta(hours=settings.operator_session_hours),
        )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who stands behind an access token, as of now."""

    operator: Operator
    session_id: str
    means: str
    """How the session began."""
    fresh_at: datetime
    """When the operator last proved who they are."""
    token_until: datetime
    session_until: datetime
    token_hash: str = field(repr=False)

    @property
    def password_change_required(self) -> bool:
        """Whether nothing but replacing a one-time password is permitted. Whoever proved at the identity
        provider who they are did not use it."""
        return self.operator.one_time and self.means != PROVIDER


@dataclass(frozen=True, slots=True)
class Issued:
    """A new pair of tokens, to be shown once."""

    signed_in: SignedIn
    access: str = field(repr=False)
    refresh: str = field(repr=False)


class SessionEnded(Exception):
    """The token stands for nobody: unknown, expired, spent, its session over or its operator disabled."""


class Sessions:
    """The sessions of one gateway's operators."""

    def __init__(self, context: GatewayContext, lifetimes: Lifetimes) -> None:
        self._context = context
        self._lifetimes = lifetimes

    async def of_access_token(self, text: str) -> SignedIn:
        """Who presents this access token. Raises SessionEnded, StoreUnavailable."""
        if not is_token(text, TokenUse.ACCESS):
            raise SessionEnded
        return await self.of_access_hash(token_hash(text))

    async def of_access_hash(self, hashed: str) -> SignedIn:
        """As `of_access_token`, for one that was presented before. Raises SessionEnded, StoreUnavailable."""
        found = await self._context.store.read(lambda tx: stored.find(tx, hashed))
        now = self._context.now()
        if found is None or found.token.use is not TokenUse.ACCESS or not self._in_force(found, now):
            raise SessionEnded
        # Written seldom: every write is a disk sync, and idleness is measured in minutes.
        if now - found.session.used_at >= min(self._lifetimes.idle / 10, timedelta(minutes=1)):
            with suppress(StoreUnavailable):
                await self._context.store.write(lambda tx: stored.used(tx, found.session.session_id, now))
        return _signed_in(found)

    async def as_of_now(self, begun: SignedIn) -> SignedIn:
        """Who this is now, also when the access token has ended meanwhile. It is no use of the session.

        Raises SessionEnded, StoreUnavailable.
        """
        found = await self._context.store.read(lambda tx: stored.find_session(tx, begun.session_id))
        if found is None or not self._lasts(*found, self._context.now()):
            raise SessionEnded
        return replace(begun, operator=found[1])

    def still(self, tx: Transaction, signed_in: SignedIn, now: datetime) -> SignedIn:
        """Who this is as of this transaction: the operator may have been disabled meanwhile, or lost a role.

        Raises SessionEnded.
        """
        found = stored.find(tx, signed_in.token_hash)
        if found is None or found.token.use is not TokenUse.ACCESS or not self._in_force(found, now):
            raise SessionEnded
        return _signed_in(found)

    def start(
        self,
        tx: Transaction,
        operator: Operator,
        means: str,
        now: datetime,
        *,
        fresh_at: datetime | None = None,
    ) -> Issued:
        """A new session, never one that was there before; ``means`` is how the operator proved who it is.

        ``fresh_at`` if that proof was not given now.
        """
        stored.drop_ended(tx, now, now - self._lifetimes.idle)
        stored.keep_newest(tx, operator.name, MOST_SESSIONS - 1)
        ends_at = now + self._lifetimes.session
        session = Session(self._context.randomness(16).hex(), operator.name, means, now, now, ends_at)
        stored.start(tx, session)
        return self._issue(tx, operator, session, fresh_at=fresh_at or now, now=now)

    def confirm(
        self, tx: Transaction, hashed: str, now: datetime, *, fresh_at: datetime | None = None
    ) -> Issued:
        """A new pair of tokens for a session whose operator has just proved again who they are.

        Only the new pair is fresh: a copy of an older token stays as old as it was. Raises SessionEnded.
        """
        found = stored.find(tx, hashed)
        if found is None or found.token.use is not TokenUse.ACCESS or not self._in_force(found, now):
            raise SessionEnded
        stored.spend_refresh(tx, found.session.session_id)
        self._room(tx, found, now)
        return self._issue(tx, found.operator, found.session, fresh_at=fresh_at or now, now=now)

    async def refresh(self, text: str) -> Issued:
        """A new pair of tokens for a refresh token, which is used up.

        One that comes a second time ends its session: either its owner or somebody else has a copy.
        Raises SessionEnded, StoreUnavailable.
        """
        if not is_token(text, TokenUse.REFRESH):
            raise SessionEnded
        hashed, now = token_hash(text), self._context.now()
        # Anybody may send guesses: they must not make the disk work.
        if await self._context.store.read(lambda tx: stored.find(tx, hashed)) is None:
            raise SessionEnded

        def job(tx: Transaction) -> Issued | None:
            found = stored.find(tx, hashed)
            if found is None or found.token.use is not TokenUse.REFRESH:
                return None
            if not self._in_force(found, now, spent_too=True):
                return None
            if not stored.spend(tx, hashed):
                stored.end(tx, found.session.session_id)
                evidence = self._evidence(found.operator.name, now)
                _add(evidence, AuditEvent.OPERATOR_TOKEN_REUSED, found.session, AuditOutcome.REFUSED)
                evidence.write(tx)
                return None
            self._room(tx, found, now)
            stored.used(tx, found.session.session_id, now)
            return self._issue(tx, found.operator, found.session, fresh_at=found.token.fresh_at, now=now)

        issued = await self._context.store.write(job)
        if issued is None:
            raise SessionEnded
        return issued

    async def end(self, signed_in: SignedIn) -> None:
        """Sign out: every token of the session is worth nothing from now on. Raises StoreUnavailable."""
        now, name = self._context.now(), signed_in.operator.name

        def job(tx: Transaction) -> None:
            if stored.end(tx, signed_in.session_id):
                evidence = self._evidence(name, now)
                evidence.add(AuditEvent.OPERATOR_SIGNED_OUT, operator=name, session=signed_in.session_id)
                evidence.write(tx)

        await self._context.store.write(job)

    async def end_by_refresh_token(self, text: str) -> bool:
        """Sign out with the refresh token, whose access token may have ended long ago; whether there was
        a session. Raises StoreUnavailable.

        A spent one ends its session, too: whoever has it, it is no longer its owner's alone.
        """
        if not is_token(text, TokenUse.REFRESH):
            return False
        hashed = token_hash(text)
        # Anybody may send guesses: they must not make the disk work.
        found = await self._context.store.read(lambda tx: stored.find(tx, hashed))
        if found is None or found.token.use is not TokenUse.REFRESH:
            return False
        await self.end(_signed_in(found))
        return True

    def _in_force(self, found: Found, now: datetime, *, spent_too: bool = False) -> bool:
        return (
            self._lasts(found.session, found.operator, now)
            and (spent_too or not found.token.spent)
            and now < found.token.until
        )

    def _lasts(self, session: Session, operator: Operator, now: datetime) -> bool:
        return operator.enabled and now < min(session.ends_at, session.used_at + self._lifetimes.idle)

    def _room(self, tx: Transaction, found: Found, now: datetime) -> None:
        stored.drop_expired_access(tx, found.session.session_id, now)
        if stored.count_tokens(tx, found.session.session_id) >= MOST_TOKENS:
            raise SessionEnded

    def _issue(
        self, tx: Transaction, operator: Operator, session: Session, *, fresh_at: datetime, now: datetime
    ) -> Issued:
        texts = {use: new_token(use, os.urandom) for use in TokenUse}
        until = min(now + self._lifetimes.access, session.ends_at)
        tokens = {
            use: Token(token_hash(text), session.session_id, use, fresh_at, ends)
            for (use, text), ends in zip(texts.items(), (until, session.ends_at), strict=True)
        }
        for token in tokens.values():
            stored.put_token(tx, token)
        signed_in = _signed_in(Found(tokens[TokenUse.ACCESS], session, operator))
        return Issued(signed_in, texts[TokenUse.ACCESS], texts[TokenUse.REFRESH])

    def _evidence(self, name: str, now: datetime) -> Evidence:
        return self._context.evidence(actor_of(name), now)


def actor_of(name: str) -> str:
    """How audit records name an operator who acts."""
    return f"operator:{name}"


def _add(evidence: Evidence, event: AuditEvent, session: Session, outcome: AuditOutcome) -> None:
    evidence.add(event, outcome, operator=session.operator, session=session.session_id)


def _signed_in(found: Found) -> SignedIn:
    return SignedIn(
        operator=found.operator,
        session_id=found.session.session_id,
        means=found.session.means,
        fresh_at=found.token.fresh_at,
        token_until=found.token.until,
        session_until=found.session.ends_at,
        token_hash=found.token.token_hash,
    )
