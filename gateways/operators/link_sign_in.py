"""Starting a session with a one-time link, which somebody with access to the gateway's machine handed out.

A link proves less than a password: its session is not fresh until the password was given. It serves once, in
its time, and not for an operator who is disabled or has yet to choose a password.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bus.store import operator_links, operators
from bus.store.operator_links import Link
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.operators.password_sign_in import SignInRefused
from gateways.operators.sessions import Issued, Sessions, actor_of
from gateways.operators.tokens import random_text
from schemas.audit import AuditEvent

MEANS = "link"
NEVER_FRESH = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIX = "enl_"
_SHAPE = re.compile(r"enl_[A-Za-z0-9_-]{43}", re.ASCII)


def new_link(operator: str, until: datetime, randomness: Callable[[int], bytes]) -> tuple[str, Link]:
    """A link's secret, to be shown once, and what the store keeps of it."""
    text = _PREFIX + random_text(randomness)
    return text, Link(_hash(text), operator, until)


def hand_out(tx: Transaction, link: Link, now: datetime) -> None:
    """Store a link."""
    operator_links.add(tx, link, now)


class LinkSignIn:
    """One-time links of one gateway's operators."""

    def __init__(self, context: GatewayContext, sessions: Sessions) -> None:
        self._context = context
        self._sessions = sessions

    async def sign_in(self, text: str) -> Issued:
        """A new session for a link, which is used up. Raises SignInRefused, StoreUnavailable."""
        if _SHAPE.fullmatch(text) is None:
            raise SignInRefused(None)
        hashed = _hash(text)
        # Anybody may send guesses: they must not make the disk work.
        if await self._context.store.read(lambda tx: operator_links.find(tx, hashed)) is None:
            raise SignInRefused(None)

        def job(tx: Transaction) -> Issued | None:
            now = self._context.now()
            link = operator_links.find(tx, hashed)
            if link is None or not operator_links.use_up(tx, hashed) or link.until <= now:
                return None
            operator = operators.find(tx, link.operator)
            if operator is None or not operator.enabled or operator.one_time:
                return None
            issued = self._sessions.start(tx, operator, MEANS, now, fresh_at=NEVER_FRESH)
            evidence = self._context.evidence(actor_of(operator.name), now)
            session = issued.signed_in.session_id
            evidence.add(AuditEvent.OPERATOR_SIGNED_IN, operator=operator.name, session=session, means=MEANS)
            evidence.write(tx)
            return issued

        issued = await self._context.store.write(job)
        if issued is None:
            raise SignInRefused(None)
        return issued


def ends(now: datetime, minutes: int) -> datetime:
    """When a link ends that is handed out now."""
    return now + timedelta(minutes=minutes)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
