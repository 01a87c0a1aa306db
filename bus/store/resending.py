"""Sending again what has no receipt: overdue, asked for, or lost with the broker's store. Serials stay."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import integers_text, micros
from schemas.header import Mode
from schemas.wire import Lane


@dataclass(frozen=True, slots=True)
class Requeued:
    """A delivery that waits again, with the position it keeps."""

    delivery_seq: int
    recipient: str
    mode: Mode
    lane: Lane
    epoch: int
    serial: int
    message_id: str | None


_REQUEUE = "UPDATE delivery SET state = 'queued', bundle_seq = NULL, resend_at = NULL"
_RETURNING = (
    " RETURNING delivery_seq, recipient, mode, lane, lane_epoch, serial,"
    " (SELECT message_id FROM content WHERE content.content_id = delivery.content_id)"
)


def requeue_overdue(tx: sqlite3.Connection, now: datetime, limit: int) -> tuple[Requeued, ...]:
    """Queue again what was sent and got no receipt in time, longest overdue first."""
    return _requeued(
        tx.execute(
            f"{_REQUEUE} WHERE delivery_seq IN (SELECT delivery_seq"  # noqa: S608 - fixed texts
            " FROM delivery INDEXED BY delivery_overdue WHERE state = 'sent' AND resend_at <= ?"
            f" ORDER BY resend_at LIMIT ?){_RETURNING}",
            (micros(now), limit),
        )
    )


def requeue(tx: sqlite3.Connection, delivery_seqs: Iterable[int]) -> tuple[Requeued, ...]:
    """Queue these again now (a recipient asked for them), as far as they are sent and without receipt."""
    return _requeued(
        tx.execute(
            f"{_REQUEUE} WHERE state = 'sent' AND awaits_receipt = 1"  # noqa: S608 - fixed texts
            f" AND delivery_seq IN (SELECT value FROM json_each(?)){_RETURNING}",
            (integers_text(delivery_seqs),),
        )
    )


def requeue_unreceipted(tx: sqlite3.Connection) -> int:
    """The broker lost its store: queue everything that was sent and has no receipt; how many."""
    return tx.execute(f"{_REQUEUE} WHERE state = 'sent' AND awaits_receipt = 1").rowcount


def _requeued(rows: Iterable[tuple[int, str, str, str, int, int, str | None]]) -> tuple[Requeued, ...]:
    found = [Requeued(row[0], row[1], Mode(row[2]), Lane(row[3]), row[4], row[5], row[6]) for row in rows]
    return tuple(sorted(found, key=lambda row: row.delivery_seq))
