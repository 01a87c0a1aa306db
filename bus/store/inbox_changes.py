"""What messages and cancellations make of each other in the inbox, kept up to date as they come.

The rule is `bus.protocol.succession.standings`, a function of the set of what came; here its answer is
brought forward with each arrival, at a cost that does not grow with the chain. A message's row has its
`status`, the `chain` that it shares with all that change each other, and which message changed it.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from bus.protocol.succession import CHANGES, Cancelled, Known, Status
from bus.store.columns import instant, integers_text, micros
from bus.store.inbox_upkeep import Changes, Ignored, Upkeep
from bus.store.overwriting import overwriting

HISTORY = 100
"""The ids of a chain that are shown at most, the last ones."""


class Chain(NamedTuple):
    """What is shown of a chain; see `succession.Standing`."""

    current: str | None
    history: tuple[str, ...]


def take_in(tx: sqlite3.Connection, filed: Sequence[tuple[int, Known]]) -> Changes:
    """Account for messages just filed (`inbox_seq` and what matters of each), in their transaction."""
    work = Upkeep(tx)
    own: list[tuple[str, str, str, str, int]] = []
    for seq, message in filed:
        for reference in message.references:
            if reference.relation not in CHANGES:
                continue
            if reference.originator != message.originator:
                work.ignored.append(Ignored(reference.message_id, reference.digest))
                continue
            name = reference.originator, reference.message_id, reference.digest
            own.append((*name, reference.relation.value, seq))
    if own:
        tx.executemany("INSERT OR IGNORE INTO inbox_change VALUES (?, ?, ?, ?, ?)", own)
    with overwriting(tx):
        work.changes(_edges(tx, [seq for seq, _ in filed], own))
        work.cancellations(_cancellations(tx, [seq for seq, _ in filed]))
        return work.done()


def cancel(tx: sqlite3.Connection, word: Cancelled) -> Changes:
    """Keep a cancellation, and account for it if its message is here; once said, it is said."""
    work = Upkeep(tx)
    tx.execute(
        "INSERT INTO cancellation (originator, message_id, digest, mode, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET at = min(at, excluded.at)",
        (word.originator, word.message_id, word.digest, word.mode.value, micros(word.at)),
    )
    row = tx.execute(
        "SELECT inbox_seq FROM inbox WHERE originator = ? AND message_id = ?", word[:2]
    ).fetchone()
    with overwriting(tx):
        if row is not None:
            work.cancellations([(row[0], word.digest, word.mode.value, micros(word.at))])
        return work.done()


def recalled(tx: sqlite3.Connection, inbox_seq: int) -> Changes:
    """Account for a message that was withdrawn just now: what it changed may stand again."""
    work = Upkeep(tx)
    with overwriting(tx):
        work.recall(inbox_seq)
        return work.done()


def cancelled_at(tx: sqlite3.Connection, inbox_seq: int) -> datetime:
    """When a cancelled message was cancelled, as its originator signed it."""
    row = tx.execute("SELECT cancelled_at FROM inbox WHERE inbox_seq = ?", (inbox_seq,)).fetchone()
    return instant(row[0])


def chains(
    tx: sqlite3.Connection, numbers: Iterable[int], *, with_display_only: bool = False
) -> dict[int, Chain]:
    """What is shown of these chains. Messages that may be displayed only are left out unless asked for."""
    narrowed = "" if with_display_only else " AND handling = 'RELEASE'"
    found: dict[int, Chain] = {}
    for chain in set(numbers):
        history = tx.execute(
            f"SELECT message_id FROM inbox WHERE chain = ?{narrowed}"  # noqa: S608 - fixed texts
            " ORDER BY issued_at DESC, message_id DESC LIMIT ?",
            (chain, HISTORY),
        ).fetchall()
        end = tx.execute(
            "SELECT message_id, status, recalled_at, handling FROM inbox"
            " WHERE chain = ? AND changed_by IS NULL ORDER BY issued_at DESC, message_id DESC LIMIT 1",
            (chain,),
        ).fetchone()
        current = None
        if end is not None and end[1] == Status.CURRENT and end[2] is None:
            current = end[0] if with_display_only or end[3] == "RELEASE" else None
        found[chain] = Chain(current, tuple(row[0] for row in reversed(history)))
    return found


def _edges(
    tx: sqlite3.Connection, filed: Sequence[int], own: Sequence[tuple[str, str, str, str, int]]
) -> list[tuple[int, int, str, str]]:
    """Changes of which one side came just now and the other is here: changer, target, digest, relation."""
    rows = tx.execute(
        "SELECT e.changed_by, i.inbox_seq, e.digest, e.relation FROM inbox i"
        " CROSS JOIN inbox_change e ON e.originator = i.originator AND e.message_id = i.message_id"
        " WHERE i.inbox_seq IN (SELECT value FROM json_each(?))",
        (integers_text(filed),),
    ).fetchall()
    if own:
        names = json.dumps(
            [{"o": each[0], "m": each[1], "d": each[2], "r": each[3], "s": each[4]} for each in own]
        )
        rows += tx.execute(
            "SELECT j.value ->> 's', i.inbox_seq, j.value ->> 'd', j.value ->> 'r' FROM json_each(?) j"
            " CROSS JOIN inbox i ON i.message_id = j.value ->> 'm' AND i.originator = j.value ->> 'o'",
            (names,),
        ).fetchall()
    return sorted(set(rows))


def _cancellations(tx: sqlite3.Connection, filed: Sequence[int]) -> list[tuple[int, str, str, int]]:
    return tx.execute(
        "SELECT i.inbox_seq, w.digest, w.mode, w.at FROM inbox i"
        " CROSS JOIN cancellation w ON w.originator = i.originator AND w.message_id = i.message_id"
        " WHERE i.inbox_seq IN (SELECT value FROM json_each(?))",
        (integers_text(filed),),
    ).fetchall()
