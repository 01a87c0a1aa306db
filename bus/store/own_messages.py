"""Our own messages by id, for what refers to them: replies, updates, acknowledgements."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bus.store.columns import strings
from schemas.header import Kind, Mode
from schemas.message import label_of


@dataclass(frozen=True, slots=True)
class OwnReference:
    """What is checked of a message of ours that a reply, an update or an acknowledgement refers to.

    `may_know`: nations that may learn of it. Where there are tear lines, a nation that got nothing, or a
    wider version than this one, may not; where a
    change goes out as several messages, nobody who got another one of them.
    """

    publication_id: str
    digest: str
    kind: Kind
    mode: Mode
    exercise_id: str | None
    release_set: tuple[str, ...]
    content: bytes
    may_know: frozenset[str]


class SentAs(NamedTuple):
    """Whose version a message of ours is, and under what it was sent."""

    publication_seq: int
    content_id: int
    digest: str
    mode: Mode
    exercise_id: str | None


def sent_as(tx: sqlite3.Connection, message_id: str) -> SentAs | None:
    """What an acknowledgement of our message under this id must name and match."""
    row = _row(tx, message_id, "v.publication_seq, v.content_id, v.digest, p.mode, p.exercise_id")
    return None if row is None else SentAs(row[0], row[1], row[2], Mode(row[3]), row[4])


def reference(tx: sqlite3.Connection, message_id: str) -> OwnReference | None:
    """Our own message under this id, for checking a reference to it."""
    row = _row(
        tx,
        message_id,
        "p.publication_id, v.digest, p.kind, p.mode, p.exercise_id, v.release_set, v.version, p.decisions,"
        " c.bytes, v.publication_seq, v.content_id",
    )
    if row is None:
        return None
    release_set = strings(row[5])
    meant = frozenset(release_set).union(label_of(row[8]).display_set)
    return OwnReference(
        publication_id=row[0],
        digest=row[1],
        kind=Kind(row[2]),
        mode=Mode(row[3]),
        exercise_id=row[4],
        release_set=release_set,
        content=row[8],
        may_know=meant & _given(row[7], row[6], meant) & _got(tx, row[9], row[10], row[6], meant),
    )


def _row(tx: sqlite3.Connection, message_id: str, columns: str) -> Any:
    """Columns of the message's version ``v``, its publication ``p`` and its content ``c``."""
    for table in ("publication", "other_version"):
        row = tx.execute(
            f"SELECT {columns} FROM {table} v JOIN publication p USING (publication_seq)"  # noqa: S608
            " JOIN content c ON c.content_id = v.content_id WHERE v.message_id = ?",
            (message_id,),
        ).fetchone()
        if row is not None:
            return row
    return None


def _got(
    tx: sqlite3.Connection, publication_seq: int, content_id: int, version: int, meant: Iterable[str]
) -> frozenset[str]:
    """Of a change whose version goes out as several messages: who got this one; else all that are meant."""
    alike = tx.execute(
        "SELECT (SELECT count(*) FROM publication WHERE publication_seq = ?1 AND version = ?2)"
        " + (SELECT count(*) FROM other_version WHERE publication_seq = ?1 AND version = ?2)",
        (publication_seq, version),
    ).fetchone()[0]
    if alike == 1:
        return frozenset(meant)
    rows = tx.execute(
        "SELECT recipient FROM delivery WHERE publication_seq = ? AND content_id = ?",
        (publication_seq, content_id),
    )
    return frozenset(row[0] for row in rows.fetchall())


def _given(decisions: str, version: int, meant: Iterable[str]) -> frozenset[str]:
    """Who got this version or a fuller one; without tear lines all that its label means."""
    rows = [row for row in json.loads(decisions) if "by_version" in row]
    if not rows:
        return frozenset(meant)
    return frozenset(row["nation"] for row in rows if row.get("version", version + 1) <= version)
