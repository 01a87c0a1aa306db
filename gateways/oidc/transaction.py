"""What ties the way back from the provider to the way there: state, nonce and PKCE verifier. Pure.

Nothing is kept for a transaction that was begun: its text says when and for what, authenticated by a key of
this process, and everything secret of it is derived from text and key. So beginning costs no room, however
often it is done, and whoever holds the text (a browser's cookie) can derive nothing.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateways.oidc.errors import Fault, TransactionRefused

GOOD_FOR = timedelta(minutes=10)
"""Time for the way there and back: a person types a password, perhaps looks for a second factor."""

KEY_OCTETS = 32
CHANCE_OCTETS = 16
MAC_OCTETS = 32
_HEAD = 8 + 1 + 16
"""Time in microseconds, place of the redirect address in the settings' list, session (zeros for none)."""
_NO_SESSION = bytes(16)
_SHAPE = re.compile(r"[A-Za-z0-9_-]{98}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One way to the provider and back."""

    text: str = field(repr=False)
    begun_at: datetime
    redirect: int
    """Which of the listed redirect addresses it comes back to."""
    session_id: str | None
    """The session that is to become fresh; None for a sign-in."""
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """The verifier's hash, which the provider keeps (RFC 7636, S256)."""
        return _text(hashlib.sha256(self.verifier.encode("ascii")).digest())

    @property
    def until(self) -> datetime:
        """When it is over."""
        return self.begun_at + GOOD_FOR


def begin(key: bytes, chance: bytes, now: datetime, redirect: int, session_id: str | None) -> Transaction:
    """A new transaction from 16 random octets."""
    session = _NO_SESSION if session_id is None else bytes.fromhex(session_id)
    at = (now - _EPOCH) // timedelta(microseconds=1)
    body = at.to_bytes(8, "big") + redirect.to_bytes(1, "big") + session + chance
    if len(body) != _HEAD + CHANCE_OCTETS:
        raise ValueError("a session is 16 octets, and so is chance")
    return _of(key, body)


def read(key: bytes, text: str, state: str, now: datetime) -> Transaction:
    """The transaction that was begun with this text, if it is not over and the state is its own.

    Raises TransactionRefused.
    """
    if _SHAPE.fullmatch(text) is None:
        raise TransactionRefused(Fault.UNKNOWN)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    body = raw[:-MAC_OCTETS]
    # Compared as text, so that there is one text for each transaction: it is what is remembered as used.
    if not hmac.compare_digest(_authenticated(key, body), text):
        raise TransactionRefused(Fault.UNKNOWN)
    found = _of(key, body)
    if not found.begun_at <= now < found.until:
        raise TransactionRefused(Fault.OVER)
    if not hmac.compare_digest(found.state.encode(), state.encode("utf-8", "surrogatepass")):
        raise TransactionRefused(Fault.STATE)
    return found


def _of(key: bytes, body: bytes) -> Transaction:
    session = body[9:_HEAD]
    return Transaction(
        text=_authenticated(key, body),
        begun_at=_EPOCH + timedelta(microseconds=int.from_bytes(body[:8], "big")),
        redirect=body[8],
        session_id=None if session == _NO_SESSION else session.hex(),
        state=_text(_derived(key, b"state", body)),
        nonce=_text(_derived(key, b"nonce", body)),
        verifier=_text(_derived(key, b"verifier", body)),
    )


def _authenticated(key: bytes, body: bytes) -> str:
    return _text(body + _derived(key, b"transaction", body))


def _derived(key: bytes, use: bytes, body: bytes) -> bytes:
    return hmac.digest(key, use + b"\0" + body, "sha256")


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
