"""Publications whose release waits for a second person, and what was said of those that waited.

While one waits, its deliveries are in state ``pending_release``, at which no query of the relay looks. They
leave it only together with the row here, in one transaction.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bus.store import deadlines
from bus.store.columns import (
    CONTENT_TYPES,
    KINDS,
    LANES,
    MODES,
    instant,
    instant_or_none,
    integers_text,
    micros,
)
from bus.store.deliveries import Waiting


class Outcome(StrEnum):
    """What became of the wait."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    LAPSED = "lapsed"
    RECALLED = "recalled"
    CANCELLED = "cancelled"


class SecondPersonWanted(NamedTuple):
    """Why a new publication waits, in a plain sentence, and until when somebody may confirm it."""

    why: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """The wait of one publication; ``outcome`` is None while it lasts, ``decided_by`` an audit actor."""

    publication_seq: int
    why: str
    until: datetime
    outcome: Outcome | None
    decided_by: str | None
    decided_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class WaitingRelease:
    """A publication that waits or waited, with what deciding on it needs."""

    wait: SecondPerson
    publication_id: str
    author: str


def hold(tx: sqlite3.Connection, publication_seq: int, wanted: SecondPersonWanted) -> None:
    """Let a publication wait, in the transaction that inserted it: nothing of it is queued."""
    tx.execute(
        "UPDATE delivery SET state = 'pending_release' WHERE publication_seq = ? AND state = 'queued'",
        (publication_seq,),
    )
    tx.execute(
        "INSERT INTO pending_release (publication_seq, why, until) VALUES (?, ?, ?)",
        (publication_seq, wanted.why, micros(wanted.until)),
    )
    deadlines.begin(tx, publication_seq, None)


def find(tx: sqlite3.Connection, publication_id: str) -> WaitingRelease | None:
    """The wait of a publication, also one that is over; None when it never waited, or does not exist."""
    row = tx.execute(
        f"SELECT {_COLUMNS}, p.publication_id, p.api_key_id"  # noqa: S608 - fixed texts
        " FROM pending_release w JOIN publication p USING (publication_seq) WHERE p.publication_id = ?",
        (publication_id,),
    ).fetchone()
    return None if row is None else WaitingRelease(_of(row[:7]), row[7], row[8])


def of_publications(tx: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, SecondPerson]:
    """The waits of these publications, by ``publication_seq``; absent where there never was one."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM pending_release w"  # noqa: S608 - fixed texts
        " WHERE w.publication_seq IN (SELECT value FROM json_each(?))",
        (integers_text(seqs),),
    )
    return {row[0]: _of(row) for row in rows}


def of_publication(tx: sqlite3.Connection, publication_id: str) -> SecondPerson | None:
    """The wait of a publication, if there ever was one."""
    found = find(tx, publication_id)
    return None if found is None else found.wait


def waiting(tx: sqlite3.Connection, *, after: int = 0, limit: int = 50) -> tuple[WaitingRelease, ...]:
    """Publications that wait now, oldest first, with ``publication_seq`` above ``after``."""
    rows = tx.execute(
        f"SELECT {_COLUMNS}, p.publication_id, p.api_key_id"  # noqa: S608 - fixed texts
        " FROM pending_release w JOIN publication p USING (publication_seq)"
        " WHERE w.outcome IS NULL AND w.publication_seq > ? ORDER BY w.publication_seq LIMIT ?",
        (after, limit),
    )
    return tuple(WaitingRelease(_of(row[:7]), row[7], row[8]) for row in rows)


def overdue(tx: sqlite3.Connection, now: datetime, limit: int = 100) -> tuple[WaitingRelease, ...]:
    """Publications whose time to be confirmed is over, the longest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS}, p.publication_id, p.api_key_id"  # noqa: S608 - fixed texts
        " FROM pending_release w JOIN publication p USING (publication_seq)"
        " WHERE w.outcome IS NULL AND w.until <= ? ORDER BY w.until LIMIT ?",
        (micros(now), limit),
    )
    return tuple(WaitingRelease(_of(row[:7]), row[7], row[8]) for row in rows)


def outlook(tx: sqlite3.Connection) -> tuple[int, datetime | None]:
    """How many publications wait, and when the first of them lapses."""
    count, until = tx.execute(
        "SELECT count(*), min(until) FROM pending_release WHERE outcome IS NULL"
    ).fetchone()
    return int(count), instant_or_none(until)


def count_of_author(tx: sqlite3.Connection, author: str) -> int:
    """How many publications of one author wait now."""
    row = tx.execute(
        "SELECT count(*) FROM pending_release w JOIN publication p USING (publication_seq)"
        " WHERE w.outcome IS NULL AND p.api_key_id = ?",
        (author,),
    )
    return int(row.fetchone()[0])


def settle(
    tx: sqlite3.Connection,
    wait: SecondPerson,
    outcome: Outcome,
    by: str,
    at: datetime,
    note: str | None = None,
) -> None:
    """End a wait. Raises ValueError when it is over already."""
    ended = tx.execute(
        "UPDATE pending_release SET outcome = ?, decided_by = ?, decided_at = ?, note = ?"
        " WHERE publication_seq = ? AND outcome IS NULL",
        (outcome.value, by, micros(at), note, wait.publication_seq),
    )
    if ended.rowcount != 1:
        raise ValueError("the release waits no longer")


def held_back(tx: sqlite3.Connection, wait: SecondPerson) -> tuple[Waiting, ...]:
    """The deliveries that wait with a publication, in the order in which they were accepted."""
    rows = tx.execute(
        "SELECT d.delivery_seq, d.content_id, c.content_type, c.digest, c.message_id, d.recipient, d.mode,"
        " d.lane, d.precedence_rank, d.lane_epoch, d.serial, d.attempts, p.publication_id, p.kind,"
        " c.wider FROM delivery d JOIN content c ON c.content_id = d.content_id"
        " JOIN publication p ON p.publication_seq = d.publication_seq"
        " WHERE d.publication_seq = ? AND d.state = 'pending_release' ORDER BY d.delivery_seq",
        (wait.publication_seq,),
    ).fetchall()
    return tuple(
        Waiting(
            delivery_seq=row[0],
            content_id=row[1],
            content_type=CONTENT_TYPES[row[2]],
            digest=row[3],
            message_id=row[4],
            recipient=row[5],
            mode=MODES[row[6]],
            lane=LANES[row[7]],
            precedence_rank=row[8],
            lane_epoch=row[9],
            serial=row[10],
            attempts=row[11],
            publication_id=row[12],
            kind=KINDS[row[13]],
            wider=row[14],
        )
        for row in rows
    )


def let_go(tx: sqlite3.Connection, wait: SecondPerson) -> tuple[Waiting, ...]:
    """Queue the deliveries of a publication whose wait ends; which they are.

    Those that may not be sent are to be withheld in the same transaction.
    """
    rows = held_back(tx, wait)
    tx.execute(
        "UPDATE delivery SET state = 'queued' WHERE publication_seq = ? AND state = 'pending_release'",
        (wait.publication_seq,),
    )
    return rows


def contents(tx: sqlite3.Connection, wait: SecondPerson) -> dict[int, bytes]:
    """The exact messages of a publication that have deliveries, by ``content_id``, in order."""
    return dict(
        tx.execute(
            "SELECT content_id, bytes FROM content WHERE content_id IN"
            " (SELECT content_id FROM delivery WHERE publication_seq = ?) ORDER BY content_id",
            (wait.publication_seq,),
        )
    )


_COLUMNS = "w.publication_seq, w.why, w.until, w.outcome, w.decided_by, w.decided_at, w.note"


def _of(row: tuple[int, str, int, str | None, str | None, int | None, str | None]) -> SecondPerson:
    seq, why, until, outcome, by, at, note = row
    ended = None if outcome is None else Outcome(outcome)
    return SecondPerson(seq, why, instant(until), ended, by, instant_or_none(at), note)
