"""The feed of happenings: appended in the transaction of what happened, read from a cursor."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bus.store.columns import instant, micros
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.wire import Handling


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
    count: int | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent(NewEvent):
    """A happening with its place in the feed: `event_seq` only grows."""

    event_seq: int = 0


_COLUMNS = "type, at, nation, kind, mode, message_id, publication_id, inbox_seq, state, reason, count"


def add(tx: sqlite3.Connection, events: Sequence[NewEvent]) -> None:
    """Append happenings in this order."""
    tx.executemany(
        f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - fixed texts
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
                event.count,
            )
            for event in events
        ],
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """Which happenings somebody sees, and asked for. What is not clearly theirs stays hidden."""

    types: Collection[EventType] | None = None
    """Asked for; None for every type."""
    asked_kinds: Collection[Kind] | None = None
    asked_modes: Collection[Mode] | None = None
    kinds: Collection[Kind] | None = None
    """Kinds of message they may see at all; None for every kind. What is about no message has no kind."""
    modes: Collection[Mode] | None = None
    """Modes they may see at all; None for every mode, and for what is of no mode."""
    of_inbox: bool = True
    """Whether they see what happened to messages in the inbox."""
    of_publications: bool = True
    """Whether they see what happened to messages of ours."""
    of_partners: bool = True
    """Whether they see what is about no message: partners and lanes."""
    display_only: bool = True
    """Whether they learn that there are messages handled DISPLAY_ONLY."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Happenings in order. `position` is how far the feed was looked through: there the next page begins."""

    events: tuple[StoredEvent, ...]
    position: int
    known: bool
    """False: what follows the position asked for is no longer kept, or the feed never came so far."""
    first: int
    """The number of the oldest happening that is kept, or of the next one."""


SCANNED = 5000
"""Happenings looked through for one page at most, seen or not."""
EVERYTHING = Sight()


def look(tx: sqlite3.Connection, after: int = 0, *, limit: int = 100, sight: Sight = EVERYTHING) -> FeedPage:
    """Happenings with `event_seq` above `after` that `sight` shows, in order, at most `limit`.

    `after` 0 means from the oldest that is kept.
    """
    latest = latest_seq(tx)
    first = _first_seq(tx, latest)
    if after == 0:
        after = first - 1
    if not first - 1 <= after <= latest:
        return FeedPage((), after, False, first)
    upper = min(after + SCANNED, latest)
    conditions, values = _conditions(sight)
    rows = tx.execute(
        f"SELECT {_COLUMNS}, event_seq FROM event"  # noqa: S608 - fixed texts
        f" WHERE event_seq > ? AND event_seq <= ?{''.join(f' AND {each}' for each in conditions)}"
        " ORDER BY event_seq LIMIT ?",
        (after, upper, *values, limit),
    )
    events = tuple(map(_event, rows))
    # A full page ends at its last event: what comes behind that was not looked at.
    position = upper if len(events) < limit else events[-1].event_seq if events else after
    return FeedPage(events, position, True, first)


def at(tx: sqlite3.Connection, event_seq: int, sight: Sight = EVERYTHING) -> StoredEvent | None:
    """The happening with this number, if it is kept and `sight` shows it."""
    conditions, values = _conditions(sight)
    row = tx.execute(
        f"SELECT {_COLUMNS}, event_seq FROM event"  # noqa: S608 - fixed texts
        f" WHERE event_seq = ?{''.join(f' AND {each}' for each in conditions)}",
        (event_seq, *values),
    ).fetchone()
    return None if row is None else _event(row)


def latest_seq(tx: sqlite3.Connection) -> int:
    """The highest `event_seq` given, also when that happening is no longer kept; 0 when nothing happened."""
    row = tx.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
    return 0 if row is None else int(row[0])


def prune(tx: sqlite3.Connection, before: datetime, limit: int = 10_000) -> int:
    """Forget the oldest happenings up to the first not older than `before`; how many, at most `limit`.

    Always a beginning of the feed, whatever the clock did meanwhile: what is kept has no holes.
    """
    end = _first_seq(tx, latest_seq(tx)) + limit
    kept = tx.execute(
        "SELECT event_seq FROM event WHERE event_seq < ? AND at >= ? ORDER BY event_seq LIMIT 1",
        (end, micros(before)),
    ).fetchone()
    end = end if kept is None else kept[0]
    return tx.execute("DELETE FROM event WHERE event_seq < ?", (end,)).rowcount


_OF_NOTHING = "(message_id IS NULL AND publication_id IS NULL AND inbox_seq IS NULL)"
_OF_SOME_MESSAGE = "(message_id IS NOT NULL AND publication_id IS NULL AND inbox_seq IS NULL)"
_HIDDEN = f"SELECT 1 FROM inbox WHERE handling <> '{Handling.RELEASE}' AND"  # noqa: S608 - fixed texts


def _conditions(sight: Sight) -> tuple[list[str], list[str]]:
    conditions: list[str] = []
    values: list[str] = []

    def among(column: str, wanted: Collection[StrEnum], otherwise: str = "") -> None:
        places = ", ".join("?" * len(wanted))
        conditions.append(f"({column} IN ({places}){otherwise})")
        values.extend(each.value for each in wanted)

    for column, asked in (
        ("type", sight.types),
        ("kind", sight.asked_kinds),
        ("mode", sight.asked_modes),
        ("mode", sight.modes),
    ):
        if asked is not None:
            among(column, asked)
    if sight.kinds is not None:
        among("kind", sight.kinds, f" OR kind IS NULL AND {_OF_NOTHING}")
    if not sight.of_publications:
        conditions.append("publication_id IS NULL")
    if not sight.of_inbox:
        conditions.append("inbox_seq IS NULL")
    if not (sight.of_publications and sight.of_inbox):
        conditions.append(f"NOT {_OF_SOME_MESSAGE}")
    if not sight.of_partners:
        conditions.append(f"NOT {_OF_NOTHING}")
    if not sight.display_only:
        conditions.append(f"NOT EXISTS ({_HIDDEN} inbox.inbox_seq = event.inbox_seq)")
        # Also of what names it by its id alone; an id of ours may be one of a partner's too.
        conditions.append(
            "(publication_id IS NOT NULL OR message_id IS NULL"
            f" OR NOT EXISTS ({_HIDDEN} inbox.message_id = event.message_id))"
        )
    return conditions, values


def _first_seq(tx: sqlite3.Connection, latest: int) -> int:
    row = tx.execute("SELECT min(event_seq) FROM event").fetchone()
    return latest + 1 if row[0] is None else int(row[0])


def _event(row: Any) -> StoredEvent:
    return StoredEvent(
        EventType(row[0]),
        instant(row[1]),
        row[2],
        None if row[3] is None else Kind(row[3]),
        None if row[4] is None else Mode(row[4]),
        *row[5:],
    )
