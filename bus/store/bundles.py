"""Sealed bundles on their way to the broker, and where the broker's stream of ours is known to end."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from bus.store.columns import integers_text

WINDOW = 64


@dataclass(frozen=True, slots=True)
class NewBundle:
    """A bundle to be sent: exact bytes, kept until the broker confirmed them."""

    bundle_id: str
    subject: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A bundle in send order."""

    bundle_seq: int
    bundle_id: str
    subject: str
    sealed: bytes


def insert(tx: sqlite3.Connection, bundles: Sequence[NewBundle]) -> tuple[int, ...]:
    """Append bundles in send order; their `bundle_seq` in the same order."""
    return tuple(
        cast(
            int,
            tx.execute(
                "INSERT INTO bundle (bundle_id, subject, sealed) VALUES (?, ?, ?)",
                (bundle.bundle_id, bundle.subject, bundle.sealed),
            ).lastrowid,
        )
        for bundle in bundles
    )


def unconfirmed(tx: sqlite3.Connection, limit: int = WINDOW, after: int = 0) -> tuple[StoredBundle, ...]:
    """The oldest bundles without confirmation with `bundle_seq` above `after`, in send order."""
    return tuple(
        StoredBundle(*row)
        for row in tx.execute(
            "SELECT bundle_seq, bundle_id, subject, sealed FROM bundle WHERE bundle_seq > ?"
            " ORDER BY bundle_seq LIMIT ?",
            (after, limit),
        )
    )


def count_unconfirmed(tx: sqlite3.Connection) -> int:
    """How many bundles wait for the broker's confirmation."""
    return int(tx.execute("SELECT count(*) FROM bundle").fetchone()[0])


def confirm(tx: sqlite3.Connection, bundle_seqs: Iterable[int], last_sequence: int) -> None:
    """The broker stored these bundles, the last one as `last_sequence` of our stream: drop their bytes.

    Their deliveries are marked by `deliveries.mark_sent`, in the same transaction.
    """
    tx.execute(
        "DELETE FROM bundle WHERE bundle_seq IN (SELECT value FROM json_each(?))",
        (integers_text(bundle_seqs),),
    )
    set_broker_position(tx, last_sequence)


def drop(tx: sqlite3.Connection, bundle_seq: int) -> None:
    """Give up one bundle that the broker has not got and will not take (`deliveries.set_aside`)."""
    tx.execute("DELETE FROM bundle WHERE bundle_seq = ?", (bundle_seq,))


def highest(tx: sqlite3.Connection) -> int:
    """The highest ``bundle_seq`` that waits for the broker's confirmation; 0 without any."""
    return int(tx.execute("SELECT coalesce(max(bundle_seq), 0) FROM bundle").fetchone()[0])


def take_back(tx: sqlite3.Connection, after: int) -> int:
    """Bundles above ``after`` never were offered to the broker: their deliveries wait again, to be decided
    anew, each with its serial; the highest ``bundle_seq`` among them, ``after`` without any.
    """
    last = max(after, highest(tx))
    tx.execute(
        "UPDATE delivery SET state = 'queued', bundle_seq = NULL, attempts = attempts - 1"
        " WHERE state = 'sealed' AND bundle_seq > ?",
        (after,),
    )
    tx.execute("DELETE FROM bundle WHERE bundle_seq > ?", (after,))
    return last


def offered_to(tx: sqlite3.Connection) -> int | None:
    """The last ``bundle_seq`` that may have been offered to the broker; None: every one may have been."""
    row = tx.execute("SELECT value FROM meta WHERE key = 'offered_to'").fetchone()
    return None if row is None else int(row[0])


def set_offered_to(tx: sqlite3.Connection, bundle_seq: int | None) -> None:
    """Record `offered_to`: a number while the broker is away, None before anything above it is offered."""
    tx.execute("DELETE FROM meta WHERE key = 'offered_to'")
    if bundle_seq is not None:
        tx.execute("INSERT INTO meta (key, value) VALUES ('offered_to', ?)", (str(bundle_seq),))


def drop_all(tx: sqlite3.Connection) -> int:
    """Give up every bundle that is not confirmed; the highest ``bundle_seq`` among them, 0 without any."""
    last = highest(tx)
    tx.execute("UPDATE delivery SET state = 'queued', bundle_seq = NULL WHERE state = 'sealed'")
    tx.execute("DELETE FROM bundle")
    return last


def broker_position(tx: sqlite3.Connection) -> int:
    """The sequence at which our stream on the broker is known to end; 0 before the first bundle."""
    row = tx.execute("SELECT last_sequence FROM broker_position").fetchone()
    return 0 if row is None else int(row[0])


def set_broker_position(tx: sqlite3.Connection, last_sequence: int) -> None:
    """Record where our stream on the broker ends."""
    tx.execute(
        "INSERT INTO broker_position (one, last_sequence) VALUES (1, ?)"
        " ON CONFLICT DO UPDATE SET last_sequence = excluded.last_sequence",
        (last_sequence,),
    )
