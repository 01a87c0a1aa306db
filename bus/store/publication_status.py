"""What became of our own publications: their status, the current one of their chain, and its history."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.succession import Status
from bus.store.columns import instant_or_none, integers_text
from schemas.cancellation import CancellationReason

HISTORY = 100
"""The ids of a chain that are shown at most, the last ones."""


@dataclass(frozen=True, slots=True)
class PublicationStatus:
    """Ids are those of publications. ``current``: the one to read instead, or itself; None when the chain has
    ended. ``history``: the chain in order, copies by backfills left out.
    """

    status: Status
    current: str | None
    history: tuple[str, ...]
    copy_of: str | None = None
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    cancel_reason: CancellationReason | None = None


def of_publications(tx: sqlite3.Connection, seqs: Iterable[int]) -> dict[int, PublicationStatus]:
    """By ``publication_seq``."""
    rows = tx.execute(
        "SELECT p.publication_seq, p.publication_id, p.status, p.chain, o.publication_id, p.cancelled_at,"
        " p.cancelled_by, p.cancel_reason FROM publication p"
        " LEFT JOIN publication o ON o.publication_seq = p.copy_of"
        " WHERE p.publication_seq IN (SELECT value FROM json_each(?))",
        (integers_text(seqs),),
    ).fetchall()
    chains = {row[3]: _chain(tx, row[3]) for row in rows if row[3] is not None}
    found = {}
    for seq, publication_id, word, chain, copy_of, at, by, reason in rows:
        status = Status(word)
        alone = (publication_id if status is Status.CURRENT else None), (publication_id,)
        current, history = chains.get(chain, alone)
        found[seq] = PublicationStatus(
            status,
            current,
            history,
            copy_of,
            instant_or_none(at),
            by,
            None if reason is None else CancellationReason(reason),
        )
    return found


def _chain(tx: sqlite3.Connection, chain: int) -> tuple[str | None, tuple[str, ...]]:
    rows = tx.execute(
        "SELECT publication_id, status FROM publication WHERE chain = ? AND copy_of IS NULL"
        " ORDER BY publication_seq DESC LIMIT ?",
        (chain, HISTORY),
    ).fetchall()
    current = rows[0][0] if rows and rows[0][1] == Status.CURRENT else None
    return current, tuple(row[0] for row in reversed(rows))
