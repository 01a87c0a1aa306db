"""Refusals that are counted instead of told one by one: one window per originator and reason.

The first refusal of a window is told in the audit log at once. Those that follow within it are counted here,
each in its own transaction, and told as a number when the window closes. So a flood does not fill the log,
and neither a crash nor a stop loses the count.
"""

import sqlite3
from datetime import datetime, timedelta
from typing import NamedTuple

from bus.store.columns import micros, reason_of
from schemas.reasons import ReasonCode

WINDOW = timedelta(minutes=1)


class Counted(NamedTuple):
    """How many refusals a window held besides the one told at once. `originator`: None for any other."""

    originator: str | None
    reason: ReasonCode
    number: int


def count(tx: sqlite3.Connection, originator: str | None, reason: ReasonCode, now: datetime) -> bool:
    """Count a refusal in the open window; False when none was open: one is now, and this is to be told."""
    key = (originator or "", reason.value)
    open_window = tx.execute(
        "UPDATE refusal_window SET count = count + 1 WHERE originator = ? AND reason = ?", key
    )
    if open_window.rowcount:
        return True
    tx.execute(
        "INSERT INTO refusal_window (originator, reason, opened_at, count) VALUES (?, ?, ?, 0)",
        (*key, micros(now)),
    )
    return False


def open_for_told(tx: sqlite3.Connection, originator: str | None, reason: ReasonCode, now: datetime) -> bool:
    """Open a window for a refusal that is told whatever was before; False where one is open."""
    return (
        tx.execute(
            "INSERT OR IGNORE INTO refusal_window (originator, reason, opened_at, count) VALUES (?, ?, ?, 0)",
            (originator or "", reason.value, micros(now)),
        ).rowcount
        > 0
    )


def open_now(tx: sqlite3.Connection) -> int:
    """How many windows are open."""
    return int(tx.execute("SELECT count(*) FROM refusal_window").fetchone()[0])


def close(tx: sqlite3.Connection, opened_by: datetime) -> tuple[Counted, ...]:
    """Close the windows opened at `opened_by` or earlier; what they counted is to be told."""
    closed = tx.execute(
        "DELETE FROM refusal_window WHERE opened_at <= ? RETURNING originator, reason, count",
        (micros(opened_by),),
    ).fetchall()
    return tuple(
        Counted(originator or None, reason_of(reason), number)
        for originator, reason, number in closed
        if number
    )


def any_open(tx: sqlite3.Connection, opened_by: datetime) -> bool:
    """Whether a window opened at `opened_by` or earlier is still open."""
    row = tx.execute("SELECT 1 FROM refusal_window WHERE opened_at <= ? LIMIT 1", (micros(opened_by),))
    return row.fetchone() is not None
