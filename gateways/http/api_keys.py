"""API keys of partner systems: ``ent_<key id>_<secret>``, what they may do, how one is made.

The secret has 256 random bits, so its plain SHA-256 is all that is stored: there is nothing to guess.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum

from bus.store.api_keys import ApiKey
from schemas.header import Kind


class Scope(StrEnum):
    """What a key may be used for."""

    MESSAGES_WRITE = "messages:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_RECALL = "messages:recall"
    BACKFILLS_WRITE = "backfills:write"
    INBOX_READ = "inbox:read"
    INBOX_ACKNOWLEDGE = "inbox:acknowledge"
    EVENTS_READ = "events:read"
    REQUESTS_READ = "requests:read"
    REQUESTS_WRITE = "requests:write"
    WEBHOOKS_WRITE = "webhooks:write"
    AUDIT_READ = "audit:read"
    TRUST_READ = "trust:read"
    TRUST_WRITE = "trust:write"
    AGREEMENTS_READ = "agreements:read"
    AGREEMENTS_WRITE = "agreements:write"
    METRICS_READ = "metrics:read"


DEFAULT_RATE_PER_SECOND = 200.0
DEFAULT_BURST = 400

_SHAPE = re.compile(r"ent_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY = hashlib.sha256(b"").hexdigest()


def new_api_key(
    name: str,
    scopes: Collection[Scope],
    *,
    created_at: datetime,
    randomness: Callable[[int], bytes],
    kinds: Collection[Kind] | None = None,
    expires_at: datetime | None = None,
    rate_per_second: float = DEFAULT_RATE_PER_SECOND,
    burst: int = DEFAULT_BURST,
) -> tuple[str, ApiKey]:
    """A new key: its text, shown once and kept nowhere, and what the store keeps of it.

    ``kinds`` limits what it may publish and what it is shown; None is every kind. An empty set of scopes or
    kinds permits nothing.
    """
    key_id = randomness(8).hex()
    secret = base64.urlsafe_b64encode(randomness(32)).rstrip(b"=").decode()
    stored = ApiKey(
        key_id=key_id,
        secret_hash=_hash(secret),
        name=name,
        scopes=tuple(sorted(scope.value for scope in scopes)),
        kinds=None if kinds is None else tuple(sorted(kinds)),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=None,
        rate_per_second=rate_per_second,
        burst=burst,
    )
    return f"ent_{key_id}_{secret}", stored


def split_api_key(text: str) -> tuple[str, str] | None:
    """Key id and secret of a key's text; None when it does not have the shape of one."""
    match = _SHAPE.fullmatch(text)
    return None if match is None else (match[1], match[2])


def secret_fits(secret: str, stored_hash: str | None) -> bool:
    """Whether the secret is the key's, in constant time; for an unknown key it takes as long and is False."""
    fits = hmac.compare_digest(_hash(secret), stored_hash or _NOBODY)
    return fits and stored_hash is not None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
