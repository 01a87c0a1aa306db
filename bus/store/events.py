"""The feed of happenings: appended in the transaction of what happened, read from a cursor."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, micros
from schemas.event import EventType
from schemas.header import Kind, Mode


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One happening to be told; see `schemas.event.Event`. Codes and ids only."""

    type: EventType
    at: datetime
    nation: str | None = None
    kind: Kind | None = None
    mode: Mode | None = None
    message_id: str | None = None
    publication_id: str | None = None
    inbox_seq: int | None = None
    state: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent(NewEvent):
    """A happening with its place in the feed: `event_seq` only grows."""

    event_seq: int = 0


_COLUMNS = "type, at, nation, kind, mode, message_id, publication_id, inbox_seq, state, reason"


def add(tx: sqlite3.Connection, events: Sequence[NewEvent]) -> None:
    """Append happenings in this order."""
    tx.executemany(
        f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - fixed texts
        [
            (
                event.type.value,
                micros(event.at),
                event.nation,
                event.kind,
                event.mode,
                event.message_id,
                event.publication_id,
                event.inbox_seq,
                event.state,
                event.reason,
            )
            for event in events
        ],
    )


def list_after(
    tx: sqlite3.Connection, after: int = 0, *, limit: int = 100, types: Collection[EventType] | None = None
) -> tuple[StoredEvent, ...]:
    """Happenings with `event_seq` above `after`, in order, at most `limit`; `types` narrows."""
    wanted = ""
    values: list[str | int] = [after]
    if types is not None:
        wanted = f" AND type IN ({', '.join('?' * len(types))})"
        values += [each.value for each in types]
    rows = tx.execute(
        f"SELECT {_COLUMNS}, event_seq FROM event WHERE event_seq > ?{wanted}"  # noqa: S608 - fixed texts
        " ORDER BY event_seq LIMIT ?",
        (*values, limit),
    )
    return tuple(
        StoredEvent(
            EventType(row[0]),
            instant(row[1]),
            row[2],
            None if row[3] is None else Kind(row[3]),
            None if row[4] is None else Mode(row[4]),
            *row[5:],
        )
        for row in rows
    )


def latest_seq(tx: sqlite3.Connection) -> int:
    """The highest `event_seq` given; 0 when nothing has happened."""
    row = tx.execute("SELECT max(event_seq) FROM event").fetchone()
    return int(row[0] or 0)
