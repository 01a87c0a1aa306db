"""API keys of partner systems. Only a hash of each secret is stored."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.store.columns import instant, instant_or_none, micros, micros_or_none, strings, strings_text
from schemas.header import Kind


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key and what it may do. `kinds` None: every kind; `rate_per_second` and `burst` limit requests."""

    key_id: str
    secret_hash: str
    name: str
    scopes: tuple[str, ...]
    kinds: tuple[Kind, ...] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    rate_per_second: float
    burst: int


def add(tx: sqlite3.Connection, key: ApiKey) -> None:
    """Store a new key. StoreConflict when the id is taken."""
    tx.execute(
        "INSERT INTO api_key (key_id, secret_hash, name, scopes, kinds, created_at, expires_at, revoked_at,"
        " rate_per_second, burst) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key.key_id,
            key.secret_hash,
            key.name,
            strings_text(key.scopes),
            None if key.kinds is None else strings_text(key.kinds),
            micros(key.created_at),
            micros_or_none(key.expires_at),
            micros_or_none(key.revoked_at),
            key.rate_per_second,
            key.burst,
        ),
    )


def find(tx: sqlite3.Connection, key_id: str) -> ApiKey | None:
    """The key with this id, revoked and expired ones included: the caller judges."""
    row = tx.execute(f"{_SELECT} WHERE key_id = ?", (key_id,)).fetchone()
    return None if row is None else _key(row)


def list_all(tx: sqlite3.Connection) -> tuple[ApiKey, ...]:
    """Every key, oldest first."""
    return tuple(map(_key, tx.execute(f"{_SELECT} ORDER BY created_at, key_id")))


def revoke(tx: sqlite3.Connection, key_id: str, at: datetime) -> bool:
    """Revoke a key for good; False when it is unknown or was revoked before."""
    return (
        tx.execute(
            "UPDATE api_key SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL", (micros(at), key_id)
        ).rowcount
        > 0
    )


_SELECT = (
    "SELECT key_id, secret_hash, name, scopes, kinds, created_at, expires_at, revoked_at, rate_per_second,"
    " burst FROM api_key"
)


def _key(row: Any) -> ApiKey:
    kinds = None if row[4] is None else tuple(map(Kind, strings(row[4])))
    return ApiKey(
        row[0],
        row[1],
        row[2],
        strings(row[3]),
        kinds,
        instant(row[5]),
        instant_or_none(row[6]),
        instant_or_none(row[7]),
        row[8],
        row[9],
    )
