"""What lies under a publication of ours in its chain, and who may lack the link between."""

import sqlite3

from bus.store.columns import integers_text


def earlier(tx: sqlite3.Connection, publication_seq: int) -> tuple[int, ...]:
    """What a publication changed, and what that had changed, with what backfills sent of it."""
    found: set[int] = set()
    waiting = [publication_seq]
    while waiting:
        rows = tx.execute(
            "SELECT predecessor FROM succession WHERE publication_seq = ? AND in_force", (waiting.pop(),)
        )
        new = {row[0] for row in rows.fetchall()} - found
        found |= new
        waiting += new
    rows = tx.execute(
        "SELECT m.publication_seq FROM publication p JOIN publication m ON m.chain = p.chain"
        " WHERE p.publication_seq = ? AND ifnull(m.copy_of, m.publication_seq)"
        " IN (SELECT value FROM json_each(?))",
        (publication_seq, integers_text(found)),
    )
    return tuple(row[0] for row in rows.fetchall())


def not_receipted(tx: sqlite3.Connection, publication_seq: int) -> frozenset[str]:
    """Nations to which a publication may have been sent, and that never said that it came."""
    rows = tx.execute(
        "SELECT recipient FROM delivery WHERE publication_seq = ? AND attempts > 0"
        " AND state IN ('queued', 'sealed', 'sent', 'withheld')",
        (publication_seq,),
    )
    return frozenset(row[0] for row in rows.fetchall())
