"""Events that a webhook's receiver did not take in time: kept while the event is, posted again when asked."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.store.columns import instant, micros


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that one webhook's receiver did not take."""

    webhook_id: str
    event_seq: int
    died_at: datetime
    tries: int
    fault: str
    again: bool
    """Whether it is to be posted once more."""


_SELECT = "SELECT webhook_id, event_seq, died_at, tries, fault, again FROM webhook_dead_letter"


def list_after(
    tx: sqlite3.Connection, webhook_id: str, after: int = 0, *, limit: int = 100
) -> tuple[DeadLetter, ...]:
    """A webhook's dead letters in order of the feed."""
    return tuple(
        map(
            _letter,
            tx.execute(
                f"{_SELECT} WHERE webhook_id = ? AND event_seq > ? ORDER BY event_seq LIMIT ?",
                (webhook_id, after, limit),
            ),
        )
    )


def counts(tx: sqlite3.Connection) -> dict[str, int]:
    """How many each webhook has."""
    return dict(tx.execute("SELECT webhook_id, count(*) FROM webhook_dead_letter GROUP BY webhook_id"))


def next_again(tx: sqlite3.Connection, webhook_id: str) -> DeadLetter | None:
    """The first that is to be posted once more."""
    row = tx.execute(
        f"{_SELECT} WHERE webhook_id = ? AND again = 1 ORDER BY event_seq LIMIT 1", (webhook_id,)
    ).fetchone()
    return None if row is None else _letter(row)


def ask_again(tx: sqlite3.Connection, webhook_id: str, event_seq: int) -> bool:
    """Post it once more; False when there is none."""
    return (
        tx.execute(
            "UPDATE webhook_dead_letter SET again = 1 WHERE webhook_id = ? AND event_seq = ?",
            (webhook_id, event_seq),
        ).rowcount
        > 0
    )


def drop(tx: sqlite3.Connection, webhook_id: str, event_seq: int) -> bool:
    """Forget it: it was taken after all, or nobody wants it any more. False when there is none."""
    return (
        tx.execute(
            "DELETE FROM webhook_dead_letter WHERE webhook_id = ? AND event_seq = ?", (webhook_id, event_seq)
        ).rowcount
        > 0
    )


def still_dead(tx: sqlite3.Connection, webhook_id: str, event_seq: int, fault: str, at: datetime) -> None:
    """It was posted once more, and not taken."""
    tx.execute(
        "UPDATE webhook_dead_letter SET again = 0, tries = tries + 1, fault = ?, died_at = ?"
        " WHERE webhook_id = ? AND event_seq = ?",
        (fault, micros(at), webhook_id, event_seq),
    )


def forget_before(tx: sqlite3.Connection, first: int) -> int:
    """Forget those whose event is no longer kept; how many."""
    return tx.execute("DELETE FROM webhook_dead_letter WHERE event_seq < ?", (first,)).rowcount


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(row[0], row[1], instant(row[2]), row[3], row[4], bool(row[5]))
