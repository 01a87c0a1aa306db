"""The traffic: one row for each message received and each publication of ours, numbered without holes.

Written in the transaction that files or accepts. Rows hold what is searched; what is shown comes from the
inbox and the publications themselves (`traffic_rows`), and their words stand in an index (`traffic_words`).
What becomes of a message is carried over by triggers (schema.sql).
"""

import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

MARK_DIGITS = 12
LABEL_PARTS = "\t"
"""Stands between a policy and a classification: no short text has it."""


class Face(NamedTuple):
    """What a message says of itself beyond what the other tables keep in columns.

    `asked`: this nation is asked to acknowledge it (`bus.protocol.deadlines.asks`).
    """

    addressed: tuple[str, ...] = ()
    policy: str = ""
    classification: str = ""
    asked: bool = False


NO_FACE = Face()


class TrafficRow(NamedTuple):
    """A row, in the order of its columns."""

    ref: int
    at: int
    expires_at: int | None
    originator: str
    author: str | None
    kind: str
    rank: int
    mode: str
    exercise_id: str | None
    label: str
    addressed: str
    released: str
    key_mark: int | None
    status: str
    unread: int
    owing: int


_INSERT = f"INSERT INTO traffic ({', '.join(TrafficRow._fields)}) VALUES ({', '.join('?' * 16)})"  # noqa: S608


def add(tx: sqlite3.Connection, rows: Iterable[TrafficRow]) -> None:
    """Append rows in this order."""
    tx.executemany(_INSERT, rows)


def latest_seq(tx: sqlite3.Connection) -> int:
    """The highest `seq`; 0 where there is no traffic yet."""
    row = tx.execute("SELECT max(seq) FROM traffic").fetchone()
    return int(row[0] or 0)


def seqs_of(tx: sqlite3.Connection, refs: Iterable[int]) -> list[int]:
    """The numbers of these rows by `ref`: an `inbox_seq`, or minus a `publication_seq`."""
    wanted = ",".join(map(str, refs))
    rows = tx.execute(
        "SELECT t.seq FROM json_each(?) j CROSS JOIN traffic t ON t.ref = j.value ORDER BY t.seq",
        (f"[{wanted}]",),
    )
    return [row[0] for row in rows]


def publication_refs(tx: sqlite3.Connection, publication_ids: Iterable[str]) -> list[int]:
    """The `ref` of these publications of ours."""
    found = (
        tx.execute("SELECT -publication_seq FROM publication WHERE publication_id = ?", (each,)).fetchone()
        for each in publication_ids
    )
    return [row[0] for row in found if row is not None]


# Addressees and release sets repeat from message to message.
@lru_cache(maxsize=1024)
def names_text(names: tuple[str, ...]) -> str:
    """Names with a space before and behind each, so that one is found by itself."""
    return f" {' '.join(names)} " if names else ""


def label_text(policy: str, classification: str) -> str:
    """How a label stands in its column."""
    return f"{policy}{LABEL_PARTS}{classification}"


def key_mark(kid: str) -> int:
    """The beginning of a key's id, as a number: short, and enough to tell keys apart."""
    return int(kid[:MARK_DIGITS], 16)
