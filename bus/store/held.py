"""Bundles that cannot be judged yet: kept under a quota per originator, retried on every trust change."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bus.store.columns import instant, integers_text, micros, reason_of
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane


@dataclass(frozen=True, slots=True)
class Quota:
    """What one originator may occupy."""

    count: int = 10_000
    octets: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class NewHeld:
    """A bundle to hold. The originator is the subject's, which the hub vouches for; nothing is verified."""

    originator: str
    mode: Mode
    lane: Lane
    subject: str
    sealed: bytes
    reason: ReasonCode
    held_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A held bundle."""

    held_seq: int
    originator: str
    mode: Mode
    lane: Lane
    subject: str
    sealed: bytes
    reason: ReasonCode
    held_at: datetime


class HoldResult(StrEnum):
    """Whether it is kept. REFUSED: over quota; the originator, never getting a receipt, resends."""

    HELD = "held"
    ALREADY = "already"
    REFUSED = "refused"


def hold(tx: sqlite3.Connection, new: NewHeld, quota: Quota) -> HoldResult:
    """Keep a bundle within its originator's quota. The same bytes are held once, with the latest reason."""
    digest = hashlib.sha256(new.sealed).hexdigest()
    known = tx.execute("UPDATE held SET reason = ? WHERE sealed_digest = ?", (new.reason.value, digest))
    if known.rowcount:
        return HoldResult.ALREADY
    count, octets = usage(tx, new.originator)
    if count + 1 > quota.count or octets + len(new.sealed) > quota.octets:
        return HoldResult.REFUSED
    tx.execute(
        "INSERT INTO held (originator, mode, lane, subject, sealed, size, sealed_digest, reason, held_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.originator,
            new.mode.value,
            new.lane.value,
            new.subject,
            new.sealed,
            len(new.sealed),
            digest,
            new.reason.value,
            micros(new.held_at),
        ),
    )
    return HoldResult.HELD


def usage(tx: sqlite3.Connection, originator: str) -> tuple[int, int]:
    """How many bundles and how many bytes are held of an originator."""
    row: tuple[int, int] | None = tx.execute(
        "SELECT count, octets FROM held_usage WHERE originator = ?", (originator,)
    ).fetchone()
    return row or (0, 0)


_SELECT = "SELECT held_seq, originator, mode, lane, subject, sealed, reason, held_at FROM held"


def to_retry(tx: sqlite3.Connection, after: int = 0, limit: int = 64) -> tuple[Held, ...]:
    """Held bundles with `held_seq` above `after`, in order of holding: a lane's order is kept on retry."""
    return _held(tx.execute(f"{_SELECT} WHERE held_seq > ? ORDER BY held_seq LIMIT ?", (after, limit)))


def due(
    tx: sqlite3.Connection,
    reasons: Iterable[ReasonCode],
    before: datetime,
    after: int = 0,
    limit: int = 64,
) -> tuple[Held, ...]:
    """As `to_retry`, but only what is held for one of `reasons`, or since `before` or earlier.

    Finds them by index: a flood of others, which nothing but a trust change can help, costs nothing here.
    """
    return _held(
        tx.execute(
            f"{_SELECT} WHERE held_seq > ? AND held_seq IN ("  # noqa: S608 - fixed texts
            " SELECT held_seq FROM held WHERE reason IN (SELECT value FROM json_each(?))"
            " UNION SELECT held_seq FROM held WHERE held_at <= ?) ORDER BY held_seq LIMIT ?",
            (after, json.dumps([reason.value for reason in reasons]), micros(before), limit),
        )
    )


def mark_retried(tx: sqlite3.Connection, held_seq: int, reason: ReasonCode, now: datetime) -> None:
    """It was tried again and is still held, now for this reason."""
    tx.execute(
        "UPDATE held SET reason = ?, retried_at = ? WHERE held_seq = ?", (reason.value, micros(now), held_seq)
    )


def discharge(tx: sqlite3.Connection, held_seqs: Iterable[int]) -> None:
    """These were admitted or refused: hold them no longer."""
    tx.execute(
        "DELETE FROM held WHERE held_seq IN (SELECT value FROM json_each(?))", (integers_text(held_seqs),)
    )


def count_by_originator(tx: sqlite3.Connection) -> dict[str, int]:
    """How many bundles are held, by originator; for metrics and the list of partners."""
    return dict(tx.execute("SELECT originator, count FROM held_usage"))


def _held(rows: Iterable[tuple[int, str, str, str, str, bytes, str, int]]) -> tuple[Held, ...]:
    return tuple(
        Held(row[0], row[1], Mode(row[2]), Lane(row[3]), row[4], row[5], reason_of(row[6]), instant(row[7]))
        for row in rows
    )
