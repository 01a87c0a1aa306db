"""What stands again when a publication of ours is recalled: what it had taken the place of.

The same rule as at the recipients (`succession.standings`): a recalled publication that ends its chain, and
was not cancelled before, changes nothing any more and leaves the chain; one in the middle stays a link.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from bus.protocol.succession import EFFECTS, Status
from bus.store.columns import integers_text, micros
from bus.store.delivery_changes import tell_changed
from schemas.header import Kind, Relation

_NEVER = 2**63 - 1
_WITH_COPIES = (
    "(publication_seq = ?1 OR (copy_of = ?1"
    " AND chain = (SELECT chain FROM publication WHERE publication_seq = ?1)))"
)
"""A publication, and what backfills sent of it."""


def undo(tx: sqlite3.Connection, recalled: Iterable[int], now: datetime) -> tuple[int, ...]:
    """Account for publications recalled just now; those that are current again, oldest first.

    Deadlines that are still to come are watched again, those of their copies by backfills too.
    """
    waiting = sorted(recalled)
    standing: list[int] = []
    while waiting:
        seq = waiting.pop()
        predecessors = _void(tx, seq)
        if predecessors:
            tx.execute(
                "UPDATE succession SET in_force = 0, undone = 1 WHERE publication_seq = ? AND in_force",
                (seq,),
            )
            _leave(tx, seq, several=len(predecessors) > 1)
        for predecessor, relation in predecessors:
            if _stand_again(tx, predecessor, relation, now):
                standing.append(predecessor)
            else:
                waiting.append(predecessor)
    return tuple(sorted(standing))


def queue_again(tx: sqlite3.Connection, publication_seq: int, now: datetime) -> tuple[str, ...]:
    """Queue the copies that were taken back, before they ever left, for what is recalled now; those of its
    backfills too. The publications that they belong to.

    Without them, whoever was to have both would have neither. The relay decides on each anew. A request is
    not sent after all: it was replaced, and stays so.
    """
    found: list[str] = []
    for seq, publication_id in tx.execute(
        "SELECT publication_seq, publication_id FROM publication p"  # noqa: S608 - fixed texts
        f" WHERE {_WITH_COPIES} AND status = 'CURRENT' AND kind <> ?2 AND NOT EXISTS (SELECT 1"
        # What a second person never let go stays here.
        " FROM pending_release w WHERE w.publication_seq = p.publication_seq AND w.outcome <> 'confirmed')",
        (publication_seq, Kind.INFORMATION_REQUEST.value),
    ).fetchall():
        rows = tx.execute(
            "UPDATE delivery SET state = 'queued', reason = NULL, settled_at = NULL"
            " WHERE publication_seq = ? AND state = 'withheld' AND attempts = 0"
            " AND reason IN ('SUPERSEDED', 'CANCELLED') RETURNING delivery_seq",
            (seq,),
        ).fetchall()
        if rows:
            tell_changed(tx, [row[0] for row in rows], now)
            found.append(publication_id)
    return tuple(found)


def _void(tx: sqlite3.Connection, seq: int) -> list[tuple[int, Relation]]:
    """What a recalled publication changed, if it ends its chain and nothing cancelled it; else nothing."""
    rows = tx.execute(
        "SELECT s.predecessor, s.relation FROM publication p JOIN succession s USING (publication_seq)"
        " WHERE p.publication_seq = ? AND s.in_force AND p.status = 'RECALLED' AND p.cancelled_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM succession n WHERE n.predecessor = p.publication_seq AND n.in_force)"
        " ORDER BY s.predecessor",
        (seq,),
    ).fetchall()
    return [(row[0], Relation(row[1])) for row in rows]


def _stand_again(tx: sqlite3.Connection, seq: int, relation: Relation, now: datetime) -> bool:
    """Whether nothing stands against it; False where it was recalled itself."""
    if relation is Relation.CANCELS:
        tx.execute(f"UPDATE publication SET cancelled_at = NULL WHERE {_WITH_COPIES}", (seq,))  # noqa: S608
    tx.execute(
        "UPDATE publication SET status = 'CURRENT',"  # noqa: S608 - fixed texts
        # A deadline that passed meanwhile may have been told before: none is told twice.
        " watch_at = nullif(min(iif(deliver_by > ?3, deliver_by, ?4),"
        " iif(acknowledge_by > ?3, acknowledge_by, ?4)), ?4)"
        f" WHERE {_WITH_COPIES} AND status = ?2",
        (seq, EFFECTS[relation].value, micros(now), _NEVER),
    )
    row = tx.execute("SELECT status FROM publication WHERE publication_seq = ?", (seq,)).fetchone()
    return Status(row[0]) is Status.CURRENT


def _leave(tx: sqlite3.Connection, seq: int, *, several: bool) -> None:
    """Take a void publication, with its copies, out of its chain, and part what only it held together."""
    (chain,) = tx.execute("SELECT chain FROM publication WHERE publication_seq = ?", (seq,)).fetchone()
    tx.execute(
        "UPDATE publication SET chain = NULL WHERE chain = ?1 AND (publication_seq = ?2 OR copy_of = ?2)",
        (chain, seq),
    )
    if not several:
        return
    rows = tx.execute(
        "SELECT publication_seq, copy_of FROM publication WHERE chain = ? ORDER BY publication_seq", (chain,)
    ).fetchall()
    part = {row[0]: [row[0]] for row in rows}
    ties = [(row[0], row[1]) for row in rows if row[1] in part]
    ties += tx.execute(
        "SELECT s.publication_seq, s.predecessor FROM succession s JOIN publication p USING (publication_seq)"
        " WHERE p.chain = ? AND s.in_force",
        (chain,),
    ).fetchall()
    for one, other in ties:
        if part[one] is not part[other]:
            part[one] += part[other]
            for each in part[other]:
                part[each] = part[one]
    for members in {id(each): each for each in part.values()}.values():
        # The first of a part changed nothing: no other chain has its number.
        tx.execute(
            "UPDATE publication SET chain = ? WHERE publication_seq IN (SELECT value FROM json_each(?))",
            (min(members), integers_text(members)),
        )
