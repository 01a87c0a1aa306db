"""Who opened a message of the inbox first, and where in its lane it came: what a receipt for it names."""

import sqlite3
from datetime import datetime
from typing import Any, NamedTuple

from bus.store.columns import KINDS, LANES, MODES, micros
from bus.store.overwriting import overwriting
from schemas.header import Kind, Mode
from schemas.wire import Lane


class Place(NamedTuple):
    """A message of the inbox as its originator's gateway knows it."""

    originator: str
    message_id: str
    digest: str
    mode: Mode
    lane: Lane
    epoch: int
    serial: int
    exercise_id: str | None
    kind: Kind
    inbox_seq: int


_COLUMNS = "originator, message_id, digest, mode, lane, epoch, serial, exercise_id, kind, inbox_seq"


def note(tx: sqlite3.Connection, inbox_seq: int, by: str, at: datetime) -> Place | None:
    """A person opened it: kept once. None when it was opened before, was recalled, or is not there."""
    with overwriting(tx):
        row = tx.execute(
            "UPDATE inbox SET read_at = ?, read_by = ? WHERE inbox_seq = ? AND read_at IS NULL"  # noqa: S608
            f" AND recalled_at IS NULL RETURNING {_COLUMNS}",
            (micros(at), by, inbox_seq),
        ).fetchone()
    return None if row is None else _place(row)


def place_of(tx: sqlite3.Connection, originator: str, message_id: str, digest: str) -> Place | None:
    """The place of exactly this message, or None."""
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM inbox WHERE originator = ? AND message_id = ? AND digest = ?",  # noqa: S608
        (originator, message_id, digest),
    ).fetchone()
    return None if row is None else _place(row)


def _place(row: Any) -> Place:
    return Place(
        row[0], row[1], row[2], MODES[row[3]], LANES[row[4]], row[5], row[6], row[7], KINDS[row[8]], row[9]
    )
