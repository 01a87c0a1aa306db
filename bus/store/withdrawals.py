"""Recalls that partners sent: what they name is taken out of the inbox, and never filed once they are known.

The row in the inbox stays, as evidence of what was here. Its content is overwritten in this file, and in
the log beside it by the next `writer.Store.scrub`; backups and file systems may still have it.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bus.store import traffic_words
from bus.store.columns import instant, micros
from bus.store.overwriting import overwriting
from schemas.header import Kind, Mode
from schemas.recall import RecallOutcome, RecallReason

Named = tuple[str, str, str, Mode]
"""Originator, message id, digest, mode: all that a recall names."""


@dataclass(frozen=True, slots=True)
class InboxCopy:
    """What stands in the inbox under a message id. `read`: a person of ours opened or answered it."""

    inbox_seq: int
    originator: str
    digest: str
    mode: Mode
    kind: Kind
    read: bool
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class ReceivedRecall:
    """A recall that took effect here. `answered_at`: when an answer was last queued."""

    reason: RecallReason
    recalled_at: datetime
    received_at: datetime
    outcome: RecallOutcome
    already_read: bool | None
    answered_at: datetime


class Barred(NamedTuple):
    """What may not be filed."""

    digest: str
    mode: Mode


def copies(tx: sqlite3.Connection, message_id: str) -> list[InboxCopy]:
    """Everything in the inbox under this id: ids are unique per originator only."""
    return [
        InboxCopy(row[0], row[1], row[2], Mode(row[3]), Kind(row[4]), bool(row[5]), bool(row[6]))
        for row in tx.execute(
            "SELECT inbox_seq, originator, digest, mode, kind,"
            " read_at IS NOT NULL OR acknowledged_at IS NOT NULL, recalled_at IS NOT NULL"
            " FROM inbox WHERE message_id = ? ORDER BY originator",
            (message_id,),
        )
    ]


def withdraw(tx: sqlite3.Connection, inbox_seq: int, reason: RecallReason, now: datetime) -> None:
    """Take the content of one message out of the inbox for good; the rest of its row stays.

    Its words go out of the index too; from older parts of that by `traffic_words.erase_step`.
    """
    with overwriting(tx):
        traffic_words.forget(tx, inbox_seq)
        tx.execute(
            "UPDATE inbox SET content = x'', status = 'RECALLED', recalled_at = ?, recall_reason = ?"
            " WHERE inbox_seq = ? AND recalled_at IS NULL",
            (micros(now), reason.value, inbox_seq),
        )


def received(tx: sqlite3.Connection, named: Named) -> ReceivedRecall | None:
    """The recall of exactly this message, if it took effect here."""
    row = tx.execute(
        "SELECT reason, recalled_at, received_at, outcome, already_read, answered_at FROM recall_received"
        " WHERE originator = ? AND message_id = ? AND digest = ? AND mode = ?",
        named,
    ).fetchone()
    if row is None:
        return None
    return ReceivedRecall(
        RecallReason(row[0]),
        instant(row[1]),
        instant(row[2]),
        RecallOutcome(row[3]),
        None if row[4] is None else bool(row[4]),
        instant(row[5]),
    )


def record(tx: sqlite3.Connection, named: Named, recall: ReceivedRecall) -> None:
    """Keep a recall for good: what it names is barred from here on."""
    tx.execute(
        "INSERT INTO recall_received (originator, message_id, digest, mode, reason, recalled_at, received_at,"
        " outcome, already_read, answered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *named,
            recall.reason.value,
            micros(recall.recalled_at),
            micros(recall.received_at),
            recall.outcome.value,
            recall.already_read,
            micros(recall.answered_at),
        ),
    )


def mark_answered(tx: sqlite3.Connection, named: Named, now: datetime) -> None:
    """Another answer is on its way."""
    tx.execute(
        "UPDATE recall_received SET answered_at = ?"
        " WHERE originator = ? AND message_id = ? AND digest = ? AND mode = ?",
        (micros(now), *named),
    )


def barred(tx: sqlite3.Connection, originator: str, message_ids: Sequence[str]) -> dict[str, set[Barred]]:
    """Which of these messages of the originator were recalled, under which digests and modes."""
    found: dict[str, set[Barred]] = {}
    for message_id, digest, mode in tx.execute(
        "SELECT message_id, digest, mode FROM recall_received WHERE originator = ?"
        " AND message_id IN (SELECT value FROM json_each(?))",
        (originator, json.dumps(list(message_ids))),
    ):
        found.setdefault(message_id, set()).add(Barred(digest, Mode(mode)))
    return found
