"""What an earlier version of this gateway stored of requests, before it followed them."""

import sqlite3
from dataclasses import dataclass

from schemas.header import Kind
from schemas.wire import Handling

KINDS = (Kind.INFORMATION_REQUEST, Kind.INFORMATION_RESPONSE, Kind.ACKNOWLEDGEMENT)
_KINDS = ", ".join(f"'{kind.value}'" for kind in KINDS)
_MARK = "requests_to_follow"
"""Set by the migration (`step-*.sql`), never in a new file."""


@dataclass(frozen=True, slots=True)
class Received:
    """A partner's message; ``position`` is where the next page begins after it."""

    position: int
    digest: str
    handling: Handling
    content: bytes


@dataclass(frozen=True, slots=True)
class Released:
    """One recipient's copy of a message of ours that is released."""

    position: int
    publication_seq: int
    publication_id: str
    kind: Kind
    digest: str
    content: bytes
    recipient: str


def is_to_follow(tx: sqlite3.Connection) -> bool:
    """Whether the file was brought forward from a format without requests, and not looked through since."""
    return tx.execute("SELECT 1 FROM meta WHERE key = ?", (_MARK,)).fetchone() is not None


def end(tx: sqlite3.Connection) -> None:
    """Everything has been looked at."""
    tx.execute("DELETE FROM meta WHERE key = ?", (_MARK,))


def received(tx: sqlite3.Connection, after: int, limit: int) -> tuple[Received, ...]:
    """Partners' messages that say something of requests, in order of filing."""
    rows = tx.execute(
        "SELECT inbox_seq, digest, handling, content FROM inbox"  # noqa: S608 - fixed texts
        f" WHERE inbox_seq > ? AND kind IN ({_KINDS}) AND length(content) > 0"
        " ORDER BY inbox_seq LIMIT ?",
        (after, limit),
    )
    return tuple(Received(row[0], row[1], Handling(row[2]), row[3]) for row in rows)


def released(tx: sqlite3.Connection, after: int, limit: int) -> tuple[Released, ...]:
    """Our messages that say something of requests, one for each recipient, in order of acceptance."""
    rows = tx.execute(
        "SELECT d.delivery_seq, d.publication_seq, p.publication_id, p.kind, c.digest,"  # noqa: S608
        " c.bytes, d.recipient"
        " FROM delivery d JOIN publication p USING (publication_seq)"
        " JOIN content c ON c.content_id = d.content_id"
        f" WHERE d.delivery_seq > ? AND d.state <> 'pending_release' AND p.kind IN ({_KINDS})"
        " ORDER BY d.delivery_seq LIMIT ?",
        (after, limit),
    )
    return tuple(Released(row[0], row[1], row[2], Kind(row[3]), row[4], row[5], row[6]) for row in rows)
