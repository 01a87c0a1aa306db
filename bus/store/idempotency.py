"""Answers kept per API key and Idempotency-Key, so that a repeated request is answered and not done twice."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, micros


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """What was answered. Another `request_digest` under the same key is a conflict: the caller judges."""

    request_digest: str
    status: int
    response: bytes
    at: datetime


def get(tx: sqlite3.Connection, api_key_id: str, key: str) -> StoredResponse | None:
    """The answer given under this key, or None."""
    row = tx.execute(
        "SELECT request_digest, status, response, at FROM idempotency WHERE api_key_id = ? AND key = ?",
        (api_key_id, key),
    ).fetchone()
    return None if row is None else StoredResponse(row[0], row[1], row[2], instant(row[3]))


def put(tx: sqlite3.Connection, api_key_id: str, key: str, stored: StoredResponse) -> None:
    """Keep an answer, in the transaction of what it answers for. StoreConflict when the key is taken."""
    tx.execute(
        "INSERT INTO idempotency (api_key_id, key, request_digest, status, response, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (api_key_id, key, stored.request_digest, stored.status, stored.response, micros(stored.at)),
    )


def prune(tx: sqlite3.Connection, before: datetime) -> int:
    """Forget answers older than `before`; how many."""
    return tx.execute("DELETE FROM idempotency WHERE at < ?", (micros(before),)).rowcount
