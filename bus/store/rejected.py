"""What was refused: header and code of the newest, their sealed bytes under a quota, both per originator."""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from bus.store.columns import instant, micros, reason_of
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

KEPT_OCTETS = 32 * 1024 * 1024
KEPT_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class NewRejected:
    """A refused bundle or, with `serial`, one refused delivery of it.

    `originator`, `mode` and `lane` as far as the subject or header could be read. `outcome` as in
    `bus.protocol.inbound.Outcome`.
    """

    originator: str | None
    mode: Mode | None
    lane: Lane | None
    subject: str
    serial: int | None
    bundle_id: str | None
    sealed: bytes
    reason: ReasonCode
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refusal as listed. `kept`: the sealed bytes are still there. `sealed_digest`: their SHA-256, hex."""

    rejected_seq: int
    originator: str | None
    mode: Mode | None
    lane: Lane | None
    subject: str
    serial: int | None
    bundle_id: str | None
    size: int
    sealed_digest: str
    reason: ReasonCode
    outcome: str
    at: datetime
    kept: bool


def add(tx: sqlite3.Connection, new: NewRejected, kept_octets: int = KEPT_OCTETS) -> int:
    """Record a refusal; its `rejected_seq`.

    Sealed bytes are kept once per bundle. When an originator's exceed `kept_octets`, the oldest bytes are
    dropped first; their rows stay until `trim`.
    """
    digest = _digest(new.sealed)
    keep = len(new.sealed) <= kept_octets and not known(tx, new.sealed)
    cursor = tx.execute(
        "INSERT INTO rejected (originator, mode, lane, subject, serial, bundle_id, sealed, size,"
        " sealed_digest, reason, outcome, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.originator,
            new.mode,
            new.lane,
            new.subject,
            new.serial,
            new.bundle_id,
            new.sealed if keep else None,
            len(new.sealed),
            digest,
            new.reason.value,
            new.outcome,
            micros(new.at),
        ),
    )
    if keep:
        _drop_oldest(tx, new.originator, kept_octets)
    return cast(int, cursor.lastrowid)


def known(tx: sqlite3.Connection, sealed: bytes) -> bool:
    """Whether a refusal of exactly these bytes is on record."""
    row = tx.execute(
        "SELECT 1 FROM rejected INDEXED BY rejected_digest WHERE sealed_digest = ?", (_digest(sealed),)
    )
    return row.fetchone() is not None


def trim(tx: sqlite3.Connection, originator: str | None, kept_rows: int = KEPT_ROWS) -> int:
    """Drop an originator's oldest refusals beyond `kept_rows`, their sealed bytes with them; how many went.

    What was refused is told by the audit log as well, which keeps every record.
    """
    return tx.execute(
        "DELETE FROM rejected INDEXED BY rejected_originator WHERE originator IS ? AND rejected_seq <="
        " (SELECT rejected_seq FROM rejected INDEXED BY rejected_originator WHERE originator IS ?"
        " ORDER BY rejected_seq DESC LIMIT 1 OFFSET ?)",
        (originator, originator, kept_rows),
    ).rowcount


def list_newest(
    tx: sqlite3.Connection, *, before: int | None = None, limit: int = 50, originator: str | None = None
) -> tuple[Rejected, ...]:
    """Refusals, newest first, with `rejected_seq` below `before`."""
    conditions, values = ["1"], list[Any]()
    for condition, value in (("rejected_seq < ?", before), ("originator = ?", originator)):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    return tuple(
        Rejected(
            row[0],
            row[1],
            None if row[2] is None else Mode(row[2]),
            None if row[3] is None else Lane(row[3]),
            row[4],
            row[5],
            row[6],
            row[7],
            row[8],
            reason_of(row[9]),
            row[10],
            instant(row[11]),
            bool(row[12]),
        )
        for row in tx.execute(
            "SELECT rejected_seq, originator, mode, lane, subject, serial, bundle_id, size,"  # noqa: S608
            " sealed_digest, reason, outcome, at, sealed IS NOT NULL FROM rejected"
            f" WHERE {' AND '.join(conditions)}"
            " ORDER BY rejected_seq DESC LIMIT ?",
            (*values, limit),
        )
    )


def sealed_bytes(tx: sqlite3.Connection, rejected_seq: int) -> bytes | None:
    """The kept bytes of a refused bundle, found by any of its refusals; None when they were dropped."""
    row = tx.execute(
        "SELECT sealed FROM rejected INDEXED BY rejected_digest WHERE sealed IS NOT NULL AND sealed_digest ="
        " (SELECT sealed_digest FROM rejected WHERE rejected_seq = ?)",
        (rejected_seq,),
    ).fetchone()
    return None if row is None else bytes(row[0])


def kept_octets(tx: sqlite3.Connection, originator: str | None) -> int:
    """How many sealed bytes are kept of an originator's refused bundles."""
    row = tx.execute(
        "SELECT coalesce(sum(size), 0) FROM rejected INDEXED BY rejected_kept"
        " WHERE originator IS ? AND sealed IS NOT NULL",
        (originator,),
    ).fetchone()
    return int(row[0])


@lru_cache(maxsize=1)
def _digest(sealed: bytes) -> str:
    """Of one bundle up to 64 deliveries may be refused, one after the other."""
    return hashlib.sha256(sealed).hexdigest()


def _drop_oldest(tx: sqlite3.Connection, originator: str | None, quota: int) -> None:
    excess = kept_octets(tx, originator) - quota
    if excess <= 0:
        return
    drop: list[tuple[int]] = []
    for seq, size in tx.execute(
        "SELECT rejected_seq, size FROM rejected INDEXED BY rejected_kept"
        " WHERE originator IS ? AND sealed IS NOT NULL ORDER BY rejected_seq",
        (originator,),
    ):
        drop.append((seq,))
        excess -= size
        if excess <= 0:
            break
    tx.executemany("UPDATE rejected SET sealed = NULL WHERE rejected_seq = ?", drop)
