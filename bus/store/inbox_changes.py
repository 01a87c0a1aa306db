"""What messages and cancellations make of each other in the inbox, kept up to date as they come.

The rule is `bus.protocol.succession.standings`, a function of the set of what came; here its answer is
brought forward with each arrival, at a cost that does not grow with the chain. A message's row has its
`status`, the `chain` that it shares with all that change each other, and which message changed it.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bus.protocol.succession import CHANGES, EFFECTS, Cancelled, Known, Status, counts
from bus.store.columns import instant, integers_text, micros
from bus.store.overwriting import overwriting
from schemas.header import Kind, Mode, Reference, Relation

HISTORY = 100
"""The ids of a chain that are shown at most, the last ones."""


class Changed(NamedTuple):
    """A message whose status is another one now."""

    inbox_seq: int
    originator: str
    message_id: str
    digest: str
    kind: Kind
    mode: Mode
    status: Status


class Ignored(NamedTuple):
    """A word that counts for nothing: it names what is here by another digest, mode or kind, or is not of the
    originator of what it names. `message_id` is the named message's."""

    message_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What arrivals changed, in order of the inbox, and what they said that counts for nothing."""

    changed: tuple[Changed, ...]
    ignored: tuple[Ignored, ...]


class Chain(NamedTuple):
    """What is shown of a chain; see `succession.Standing`."""

    current: str | None
    history: tuple[str, ...]


class _Row(NamedTuple):
    inbox_seq: int
    known: Known
    status: Status
    chain: int | None
    changed_by: int | None
    cancelled_at: int | None
    recalled: bool


def take_in(tx: sqlite3.Connection, filed: Sequence[tuple[int, Known]]) -> Changes:
    """Account for messages just filed (`inbox_seq` and what matters of each), in their transaction."""
    work = _Work(tx)
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
    work = _Work(tx)
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


class _Work:
    """The rows that arrivals touch, and what is to be told of them."""

    def __init__(self, tx: sqlite3.Connection) -> None:
        self.tx = tx
        self.ignored: list[Ignored] = []
        self._before: dict[int, Status] = {}
        self._touched: set[int] = set()

    def changes(self, edges: Iterable[tuple[int, int, str, str]]) -> None:
        """Let each changer change its target, if it counts."""
        for changer_seq, target_seq, digest, relation in edges:
            changer, target = self._row(changer_seq), self._row(target_seq)
            reference = Reference.model_construct(
                message_id=target.known.message_id,
                originator=target.known.originator,
                digest=digest,
                relation=Relation(relation),
            )
            if not counts(reference, changer.known, target.known):
                self.ignored.append(Ignored(target.known.message_id, digest))
                continue
            self._change(changer, target, reference.relation)
            self._touched.add(self._join(changer, target))

    def _change(self, changer: _Row, target: _Row, relation: Relation) -> None:
        winner = None if target.changed_by is None else self._row(target.changed_by)
        if relation is Relation.CANCELS:
            self._set_cancelled(target, micros(changer.known.issued_at))
            target = self._row(target.inbox_seq)
        if winner is not None and _order(winner, target.status) >= _order(changer, EFFECTS[relation]):
            return
        status = target.status if target.status is Status.CANCELLED else EFFECTS[relation]
        self._set_status(target, status)
        self.tx.execute(
            "UPDATE inbox SET changed_by = ? WHERE inbox_seq = ?", (changer.inbox_seq, target.inbox_seq)
        )

    def cancellations(self, words: Iterable[tuple[int, str, str, int]]) -> None:
        """Mark what is cancelled by its very digest, in its mode."""
        for seq, digest, mode, at in words:
            row = self._row(seq)
            if (row.known.digest, row.known.mode.value) == (digest, mode):
                self._set_cancelled(row, at)
            else:
                self.ignored.append(Ignored(row.known.message_id, digest))

    def _set_cancelled(self, row: _Row, at: int) -> None:
        self._set_status(row, Status.CANCELLED)
        self.tx.execute(
            "UPDATE inbox SET cancelled_at = min(ifnull(cancelled_at, ?), ?) WHERE inbox_seq = ?",
            (at, at, row.inbox_seq),
        )

    def _set_status(self, row: _Row, status: Status) -> None:
        if row.status in (status, Status.RECALLED):
            return
        self._before.setdefault(row.inbox_seq, row.status)
        self.tx.execute("UPDATE inbox SET status = ? WHERE inbox_seq = ?", (status.value, row.inbox_seq))

    def _join(self, one: _Row, other: _Row) -> int:
        """Let two messages share a chain: the smaller one takes the larger one's number."""
        sizes = {}
        for row in (one, other):
            chain = row.chain if row.chain is not None else -row.inbox_seq
            sizes[chain] = self._size(chain)
        if len(sizes) == 1 and one.chain is not None:
            return one.chain
        small, large = sorted(sizes, key=lambda chain: (sizes[chain], chain < 0))
        kept = abs(large)
        for chain in (small, large):
            if chain < 0:
                self.tx.execute("UPDATE inbox SET chain = ? WHERE inbox_seq = ?", (kept, -chain))
        if small > 0:
            self.tx.execute("UPDATE inbox SET chain = ? WHERE chain = ?", (kept, small))
            self.tx.execute("DELETE FROM inbox_chain_size WHERE chain = ?", (small,))
            self._touched.discard(small)
        self.tx.execute(
            "INSERT INTO inbox_chain_size (chain, size) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET size = excluded.size",
            (kept, sum(sizes.values())),
        )
        return kept

    def _size(self, chain: int) -> int:
        if chain < 0:
            return 1
        row = self.tx.execute("SELECT size FROM inbox_chain_size WHERE chain = ?", (chain,)).fetchone()
        return int(row[0])

    def done(self) -> Changes:
        """Settle which end of each touched chain is its last, and say whose status is another one now."""
        for chain in self._touched:
            self._settle_ends(chain)
        changed = []
        for seq, before in sorted(self._before.items()):
            row = self._row(seq)
            if row.status is not before and not row.recalled:
                known = row.known
                name = known.originator, known.message_id, known.digest, known.kind, known.mode
                changed.append(Changed(seq, *name, row.status))
        return Changes(tuple(changed), tuple(self.ignored))

    def _settle_ends(self, chain: int) -> None:
        last = self.tx.execute(
            "SELECT inbox_seq FROM inbox WHERE chain = ? AND changed_by IS NULL"
            " ORDER BY issued_at DESC, message_id DESC LIMIT 1",
            (chain,),
        ).fetchone()
        current = self.tx.execute(
            "SELECT inbox_seq FROM inbox WHERE chain = ? AND status = 'CURRENT'", (chain,)
        ).fetchall()
        for (seq,) in current:
            if last is None or seq != last[0]:
                self._set_status(self._row(seq), Status.SUPERSEDED)
        if last is not None:
            row = self._row(last[0])
            if row.status is Status.SUPERSEDED:
                self._set_status(row, Status.CURRENT)

    def _row(self, seq: int) -> _Row:
        row = self.tx.execute(f"{_SELECT} WHERE inbox_seq = ?", (seq,)).fetchone()
        return _Row(
            row[0],
            Known(row[1], row[2], row[3], Kind(row[4]), Mode(row[5]), row[6], instant(row[7])),
            Status(row[8]),
            row[9],
            row[10],
            row[11],
            row[12] is not None,
        )


def _order(changer: _Row, status: Status) -> tuple[datetime, str, str]:
    """Which of two changes of one message counts: the later; by one message, as `succession` orders them."""
    relation: Any = next((each for each, effect in EFFECTS.items() if effect is status), "")
    return changer.known.issued_at, changer.known.message_id, str(relation)


_SELECT = (
    "SELECT inbox_seq, originator, message_id, digest, kind, mode, exercise_id, issued_at, status, chain,"
    " changed_by, cancelled_at, recalled_at FROM inbox"
)
