"""Trust documents as they came, each a DSSE envelope. They prove themselves when opened."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, micros


@dataclass(frozen=True, slots=True)
class StoredTrustDocument:
    """One envelope. `digest` is that of the exact document bytes inside.

    For agreements and acts of nations it is that of the envelope: two keys of one nation may have signed the
    same bytes, and both signatures count.
    """

    digest: str
    payload_type: str
    version: int
    envelope: bytes
    added_at: datetime


def put(tx: sqlite3.Connection, documents: Iterable[StoredTrustDocument]) -> int:
    """Keep documents that were verified; those known already stay as they are. How many are new."""
    return tx.executemany(
        "INSERT INTO trust_document (digest, payload_type, version, envelope, added_at)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (entry.digest, entry.payload_type, entry.version, entry.envelope, micros(entry.added_at))
            for entry in documents
        ],
    ).rowcount


def replace(tx: sqlite3.Connection, documents: Iterable[StoredTrustDocument]) -> None:
    """Keep exactly these: the documents a verified trust store rests on."""
    tx.execute("DELETE FROM trust_document")
    put(tx, documents)


def change(tx: sqlite3.Connection, removed: Iterable[str], added: Iterable[StoredTrustDocument]) -> None:
    """Drop the documents with these digests and keep these others: what a newer trust store rests on."""
    tx.executemany("DELETE FROM trust_document WHERE digest = ?", [(digest,) for digest in removed])
    put(tx, added)


def get(tx: sqlite3.Connection, digest: str) -> StoredTrustDocument | None:
    """One document by the digest of its bytes."""
    row = tx.execute(f"{_SELECT} WHERE digest = ?", (digest,)).fetchone()
    return None if row is None else _document(row)


def envelopes(tx: sqlite3.Connection) -> tuple[bytes, ...]:
    """Every envelope kept, for `TrustStore.open`; by type, then version."""
    return tuple(
        row[0]
        for row in tx.execute("SELECT envelope FROM trust_document ORDER BY payload_type, version, digest")
    )


def documents(tx: sqlite3.Connection) -> tuple[StoredTrustDocument, ...]:
    """Every document kept; by type, then version."""
    return tuple(map(_document, tx.execute(f"{_SELECT} ORDER BY payload_type, version, digest")))


def generation(tx: sqlite3.Connection) -> int:
    """How often the documents have changed: tells whether a trust store in hand is the one stored."""
    row = tx.execute("SELECT value FROM meta WHERE key = 'trust_generation'").fetchone()
    return 0 if row is None else int(row[0])


def next_generation(tx: sqlite3.Connection) -> int:
    """The documents change in this transaction: the number of the store that rests on them from now on."""
    number = generation(tx) + 1
    tx.execute(
        "INSERT INTO meta (key, value) VALUES ('trust_generation', ?)"
        " ON CONFLICT DO UPDATE SET value = excluded.value",
        (str(number),),
    )
    return number


PENDING_DOCUMENTS = 1000
"""Envelopes kept while their set is incomplete; the oldest give way."""


def keep_pending(tx: sqlite3.Connection, envelopes: Iterable[bytes]) -> None:
    """Keep envelopes of an incomplete set until the rest has come."""
    tx.executemany(
        "INSERT INTO trust_pending (envelope) VALUES (?) ON CONFLICT DO NOTHING",
        [(envelope,) for envelope in envelopes],
    )
    tx.execute(
        "DELETE FROM trust_pending WHERE pending_seq <= (SELECT max(pending_seq) - ? FROM trust_pending)",
        (PENDING_DOCUMENTS,),
    )


def pending(tx: sqlite3.Connection) -> tuple[bytes, ...]:
    """Envelopes of an incomplete set, oldest first."""
    return tuple(row[0] for row in tx.execute("SELECT envelope FROM trust_pending ORDER BY pending_seq"))


def clear_pending(tx: sqlite3.Connection) -> None:
    """The set is complete: nothing is pending any more."""
    tx.execute("DELETE FROM trust_pending")


_SELECT = "SELECT digest, payload_type, version, envelope, added_at FROM trust_document"


def _document(row: tuple[str, str, int, bytes, int]) -> StoredTrustDocument:
    return StoredTrustDocument(row[0], row[1], row[2], row[3], instant(row[4]))
