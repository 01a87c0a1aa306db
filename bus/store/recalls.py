"""Recalls of our own publications: which, with what else each reaches, and stopping what is on its way.

Whom we asked, and what they answered, is in recall_asked.py.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bus.protocol.succession import CHANGES
from bus.store.columns import (
    instant,
    integers_text,
    micros,
    reason_or_none,
    strings_text,
)
from bus.store.deliveries import Waiting
from bus.store.waiting import WAITING, waiting_row
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason


class Recallable(NamedTuple):
    """A publication of ours, as far as recalling it goes."""

    publication_seq: int
    publication_id: str
    message_id: str
    digest: str
    kind: Kind
    mode: Mode


@dataclass(frozen=True, slots=True)
class RecallRow:
    """That a publication was recalled. `because_of`: the publication that was named to be recalled."""

    publication_seq: int
    publication_id: str
    kind: Kind
    mode: Mode
    because_of: str
    at: datetime
    reason: RecallReason
    recalled_by: str


class NeverSent(NamedTuple):
    """A copy that stayed here."""

    publication_id: str
    nation: str
    message_id: str
    reason: ReasonCode | None


def find(tx: sqlite3.Connection, publication_id: str) -> Recallable | None:
    """The publication with this id."""
    return next(iter(_recallable(tx, "publication_id = ?", publication_id)), None)


def copies_of(tx: sqlite3.Connection, publication_seqs: Iterable[int]) -> tuple[Recallable, ...]:
    """Publications as which backfills sent the messages of these again, to whom and when ever.

    Reads every backfill: ask for many at once. (`copy_of` is not there for backfills of format 2.)
    """
    published = tx.execute(
        "SELECT DISTINCT entry.value FROM backfill b, json_each(b.published) entry"
        " WHERE b.published IS NOT NULL AND entry.key IN (SELECT value FROM json_each(?))",
        (strings_text(_message_ids(tx, publication_seqs)),),
    )
    return _recallable(
        tx,
        "publication_id IN (SELECT value FROM json_each(?))",
        strings_text(row[0] for row in published.fetchall()),
    )


def earlier_of(tx: sqlite3.Connection, nation: str, publication_seq: int) -> tuple[Recallable, ...]:
    """Publications of ours that this one changed: updated, corrected, superseded or cancelled."""
    named: set[str] = set()
    for (content,) in tx.execute(
        "SELECT c.bytes FROM content c WHERE content_id = (SELECT content_id FROM publication"
        " WHERE publication_seq = ?1) OR content_id IN (SELECT content_id FROM other_version"
        " WHERE publication_seq = ?1)",
        (publication_seq,),
    ):
        for reference in json.loads(content)["header"].get("references") or ():
            if reference["originator"] == nation and reference["relation"] in CHANGES:
                named.add(reference["message_id"])
    return _recallable(
        tx,
        "message_id IN (SELECT value FROM json_each(?1)) OR publication_seq IN (SELECT publication_seq"
        " FROM other_version WHERE message_id IN (SELECT value FROM json_each(?1)))"
        # Where every recipient was new, no message names what it changes.
        " OR publication_seq IN (SELECT predecessor FROM succession WHERE publication_seq = ?2"
        " AND (in_force OR undone))",
        strings_text(sorted(named)),
        publication_seq,
    )


def recalled_of(tx: sqlite3.Connection, publication_seqs: Iterable[int]) -> dict[int, RecallRow]:
    """The recalls of these publications, by `publication_seq`; absent where there is none."""
    return {
        row[0]: RecallRow(
            row[0],
            row[1],
            Kind(row[2]),
            Mode(row[3]),
            row[4],
            instant(row[5]),
            RecallReason(row[6]),
            row[7],
        )
        for row in tx.execute(
            "SELECT r.publication_seq, p.publication_id, p.kind, p.mode, b.publication_id, r.at, r.reason,"
            " r.recalled_by"
            " FROM recall r JOIN publication p ON p.publication_seq = r.publication_seq"
            " JOIN publication b ON b.publication_seq = r.because_of"
            " WHERE r.publication_seq IN (SELECT value FROM json_each(?))",
            (integers_text(publication_seqs),),
        )
    }


def reached_by(tx: sqlite3.Connection, publication_seq: int) -> tuple[RecallRow, ...]:
    """The recalls that naming this publication brought about, its own included, oldest publication first."""
    seqs = tx.execute(
        "SELECT publication_seq FROM recall WHERE because_of = ?1 OR publication_seq = ?1"
        " ORDER BY publication_seq",
        (publication_seq,),
    ).fetchall()
    found = recalled_of(tx, [row[0] for row in seqs])
    return tuple(found[row[0]] for row in seqs)


def among(tx: sqlite3.Connection, publication_ids: Iterable[str]) -> frozenset[str]:
    """Which of these publications were recalled. Costs next to nothing where nothing ever was."""
    if tx.execute("SELECT 1 FROM recall LIMIT 1").fetchone() is None:
        return frozenset()
    return frozenset(
        row[0]
        for row in tx.execute(
            "SELECT p.publication_id FROM publication p JOIN recall USING (publication_seq)"
            " WHERE p.publication_id IN (SELECT value FROM json_each(?))",
            (strings_text(publication_ids),),
        )
    )


def messages_among(tx: sqlite3.Connection, message_ids: Iterable[str]) -> frozenset[str]:
    """Which of these messages of ours were recalled."""
    return frozenset(
        row[0]
        for row in tx.execute(
            "SELECT message_id FROM (SELECT publication_seq, message_id FROM publication UNION ALL"
            " SELECT publication_seq, message_id FROM other_version) JOIN recall USING (publication_seq)"
            " WHERE message_id IN (SELECT value FROM json_each(?))",
            (strings_text(message_ids),),
        )
    )


def insert(
    tx: sqlite3.Connection,
    publication_seq: int,
    because_of: int,
    at: datetime,
    reason: RecallReason,
    by: str,
) -> None:
    """Note for good that a publication is recalled. One that is, is a StoreConflict outside the job."""
    tx.execute(
        "INSERT INTO recall (publication_seq, because_of, at, reason, recalled_by) VALUES (?, ?, ?, ?, ?)",
        (publication_seq, because_of, micros(at), reason.value, by),
    )
    tx.execute("UPDATE publication SET status = 'RECALLED' WHERE publication_seq = ?", (publication_seq,))


def never_sent(tx: sqlite3.Connection, publication_seqs: Iterable[int]) -> tuple[NeverSent, ...]:
    """Copies of these publications that never were put into a bundle."""
    return tuple(
        NeverSent(row[0], row[1], row[2], reason_or_none(row[3]))
        for row in tx.execute(
            "SELECT p.publication_id, d.recipient, c.message_id, d.reason FROM delivery d"
            " JOIN content c ON c.content_id = d.content_id"
            " JOIN publication p ON p.publication_seq = d.publication_seq"
            " WHERE d.publication_seq IN (SELECT value FROM json_each(?)) AND d.attempts = 0"
            " ORDER BY d.publication_seq, d.recipient",
            (integers_text(publication_seqs),),
        )
    )


def stop(tx: sqlite3.Connection, publication_seq: int) -> tuple[Waiting, ...]:
    """Queue again what was sent without a receipt, and give all that is queued of this publication.

    The caller withholds it in the same transaction. What is sealed is decided on anew where it never was
    offered to the broker, and else when it would be sent again.
    """
    tx.execute(
        "UPDATE delivery SET state = 'queued', bundle_seq = NULL, resend_at = NULL"
        " WHERE publication_seq = ? AND state = 'sent' AND awaits_receipt = 1",
        (publication_seq,),
    )
    rows = tx.execute(
        f"{WAITING} WHERE d.publication_seq = ? AND d.state = 'queued' ORDER BY d.delivery_seq",
        (publication_seq,),
    ).fetchall()
    return tuple(map(waiting_row, rows))


def _message_ids(tx: sqlite3.Connection, publication_seqs: Iterable[int]) -> tuple[str, ...]:
    rows = tx.execute(
        "SELECT message_id FROM publication WHERE publication_seq IN (SELECT value FROM json_each(?1))"
        " UNION SELECT message_id FROM other_version"
        " WHERE publication_seq IN (SELECT value FROM json_each(?1))",
        (integers_text(publication_seqs),),
    )
    return tuple(row[0] for row in rows)


def _recallable(tx: sqlite3.Connection, condition: str, *values: str | int) -> tuple[Recallable, ...]:
    rows = tx.execute(
        "SELECT publication_seq, publication_id, message_id, digest, kind, mode"  # noqa: S608 - fixed texts
        f" FROM publication WHERE {condition} ORDER BY publication_seq",
        values,
    )
    return tuple(
        Recallable(row[0], row[1], row[2], row[3], Kind(row[4]), Mode(row[5])) for row in rows.fetchall()
    )
