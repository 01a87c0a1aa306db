"""Changes of our own publications: which changes which, who holds what of a chain, what is cancelled.

A chain is all publications that change each other, with what backfills sent of them (`copy_of`). One that
waits for a second person is noted as a change, and is none before it is in force.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from bus.protocol.succession import EFFECTS, Held, Status
from bus.store import deliveries
from bus.store.columns import KINDS, MODES, instant_or_none, integers_text, micros
from bus.store.deliveries import Waiting
from bus.store.waiting import WAITING, waiting_row
from schemas.header import Kind, Mode, Relation
from schemas.wire import Lane


class Head(NamedTuple):
    """A publication as far as changing it goes; ``waits``: for a second person."""

    publication_seq: int
    publication_id: str
    message_id: str
    digest: str
    kind: Kind
    mode: Mode
    status: Status
    cancelled_at: datetime | None
    waits: bool


_WITH_COPIES = (
    "WHERE status = 'CURRENT' AND (publication_seq = ? OR copy_of = ?"
    " AND chain = (SELECT chain FROM publication WHERE publication_seq = ?))"
)
"""A publication, and what backfills sent of it."""


def of_message(tx: sqlite3.Connection, message_id: str) -> int | None:
    """The publication that one of our messages belongs to; of a copy, the one that it is a copy of."""
    for table in ("publication", "other_version"):
        row = tx.execute(
            f"SELECT ifnull(p.copy_of, p.publication_seq) FROM {table} m"  # noqa: S608 - fixed texts
            " JOIN publication p USING (publication_seq) WHERE m.message_id = ?",
            (message_id,),
        ).fetchone()
        if row is not None:
            return int(row[0])
    return None


def head(tx: sqlite3.Connection, publication_seq: int) -> Head:
    """One publication."""
    row = tx.execute(
        "SELECT p.publication_seq, p.publication_id, p.message_id, p.digest, p.kind, p.mode, p.status,"
        " p.cancelled_at, EXISTS (SELECT 1 FROM pending_release w WHERE w.publication_seq = p.publication_seq"
        " AND w.outcome IS NULL) FROM publication p WHERE p.publication_seq = ?",
        (publication_seq,),
    ).fetchone()
    return Head(
        row[0],
        row[1],
        row[2],
        row[3],
        KINDS[row[4]],
        MODES[row[5]],
        Status(row[6]),
        instant_or_none(row[7]),
        bool(row[8]),
    )


def find(tx: sqlite3.Connection, publication_id: str) -> int | None:
    """The number of a publication of ours."""
    row = tx.execute(
        "SELECT publication_seq FROM publication WHERE publication_id = ?", (publication_id,)
    ).fetchone()
    return None if row is None else int(row[0])


def last(tx: sqlite3.Connection, publication_seq: int) -> int:
    """The publication that a chain ends in, from one of its members (no copy)."""
    while True:
        row = tx.execute(
            "SELECT publication_seq FROM succession WHERE predecessor = ? AND in_force", (publication_seq,)
        ).fetchone()
        if row is None:
            return publication_seq
        publication_seq = row[0]


def members(tx: sqlite3.Connection, publication_seq: int) -> tuple[int, ...]:
    """All publications of a chain, copies among them, in order of acceptance."""
    rows = tx.execute(
        "SELECT m.publication_seq FROM publication p JOIN publication m ON m.chain = p.chain"
        " WHERE p.publication_seq = ? ORDER BY m.publication_seq",
        (publication_seq,),
    ).fetchall()
    return tuple(row[0] for row in rows) or (publication_seq,)


def outstanding(tx: sqlite3.Connection, seqs: Iterable[int]) -> dict[str, Held]:
    """The latest message of these publications that each nation holds: it was put into a bundle, so it may
    have been sent; was not refused; and was neither cancelled nor recalled since."""
    return {nation: held[0] for nation, held in to_cancel(tx, seqs).items()}


def to_cancel(tx: sqlite3.Connection, seqs: Iterable[int]) -> dict[str, tuple[Held, ...]]:
    """What must be named where what a nation holds is cancelled: the latest message, and each whose successor
    was not receipted. What is lost is not sent again once cancelled: it would never take its place."""
    rows = tx.execute(
        "SELECT d.recipient, c.message_id, c.digest, d.state NOT IN ('queued', 'sealed', 'sent', 'withheld')"
        " FROM delivery d JOIN content c USING (content_id)"
        " WHERE d.publication_seq IN (SELECT value FROM json_each(?))"
        " AND d.attempts > 0 AND d.state <> 'refused' AND d.cancelled_at IS NULL"
        " AND d.publication_seq NOT IN (SELECT publication_seq FROM recall) ORDER BY d.publication_seq DESC",
        (integers_text(seqs),),
    )
    found: dict[str, tuple[Held, ...]] = {}
    covered: dict[str, bool] = {}
    for nation, message_id, digest, came in rows.fetchall():
        if not covered.get(nation):
            found[nation] = (*found.get(nation, ()), Held(message_id, digest))
        covered[nation] = came
    return found


def note(tx: sqlite3.Connection, publication_seq: int, predecessors: Mapping[int, Relation]) -> None:
    """A new publication is to change these; `bring_into_force` makes it so."""
    tx.executemany(
        "INSERT INTO succession (publication_seq, predecessor, relation, in_force) VALUES (?, ?, ?, 0)",
        [(publication_seq, seq, relation.value) for seq, relation in predecessors.items()],
    )


def predecessors(tx: sqlite3.Connection, publication_seq: int) -> dict[int, Relation]:
    """What a publication changes, or is to change."""
    rows = tx.execute(
        "SELECT predecessor, relation FROM succession WHERE publication_seq = ? ORDER BY predecessor",
        (publication_seq,),
    )
    return {row[0]: Relation(row[1]) for row in rows.fetchall()}


def bring_into_force(tx: sqlite3.Connection, publication_seq: int, now: datetime) -> tuple[Head, ...]:
    """Let a publication change what it was noted to change; what it changed, as that is now.

    A predecessor that is not the last of its chain any more is a StoreConflict outside the job: look before.
    """
    changed = []
    for seq, relation in predecessors(tx, publication_seq).items():
        tx.execute(
            "UPDATE succession SET in_force = 1 WHERE publication_seq = ? AND predecessor = ?",
            (publication_seq, seq),
        )
        tx.execute(
            f"UPDATE publication SET status = ?, cancelled_at = iif(?, ?, cancelled_at) {_WITH_COPIES}",  # noqa: S608
            (EFFECTS[relation].value, relation is Relation.CANCELS, micros(now), seq, seq, seq),
        )
        _join(tx, seq, publication_seq)
        changed.append(head(tx, seq))
    return tuple(changed)


def copied(tx: sqlite3.Connection, publication_seq: int, message_id: str) -> None:
    """A new publication sends one of our messages again: it belongs to the chain of that."""
    original = of_message(tx, message_id)
    if original is None:
        return
    _join(tx, original, publication_seq)
    tx.execute("UPDATE publication SET copy_of = ? WHERE publication_seq = ?", (original, publication_seq))


def copy_of(tx: sqlite3.Connection, publication_seq: int) -> int | None:
    """What a publication is a copy of."""
    row = tx.execute(
        "SELECT copy_of FROM publication WHERE publication_seq = ?", (publication_seq,)
    ).fetchone()
    return None if row is None else row[0]


def _join(tx: sqlite3.Connection, one: int, other: int) -> None:
    """Let two publications, with all that belongs to each, share one chain."""
    chains = [
        row[0]
        for row in tx.execute(
            "SELECT chain FROM publication WHERE publication_seq IN (?, ?) AND chain IS NOT NULL",
            (one, other),
        ).fetchall()
    ]
    kept = min(chains, default=one)
    tx.execute("UPDATE publication SET chain = ? WHERE publication_seq IN (?, ?)", (kept, one, other))
    for chain in set(chains) - {kept}:
        tx.execute("UPDATE publication SET chain = ? WHERE chain = ?", (kept, chain))


def set_cancelled(tx: sqlite3.Connection, publication_seq: int, by: str, reason: str, now: datetime) -> None:
    """A publication was cancelled for everybody."""
    tx.execute(
        "UPDATE publication SET status = 'CANCELLED', cancelled_at = ?, cancelled_by = ?, cancel_reason = ?"  # noqa: S608
        f" {_WITH_COPIES}",
        (micros(now), by, reason, publication_seq, publication_seq, publication_seq),
    )


def queued(
    tx: sqlite3.Connection, seqs: Iterable[int], also_sent: Collection[str] | None
) -> tuple[Waiting, ...]:
    """Queued copies of these publications that never left; those that may have left before, to `also_sent`
    (None: to all), too."""
    rows = tx.execute(
        f"{WAITING} WHERE d.publication_seq IN (SELECT value FROM json_each(?))"  # noqa: S608 - fixed texts
        " AND d.state = 'queued' ORDER BY d.delivery_seq",
        (integers_text(seqs),),
    ).fetchall()
    found = map(waiting_row, rows)
    return tuple(
        each for each in found if each.attempts == 0 or also_sent is None or each.recipient in also_sent
    )


def enqueue_cancellation(
    tx: sqlite3.Connection,
    content_id: int,
    nations: Collection[str],
    mode: Mode,
    seqs: Iterable[int],
    now: datetime,
) -> None:
    """Queue the word that cancels what these nations hold of these publications, and note that it does."""
    before = tx.execute("SELECT ifnull(max(delivery_seq), 0) FROM delivery").fetchone()[0]
    deliveries.enqueue(tx, content_id, nations, mode=mode, lane=Lane.CONTROL)
    tx.execute(
        "UPDATE delivery SET cancelled_at = ?, cancelled_in = word.delivery_seq, overdue = 0"
        " FROM (SELECT recipient, delivery_seq FROM delivery WHERE delivery_seq > ?) word"
        " WHERE delivery.publication_seq IN (SELECT value FROM json_each(?))"
        " AND delivery.recipient = word.recipient AND delivery.attempts > 0"
        " AND delivery.cancelled_at IS NULL",
        (micros(now), before, integers_text(seqs)),
    )


def cancelled_among(tx: sqlite3.Connection, delivery_seqs: Collection[int]) -> frozenset[int]:
    """Which of these copies were cancelled for their recipients: they are not sent again."""
    if not delivery_seqs:
        return frozenset()
    rows = tx.execute(
        "SELECT delivery_seq FROM delivery WHERE delivery_seq IN (SELECT value FROM json_each(?))"
        " AND cancelled_at IS NOT NULL",
        (integers_text(delivery_seqs),),
    )
    return frozenset(row[0] for row in rows.fetchall())


def wider(tx: sqlite3.Connection, seqs: Iterable[int]) -> dict[str, int]:
    """How many wider messages its publication has, for each message sent of these, by message id."""
    return dict(
        tx.execute(
            "SELECT DISTINCT c.message_id, c.wider FROM delivery d JOIN content c USING (content_id)"
            " WHERE d.publication_seq IN (SELECT value FROM json_each(?))",
            (integers_text(seqs),),
        ).fetchall()
    )


def refers_to(tx: sqlite3.Connection, publication_seq: int) -> dict[str, frozenset[str]]:
    """What the message of each recipient of a change refers to, by nation; of those whose copy goes out."""
    rows = tx.execute(
        "SELECT d.recipient, r.value ->> 'message_id' FROM delivery d JOIN content c USING (content_id),"
        " json_each(CAST(c.bytes AS TEXT), '$.header.references') r"
        " WHERE d.publication_seq = ? AND d.state NOT IN ('withheld', 'refused')",
        (publication_seq,),
    )
    found: dict[str, set[str]] = {}
    for nation, message_id in rows.fetchall():
        found.setdefault(nation, set()).add(message_id)
    return {nation: frozenset(ids) for nation, ids in found.items()}
