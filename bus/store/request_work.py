"""What a nation keeps of a request for its own work: who works on it, until when, notes.

Nothing that is sent reads these.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, micros, micros_or_none

MOST_NOTES = 1000
"""Notes kept on one request."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note for one's own people; ``author`` as audit records name actors."""

    author: str
    at: datetime
    text: str


def assign(tx: sqlite3.Connection, request_seq: int, assignee: str | None, due_at: datetime | None) -> None:
    """Put a request into an operator's hands, or nobody's, with the time by which it is to be dealt with."""
    tx.execute(
        "UPDATE request SET assignee = ?, due_at = ? WHERE request_seq = ?",
        (assignee, micros_or_none(due_at), request_seq),
    )


def add_note(tx: sqlite3.Connection, request_seq: int, note: Note) -> bool:
    """Keep a note; False when there are too many."""
    found = tx.execute("SELECT count(*) FROM request_note WHERE request_seq = ?", (request_seq,)).fetchone()
    if found[0] >= MOST_NOTES:
        return False
    tx.execute(
        "INSERT INTO request_note (request_seq, author, at, text) VALUES (?, ?, ?, ?)",
        (request_seq, note.author, micros(note.at), note.text),
    )
    return True


def notes(tx: sqlite3.Connection, request_seq: int) -> tuple[Note, ...]:
    """The notes on a request, in order."""
    rows = tx.execute(
        "SELECT author, at, text FROM request_note WHERE request_seq = ? ORDER BY note_seq", (request_seq,)
    )
    return tuple(Note(row[0], instant(row[1]), row[2]) for row in rows)
