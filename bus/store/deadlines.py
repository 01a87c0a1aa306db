"""Deadlines of publications: kept from the release on, watched until each was looked at once.

They stand with the publication, whose deliveries share them: publishing to many nations writes one index
entry. `watch_at` is the next deadline that was not looked at yet; whoever looks moves it on in the same
transaction that notes what passed, so no deadline is told twice and none forgotten, whenever a gateway stops.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from bus.protocol.deadlines import BIT, OPEN_IN, Awaited, Deadlines
from bus.store.columns import KINDS, MODES, instant, instant_or_none, integers_text, micros, micros_or_none
from schemas.header import Kind, Mode


class Passed(NamedTuple):
    """One delivery that missed one deadline."""

    awaited: Awaited
    delivery_seq: int
    recipient: str
    kind: Kind
    mode: Mode
    publication_id: str
    message_id: str
    digest: str
    released_at: datetime
    sent: bool
    """Whether the broker ever confirmed it: only then the recipient could have answered."""


Values = tuple[int | None, int | None, int | None, int | None]


def columns_of(deadlines: Deadlines | None) -> Values:
    """`released_at`, `deliver_by`, `acknowledge_by` and `watch_at` as columns."""
    if deadlines is None:
        return None, None, None, None
    deliver_by, acknowledge_by = micros(deadlines.deliver_by), micros_or_none(deadlines.acknowledge_by)
    first = deliver_by if acknowledge_by is None else min(deliver_by, acknowledge_by)
    return micros(deadlines.released_at), deliver_by, acknowledge_by, first


def begin(tx: sqlite3.Connection, publication_seq: int, deadlines: Deadlines | None) -> None:
    """The publication was released: watch its deadlines. None: it is not released yet, it has none."""
    tx.execute(
        "UPDATE publication SET (released_at, deliver_by, acknowledge_by, watch_at) = (?, ?, ?, ?)"
        " WHERE publication_seq = ?",
        (*columns_of(deadlines), publication_seq),
    )


def waive(tx: sqlite3.Connection, publication_seqs: Iterable[int]) -> None:
    """Nothing is awaited of these any longer (recalled, cancelled): what is overdue is so no more."""
    seqs = integers_text(publication_seqs)
    tx.execute(
        "UPDATE publication SET watch_at = NULL WHERE publication_seq IN (SELECT value FROM json_each(?))",
        (seqs,),
    )
    tx.execute(
        "UPDATE delivery SET overdue = 0"
        " WHERE publication_seq IN (SELECT value FROM json_each(?)) AND overdue > 0",
        (seqs,),
    )


def next_watch(tx: sqlite3.Connection) -> datetime | None:
    """When the next deadline passes that was not looked at yet."""
    row = tx.execute("SELECT min(watch_at) FROM publication WHERE watch_at IS NOT NULL").fetchone()
    return instant_or_none(row[0])


def note_passed(tx: sqlite3.Connection, now: datetime, limit: int = 50) -> tuple[Passed, ...]:
    """Note what was not met in time, of at most `limit` publications, the longest overdue first.

    Each deadline is looked at once. There may be more while `next_watch` is not after `now`.
    """
    seqs = [
        row[0]
        for row in tx.execute(
            "SELECT publication_seq FROM publication INDEXED BY publication_watch WHERE watch_at <= ?"
            " ORDER BY watch_at LIMIT ?",
            (micros(now), limit),
        )
    ]
    if not seqs:
        return ()
    passed: list[Passed] = []
    for awaited in Awaited:
        passed += _note(tx, awaited, seqs, now)
    tx.execute(
        "UPDATE publication SET watch_at = nullif(min(iif(deliver_by > :now, deliver_by, :never),"
        " iif(acknowledge_by > :now, acknowledge_by, :never)), :never)"
        " WHERE publication_seq IN (SELECT value FROM json_each(:seqs))",
        {"now": micros(now), "never": _NEVER, "seqs": integers_text(seqs)},
    )
    return tuple(passed)


_NEVER = 2**63 - 1
_DUE = {
    Awaited.DELIVERY: "p.deliver_by <= ?",
    Awaited.ACKNOWLEDGEMENT: "p.acknowledge_by <= ? AND d.owes_acknowledgement = 1",
}


def _note(tx: sqlite3.Connection, awaited: Awaited, seqs: Iterable[int], now: datetime) -> list[Passed]:
    states = ", ".join(f"'{state}'" for state in sorted(OPEN_IN[awaited]))
    rows = tx.execute(
        "SELECT d.delivery_seq, d.recipient, p.kind, d.mode, p.publication_id, c.message_id, c.digest,"  # noqa: S608
        " p.released_at, d.sent_at IS NOT NULL FROM delivery d JOIN publication p USING (publication_seq)"
        " JOIN content c ON c.content_id = d.content_id"
        f" WHERE d.publication_seq IN (SELECT value FROM json_each(?)) AND {_DUE[awaited]}"
        f" AND d.state IN ({states}) AND d.overdue & {BIT[awaited]} = 0 AND d.cancelled_at IS NULL"
        " ORDER BY d.delivery_seq",
        (integers_text(seqs), micros(now)),
    ).fetchall()
    tx.execute(
        f"UPDATE delivery SET overdue = overdue | {BIT[awaited]}"  # noqa: S608 - a fixed number
        " WHERE delivery_seq IN (SELECT value FROM json_each(?))",
        (integers_text(row[0] for row in rows),),
    )
    return [
        Passed(
            awaited,
            row[0],
            row[1],
            KINDS[row[2]],
            MODES[row[3]],
            row[4],
            row[5],
            row[6],
            instant(row[7]),
            bool(row[8]),
        )
        for row in rows
    ]


def count_overdue(tx: sqlite3.Connection) -> Mapping[tuple[str, Awaited], int]:
    """How many deliveries are overdue now, by recipient and what is awaited."""
    found: dict[tuple[str, Awaited], int] = {}
    for recipient, overdue, count in tx.execute(
        "SELECT recipient, overdue, count FROM overdue_count WHERE count > 0"
    ):
        for awaited, bit in BIT.items():
            if overdue & bit:
                found[recipient, awaited] = found.get((recipient, awaited), 0) + count
    return found
