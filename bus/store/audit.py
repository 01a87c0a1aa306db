"""Audit records, append-only (triggers refuse any change), written in the transaction of the act recorded."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.store.columns import instant, micros
from schemas.audit import AuditEvent, AuditRecord

SALT_OCTETS = 32


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """An audit record's exact bytes (JSON of `schemas.audit.AuditRecord`) and its salt, in log order."""

    audit_seq: int
    salt: bytes
    record: bytes
    event: AuditEvent
    at: datetime


def append(
    tx: sqlite3.Connection, records: Sequence[AuditRecord], randomness: Callable[[int], bytes]
) -> None:
    """Append records in this order. `randomness(n)` gives n random bytes, as `os.urandom` does."""
    if not records:
        return
    salts = randomness(SALT_OCTETS * len(records))
    tx.executemany(
        "INSERT INTO audit (salt, record, event, at, message_id, publication_id) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                salts[number * SALT_OCTETS : (number + 1) * SALT_OCTETS],
                record.encode(),
                record.event.value,
                micros(record.at),
                record.message_id,
                record.publication_id,
            )
            for number, record in enumerate(records)
        ],
    )


def list_after(
    tx: sqlite3.Connection,
    after: int = 0,
    *,
    limit: int = 100,
    event: AuditEvent | None = None,
    message_id: str | None = None,
    publication_id: str | None = None,
) -> tuple[StoredRecord, ...]:
    """Records with `audit_seq` above `after`, oldest first; the other arguments narrow."""
    return _list(tx, "audit_seq > ?", after, "ASC", limit, event, message_id, publication_id)


def list_newest(
    tx: sqlite3.Connection,
    before: int | None = None,
    *,
    limit: int = 100,
    event: AuditEvent | None = None,
    message_id: str | None = None,
    publication_id: str | None = None,
) -> tuple[StoredRecord, ...]:
    """Records with `audit_seq` below `before`, newest first; the other arguments narrow."""
    return _list(tx, "audit_seq < ?", before, "DESC", limit, event, message_id, publication_id)


def latest_seq(tx: sqlite3.Connection) -> int:
    """The number of the last record; 0 before the first."""
    row = tx.execute("SELECT max(audit_seq) FROM audit").fetchone()
    return int(row[0] or 0)


def _list(
    tx: sqlite3.Connection,
    cursor: str,
    position: int | None,
    direction: str,
    limit: int,
    event: AuditEvent | None,
    message_id: str | None,
    publication_id: str | None,
) -> tuple[StoredRecord, ...]:
    conditions, values = ["1"], list[Any]()
    for condition, value in (
        (cursor, position),
        ("event = ?", event),
        ("message_id = ?", message_id),
        ("publication_id = ?", publication_id),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    rows = tx.execute(
        "SELECT audit_seq, salt, record, event, at FROM audit"  # noqa: S608 - fixed texts
        f" WHERE {' AND '.join(conditions)} ORDER BY audit_seq {direction} LIMIT ?",
        (*values, limit),
    )
    return tuple(StoredRecord(row[0], row[1], row[2], AuditEvent(row[3]), instant(row[4])) for row in rows)
