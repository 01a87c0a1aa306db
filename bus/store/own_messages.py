"""Our own messages by id, for what refers to them: replies, updates, acknowledgements."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bus.store.columns import strings
from schemas.header import Kind, Mode
from schemas.message import label_of


@dataclass(frozen=True, slots=True)
class OwnReference:
    """What is checked of a message of ours that a reply, an update or an acknowledgement refers to.

    `may_know`: nations that may learn of it. Where there are tear lines, a nation that got nothing, or a
    wider version than this one, may not.
    """

    publication_seq: int
    publication_id: str
    content_id: int
    digest: str
    kind: Kind
    mode: Mode
    exercise_id: str | None
    release_set: tuple[str, ...]
    content: bytes
    may_know: frozenset[str]


def reference(tx: sqlite3.Connection, message_id: str) -> OwnReference | None:
    """Our own message under this id, for checking a reference to it."""
    common = "p.publication_seq, p.publication_id, p.kind, p.mode, p.exercise_id, p.decisions"
    own = "v.content_id, v.digest, v.release_set, v.version, c.bytes"
    row = (
        tx.execute(
            f"SELECT {common}, {own} FROM publication p"  # noqa: S608 - fixed texts
            " JOIN publication v USING (publication_seq) JOIN content c ON c.content_id = v.content_id"
            " WHERE v.message_id = ?",
            (message_id,),
        ).fetchone()
        or tx.execute(
            f"SELECT {common}, {own} FROM publication p"  # noqa: S608 - fixed texts
            " JOIN other_version v USING (publication_seq) JOIN content c ON c.content_id = v.content_id"
            " WHERE v.message_id = ?",
            (message_id,),
        ).fetchone()
    )
    if row is None:
        return None
    release_set = strings(row[8])
    meant = frozenset(release_set).union(label_of(row[10]).display_set)
    return OwnReference(
        publication_seq=row[0],
        publication_id=row[1],
        content_id=row[6],
        digest=row[7],
        kind=Kind(row[2]),
        mode=Mode(row[3]),
        exercise_id=row[4],
        release_set=release_set,
        content=row[10],
        may_know=meant & _given(row[5], row[9], meant),
    )


def _given(decisions: str, version: int, meant: Iterable[str]) -> frozenset[str]:
    """Who got this version or a fuller one; without tear lines all that its label means."""
    rows = [row for row in json.loads(decisions) if "by_version" in row]
    if not rows:
        return frozenset(meant)
    return frozenset(row["nation"] for row in rows if row.get("version", version + 1) <= version)
