"""What this nation's systems published, as it is read: with its decision table and every recipient's copy."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.store.columns import (
    instant,
    instant_or_none,
    integers_text,
    reason_or_none,
    strings,
)
from bus.store.decision_table import Decision, read_table
from bus.store.progress import PROGRESS, Progress, progress_of
from bus.store.publication_status import PublicationStatus, of_publications
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.wire import Lane


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """How far one recipient's copy has come. `state` is the stored one (see schema.sql, delivery.state)."""

    nation: str
    state: str
    reason: ReasonCode | None
    lane: Lane
    lane_epoch: int | None
    serial: int | None
    attempts: int
    sent_at: datetime | None
    settled_at: datetime | None
    version: int
    message_id: str
    progress: Progress
    cancelled_at: datetime | None = None
    """When the recipient's copy was cancelled for it."""
    cancellation: str | None = None
    """The stored state of the delivery that tells it so."""
    sign_kid: str | None = None
    """The key of ours that signed it as it was sealed last; None before, and where that was in format 4."""


@dataclass(frozen=True, slots=True)
class Version:
    """Another version of a publication than the one that stands in its own fields."""

    version: int
    message_id: str
    digest: str
    release_set: tuple[str, ...]
    content_id: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication as listed. `publication_seq` is the cursor; newer ones have higher numbers.

    `version`, `message_id`, `digest`, `release_set`: of the fullest version that anybody gets.
    """

    publication_seq: int
    publication_id: str
    message_id: str
    digest: str
    kind: Kind
    mode: Mode
    exercise_id: str | None
    precedence: Precedence
    release_set: tuple[str, ...]
    source_id: str | None
    api_key_id: str
    accepted_at: datetime
    expires_at: datetime | None
    version: int
    others: tuple[Version, ...]
    deliveries: tuple[DeliveryState, ...]
    standing: PublicationStatus


@dataclass(frozen=True, slots=True)
class PublicationDetail:
    """A publication with its decision table and the exact message; `other_contents` go with its `others`."""

    publication: Publication
    decisions: tuple[Decision, ...]
    trust_version: int
    content: bytes
    other_contents: tuple[bytes, ...]


_COLUMNS = (
    "p.publication_seq, p.publication_id, p.message_id, p.digest, p.kind, p.mode, p.exercise_id,"
    " p.precedence, p.release_set, p.source_id, p.api_key_id, p.accepted_at, p.expires_at, p.version"
)


def get(tx: sqlite3.Connection, publication_id: str) -> PublicationDetail | None:
    """One publication with its decision table (sorted by nation) and message, or None."""
    return _detail(tx, "p.publication_id = ?", publication_id)


def list_newest(
    tx: sqlite3.Connection,
    *,
    before: int | None = None,
    above: int = 0,
    limit: int = 50,
    kind: Kind | None = None,
    mode: Mode | None = None,
    source_id: str | None = None,
    state: str | None = None,
    current: bool = False,
) -> tuple[Publication, ...]:
    """Publications, newest first, with `publication_seq` below `before` and above `above`; filters narrow.

    `current`: only those that nothing took the place of, and that were not cancelled or recalled.

    `state`: at least one delivery is in this stored state.
    """
    conditions, values = ["p.publication_seq > ?"], list[Any]([above])
    for condition, value in (
        ("p.publication_seq < ?", before),
        ("p.kind = ?", kind),
        ("p.mode = ?", mode),
        ("p.source_id = ?", source_id),
        ("p.status = ?", "CURRENT" if current else None),
        (
            "EXISTS (SELECT 1 FROM delivery d WHERE d.publication_seq = p.publication_seq AND d.state = ?)",
            state,
        ),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM publication p WHERE {' AND '.join(conditions)}"  # noqa: S608 - fixed texts
        " ORDER BY p.publication_seq DESC LIMIT ?",
        (*values, limit),
    ).fetchall()
    seqs = [row[0] for row in rows]
    states, others, standing = _states(tx, seqs), _others(tx, seqs), of_publications(tx, seqs)
    return tuple(
        _publication(row, states.get(row[0], ()), others.get(row[0], ()), standing[row[0]]) for row in rows
    )


def _detail(tx: sqlite3.Connection, condition: str, value: str) -> PublicationDetail | None:
    row = tx.execute(
        f"SELECT {_COLUMNS}, p.trust_version, c.bytes, p.decisions, p.decision_basis"  # noqa: S608
        f" FROM publication p JOIN content c USING (content_id) WHERE {condition}",
        (value,),
    ).fetchone()
    if row is None:
        return None
    states, others = _states(tx, [row[0]]).get(row[0], ()), _others(tx, [row[0]]).get(row[0], ())
    contents = (
        tx.execute("SELECT bytes FROM content WHERE content_id = ?", (other.content_id,)).fetchone()[0]
        for other in others
    )
    return PublicationDetail(
        _publication(row, states, others, of_publications(tx, [row[0]])[row[0]]),
        read_table(row[16], row[17]),
        row[14],
        row[15],
        tuple(contents),
    )


def _others(tx: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, tuple[Version, ...]]:
    found: dict[int, list[Version]] = {}
    for row in tx.execute(
        "SELECT publication_seq, version, message_id, digest, release_set, content_id FROM other_version"
        " WHERE publication_seq IN (SELECT value FROM json_each(?)) ORDER BY publication_seq, content_id",
        (integers_text(seqs),),
    ):
        found.setdefault(row[0], []).append(Version(row[1], row[2], row[3], strings(row[4]), row[5]))
    return {seq: tuple(others) for seq, others in found.items()}


def _states(tx: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, tuple[DeliveryState, ...]]:
    found: dict[int, list[DeliveryState]] = {}
    for row in tx.execute(
        "SELECT d.publication_seq, d.recipient, d.state, d.reason, d.lane, d.lane_epoch, d.serial,"  # noqa: S608
        f" d.attempts, d.sent_at, d.settled_at, coalesce(v.version, p.version), c.message_id, d.cancelled_at,"
        f" (SELECT w.state FROM delivery w WHERE w.delivery_seq = d.cancelled_in), d.sign_kid, {PROGRESS}"
        " FROM delivery d"
        " JOIN content c ON c.content_id = d.content_id"
        " JOIN publication p ON p.publication_seq = d.publication_seq"
        " LEFT JOIN other_version v ON v.publication_seq = d.publication_seq AND v.content_id = d.content_id"
        " WHERE d.publication_seq IN (SELECT value FROM json_each(?))"
        " ORDER BY d.publication_seq, d.recipient",
        (integers_text(seqs),),
    ):
        times = instant_or_none(row[8]), instant_or_none(row[9])
        place = Lane(row[4]), row[5], row[6]
        found.setdefault(row[0], []).append(
            DeliveryState(
                row[1],
                row[2],
                reason_or_none(row[3]),
                *place,
                row[7],
                *times,
                row[10],
                row[11],
                progress_of(row[15:]),
                instant_or_none(row[12]),
                row[13],
                row[14],
            )
        )
    return {seq: tuple(states) for seq, states in found.items()}


def _publication(
    row: Any,
    states: tuple[DeliveryState, ...],
    others: tuple[Version, ...],
    standing: PublicationStatus,
) -> Publication:
    return Publication(
        publication_seq=row[0],
        publication_id=row[1],
        message_id=row[2],
        digest=row[3],
        kind=Kind(row[4]),
        mode=Mode(row[5]),
        exercise_id=row[6],
        precedence=Precedence(row[7]),
        release_set=strings(row[8]),
        source_id=row[9],
        api_key_id=row[10],
        accepted_at=instant(row[11]),
        expires_at=instant_or_none(row[12]),
        version=row[13],
        others=others,
        deliveries=states,
        standing=standing,
    )
