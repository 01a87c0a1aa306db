"""Rows of the inbox as changes, cancellations and recalls move them: statuses, chains, who changed whom.

`bus.store.inbox_changes` says what arrived; this carries it through the rows that it touches.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bus.protocol.succession import EFFECTS, Known, Status, counts
from bus.store.columns import instant, integers_text, micros
from schemas.header import Kind, Mode, Reference, Relation


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


class _Row(NamedTuple):
    inbox_seq: int
    known: Known
    status: Status
    chain: int | None
    changed_by: int | None
    cancelled_at: int | None
    recalled: bool

    @property
    def void(self) -> bool:
        """Recalled, and in no chain: see `succession.standings`."""
        return self.recalled and self.changed_by is None and self.cancelled_at is None


_COUNTS = (
    "e.digest = i.digest AND c.originator = i.originator AND c.kind = i.kind AND c.mode = i.mode"
    " AND c.exercise_id IS i.exercise_id"
)
"""`succession.counts`, of a change `e` by the message `c` of the message `i`."""
_CHANGERS = (
    "CROSS JOIN inbox_change e ON e.originator = i.originator AND e.message_id = i.message_id"
    " CROSS JOIN inbox c ON c.inbox_seq = e.changed_by"
)


class Upkeep:
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
            elif not changer.void:
                self._link(changer, target, reference.relation)

    def _link(self, changer: _Row, target: _Row, relation: Relation) -> None:
        self._change(changer, target, relation)
        self._touched.add(self._join(changer, target))
        if target.void:
            self._revive(target.inbox_seq)

    def _revive(self, inbox_seq: int) -> None:
        """A message that was void is a link of a chain: it changes again what it changed."""
        waiting = [inbox_seq]
        while waiting:
            seq = waiting.pop()
            for target_seq, relation in self._changed_by(seq):
                target = self._row(target_seq)
                self._change(self._row(seq), target, relation)
                self._touched.add(self._join(self._row(seq), self._row(target_seq)))
                if target.void:
                    waiting.append(target_seq)

    def recall(self, inbox_seq: int) -> None:
        """Let a recalled message change nothing any more, and what is void because of that."""
        waiting = [inbox_seq]
        while waiting:
            row = self._row(waiting.pop())
            if not row.void:
                continue
            targets = sorted({seq for seq, _ in self._changed_by(row.inbox_seq)})
            self._leave(row, targets)
            for seq in targets:
                self._change_anew(seq)
            waiting += targets

    def _changed_by(self, inbox_seq: int) -> list[tuple[int, Relation]]:
        """What a message would change, and how."""
        rows = self.tx.execute(
            "SELECT i.inbox_seq, e.relation FROM inbox_change e"  # noqa: S608 - fixed texts
            " CROSS JOIN inbox c ON c.inbox_seq = e.changed_by"
            " CROSS JOIN inbox i ON i.message_id = e.message_id AND i.originator = e.originator"
            f" WHERE e.changed_by = ? AND {_COUNTS} ORDER BY 1, 2",
            (inbox_seq,),
        )
        return [(row[0], Relation(row[1])) for row in rows.fetchall()]

    def _change_anew(self, inbox_seq: int) -> None:
        """Say of a message what those that still change it make of it."""
        source = (
            f"FROM inbox i {_CHANGERS} WHERE i.inbox_seq = ? AND {_COUNTS}"
            " AND (c.recalled_at IS NULL OR c.changed_by IS NOT NULL OR c.cancelled_at IS NOT NULL)"
        )
        winner = self.tx.execute(
            f"SELECT c.inbox_seq, e.relation {source}"
            " ORDER BY c.issued_at DESC, c.message_id DESC, e.relation DESC LIMIT 1",
            (inbox_seq,),
        ).fetchone()
        (cancelled,) = self.tx.execute(
            f"SELECT min(at) FROM (SELECT c.issued_at AS at {source} AND e.relation = 'cancels'"  # noqa: S608
            " UNION ALL SELECT w.at FROM cancellation w JOIN inbox i ON i.originator = w.originator"
            " AND i.message_id = w.message_id AND i.digest = w.digest AND i.mode = w.mode"
            " WHERE i.inbox_seq = ?)",
            (inbox_seq, inbox_seq),
        ).fetchone()
        status = Status.CURRENT if winner is None else EFFECTS[Relation(winner[1])]
        row = self._row(inbox_seq)
        self._set_status(row, status if cancelled is None else Status.CANCELLED)
        self.tx.execute(
            "UPDATE inbox SET changed_by = ?, cancelled_at = ? WHERE inbox_seq = ?",
            (None if winner is None else winner[0], cancelled, inbox_seq),
        )
        if row.chain is not None:
            self._touched.add(row.chain)

    def _leave(self, row: _Row, targets: Sequence[int]) -> None:
        """A void message leaves its chain, which falls apart if it held several messages together."""
        if row.chain is None:
            return
        self.tx.execute("UPDATE inbox SET chain = NULL WHERE inbox_seq = ?", (row.inbox_seq,))
        self.tx.execute("UPDATE inbox_chain_size SET size = size - 1 WHERE chain = ?", (row.chain,))
        self._touched.add(row.chain)
        if len(targets) > 1:
            self._fall_apart(row.chain)

    def _fall_apart(self, chain: int) -> None:
        rows = self.tx.execute("SELECT inbox_seq FROM inbox WHERE chain = ?", (chain,)).fetchall()
        near: dict[int, list[int]] = {row[0]: [] for row in rows}
        for changer, target in self.tx.execute(
            f"SELECT c.inbox_seq, i.inbox_seq FROM inbox i {_CHANGERS}"  # noqa: S608 - fixed texts
            f" WHERE i.chain = ? AND c.chain = i.chain AND {_COUNTS}",
            (chain,),
        ).fetchall():
            near[changer].append(target)
            near[target].append(changer)
        parts = sorted(_parts(near), key=len)
        for part in parts[:-1]:
            number = self._new_chain(len(part))
            self.tx.execute(
                "UPDATE inbox SET chain = ? WHERE inbox_seq IN (SELECT value FROM json_each(?))",
                (number, integers_text(part)),
            )
            self._touched.add(number)
        self.tx.execute("UPDATE inbox_chain_size SET size = ? WHERE chain = ?", (len(parts[-1]), chain))

    def _new_chain(self, size: int) -> int:
        row = self.tx.execute(
            "INSERT INTO inbox_chain_size (chain, size)"
            " SELECT ifnull(max(chain), 0) + 1, ? FROM inbox_chain_size RETURNING chain",
            (size,),
        ).fetchone()
        return int(row[0])

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
                if row.void:
                    self._revive(seq)
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
        kept = large if large > 0 else self._new_chain(2)
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


def _parts(near: dict[int, list[int]]) -> list[list[int]]:
    """What hangs together."""
    parts: list[list[int]] = []
    seen: set[int] = set()
    for start in near:
        if start in seen:
            continue
        seen.add(start)
        part = [start]
        for each in part:
            new = [other for other in near[each] if other not in seen]
            seen.update(new)
            part += dict.fromkeys(new)
        parts.append(part)
    return parts


def _order(changer: _Row, status: Status) -> tuple[datetime, str, str]:
    """Which of two changes of one message counts: the later; by one message, as `succession` orders them."""
    relation: Any = next((each for each, effect in EFFECTS.items() if effect is status), "")
    return changer.known.issued_at, changer.known.message_id, str(relation)


_SELECT = (
    "SELECT inbox_seq, originator, message_id, digest, kind, mode, exercise_id, issued_at, status, chain,"
    " changed_by, cancelled_at, recalled_at FROM inbox"
)
