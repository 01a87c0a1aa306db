"""Lane epochs: numbers that no two lives of a nation's stores share (ADR 11).

A recipient remembers every (epoch, serial) it ever saw, and what stood there. A store that was lost, or set
back to an old copy, no longer knows which serials it used, so it must count in an epoch that was never used.
It cannot look up which ones were: the clock tells.
"""

import sqlite3
from datetime import UTC, datetime, timedelta

EPOCH_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Epochs are whole seconds since then; 2**31, the largest the wire allows, is reached in 2094."""


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def next_epoch(now: datetime, previous: int = 0) -> int:
    """The number of an epoch that begins at `now`: the seconds since `EPOCH_ORIGIN`, above `previous` always.

    A clock that was set back repeats nothing within one store's life.
    """
    return max(previous + 1, (now - EPOCH_ORIGIN) // timedelta(seconds=1))


def store_epoch(tx: sqlite3.Connection) -> int:
    """The epoch in which lanes begin."""
    return int(tx.execute("SELECT value FROM meta WHERE key = 'lane_epoch'").fetchone()[0])


def begin_epoch(tx: sqlite3.Connection, now: datetime) -> int:
    """Begin a new epoch in every lane, as after restoring a backup; its number.

    Serials of the old epoch may have been used after the backup was made, so whatever has no receipt is
    queued anew without a serial, and bundles sealed under the old epoch are dropped.
    """
    epoch = next_epoch(now, store_epoch(tx))
    tx.execute("UPDATE meta SET value = ? WHERE key = 'lane_epoch'", (str(epoch),))
    tx.execute("DELETE FROM lane_out")
    tx.execute("DELETE FROM bundle")
    tx.execute(
        "UPDATE delivery SET state = 'queued', lane_epoch = NULL, serial = NULL, bundle_seq = NULL,"
        " resend_at = NULL, sent_at = NULL WHERE state IN ('queued', 'sealed', 'sent')"
    )
    return epoch
