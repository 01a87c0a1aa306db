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


SCANNED = 50_000
"""Records looked at for one page by event at most: there is no index for these."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Records in log order. `position` is how far the log was looked through: there the next page begins."""

    records: tuple[StoredRecord, ...]
    position: int


def page_after(
    tx: sqlite3.Connection,
    after: int = 0,
    *,
    limit: int = 100,
    event: AuditEvent | None = None,
    message_id: str | None = None,
    publication_id: str | None = None,
) -> AuditPage:
    """As `list_after`, but no page by event alone keeps a reader for long: it may hold fewer, or none."""
    about = {"message_id": message_id, "publication_id": publication_id}
    if event is None or any(about.values()):
        records = list_after(tx, after, limit=limit, event=event, **about)
        return AuditPage(records, records[-1].audit_seq if records else after)
    upper = min(after + SCANNED, max(after, latest_seq(tx)))
    rows = tx.execute(
        "SELECT audit_seq, salt, record, event, at FROM audit"
        " WHERE audit_seq > ? AND audit_seq <= ? AND event = ? ORDER BY audit_seq LIMIT ?",
        (after, upper, event, limit),
    )
    records = tuple(map(_stored, rows))
    return AuditPage(records, records[-1].audit_seq if len(records) == limit else upper)


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
    return tuple(map(_stored, rows))


def _stored(row: Any) -> StoredRecord:
    return StoredRecord(row[0], row[1], row[2], AuditEvent(row[3]), instant(row[4]))
