"""Whom we asked to withdraw what we recalled, and what each nation answered."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bus.protocol.recalling import Confirmation
from bus.store import deliveries
from bus.store.columns import instant, instant_or_none, integers_text, micros
from schemas.header import Kind, Mode
from schemas.recall import RecallOutcome, RecallReason
from schemas.wire import Lane


class PossiblySent(NamedTuple):
    """A copy that was put into a bundle: it may be at its recipient, whatever was heard of it since."""

    nation: str
    message_id: str
    digest: str
    mode: Mode
    wider: int


class NewAsked(NamedTuple):
    """A nation that is asked, by the control content that `delivery_seq` carries."""

    publication_seq: int
    copy: PossiblySent
    delivery_seq: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One nation that was asked. `delivery_state`: the stored state of the last request's delivery."""

    publication_seq: int
    publication_id: str
    kind: Kind
    nation: str
    message_id: str
    digest: str
    mode: Mode
    asked_at: datetime
    asked_count: int
    delivery_seq: int
    delivery_state: str
    confirm_by: datetime
    overdue: bool
    confirmation: Confirmation | None
    noted_at: datetime | None
    reason: RecallReason
    recalled_at: datetime
    wider: int


def possibly_sent(tx: sqlite3.Connection, publication_seq: int) -> tuple[PossiblySent, ...]:
    """Every copy that was ever put into a bundle, also one that was refused, or voided since; by nation.

    Not by the serial: where an epoch began, those without a receipt have none any more.
    """
    return tuple(
        PossiblySent(row[0], row[1], row[2], Mode(row[3]), row[4])
        for row in tx.execute(
            "SELECT DISTINCT d.recipient, c.message_id, c.digest, d.mode, c.wider"
            " FROM delivery d JOIN content c USING (content_id)"
            " WHERE d.publication_seq = ? AND d.attempts > 0 ORDER BY d.recipient, c.message_id",
            (publication_seq,),
        )
    )


def enqueue(tx: sqlite3.Connection, content_id: int, nation: str, mode: Mode) -> int:
    """Queue control content for one nation; its `delivery_seq`."""
    deliveries.enqueue(tx, content_id, (nation,), mode=mode, lane=Lane.CONTROL)
    row: tuple[int] = tx.execute("SELECT last_insert_rowid()").fetchone()
    return row[0]


def ask(tx: sqlite3.Connection, asked: Sequence[NewAsked], now: datetime, confirm_by: datetime) -> None:
    """Note whom we ask, and by when they should have answered."""
    tx.executemany(
        "INSERT INTO recall_asked (message_id, nation, publication_seq, digest, mode, asked_at, asked_count,"
        " delivery_seq, confirm_by, look_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
        [
            (
                copy.message_id,
                copy.nation,
                publication_seq,
                copy.digest,
                copy.mode.value,
                micros(now),
                delivery_seq,
                micros(confirm_by),
                micros(confirm_by),
            )
            for publication_seq, copy, delivery_seq in asked
        ],
    )


def asked_of(tx: sqlite3.Connection, publication_seqs: Iterable[int]) -> tuple[Asked, ...]:
    """Everybody asked about these publications, by publication, nation, message."""
    return _asked(
        tx,
        "a.publication_seq IN (SELECT value FROM json_each(?)) ORDER BY a.publication_seq, a.nation,"
        " a.message_id",
        integers_text(publication_seqs),
    )


def asked_about(
    tx: sqlite3.Connection, nation: str, message_id: str, digest: str, mode: Mode
) -> Asked | None:
    """What we asked this nation about exactly this message; None when we never did."""
    condition = "a.message_id = ? AND a.nation = ? AND a.digest = ? AND a.mode = ?"
    return next(iter(_asked(tx, condition, message_id, nation, digest, mode.value)), None)


def to_look_at(tx: sqlite3.Connection, now: datetime, limit: int) -> tuple[Asked, ...]:
    """Whoever has not answered and is to be looked at by now, the longest due first."""
    return _asked(tx, "a.look_at <= ? ORDER BY a.look_at LIMIT ?", micros(now), limit)


def outlook(tx: sqlite3.Connection) -> tuple[int, datetime | None]:
    """How many nations are overdue to confirm, counted per message, and when to look again."""
    overdue, look_at = tx.execute(
        "SELECT sum(overdue), min(look_at) FROM recall_asked WHERE look_at IS NOT NULL"
    ).fetchone()
    return int(overdue or 0), instant_or_none(look_at)


def confirm(tx: sqlite3.Connection, asked: Asked, known: Confirmation, now: datetime) -> None:
    """What a nation's answers come to; the time of the first one stays."""
    tx.execute(
        "UPDATE recall_asked SET outcome = ?, already_read = ?, confirmed_at = ?,"
        " noted_at = coalesce(noted_at, ?), look_at = NULL, overdue = 0"
        " WHERE message_id = ? AND nation = ?",
        (
            known.outcome.value,
            known.already_read,
            micros(known.at),
            micros(now),
            asked.message_id,
            asked.nation,
        ),
    )


def mark_looked_at(
    tx: sqlite3.Connection, asked: Asked, look_at: datetime, *, asked_again: int | None
) -> None:
    """It is overdue, and when to look again; `asked_again`: the delivery that asks once more."""
    tx.execute(
        "UPDATE recall_asked SET overdue = 1, look_at = ?, delivery_seq = coalesce(?, delivery_seq),"
        " asked_count = asked_count + ? WHERE message_id = ? AND nation = ?",
        (micros(look_at), asked_again, int(asked_again is not None), asked.message_id, asked.nation),
    )


def _asked(tx: sqlite3.Connection, condition: str, *values: Any) -> tuple[Asked, ...]:
    rows = tx.execute(
        "SELECT a.publication_seq, p.publication_id, p.kind, a.nation, a.message_id, a.digest, a.mode,"  # noqa: S608
        " a.asked_at, a.asked_count, a.delivery_seq, d.state, a.confirm_by, a.overdue, a.outcome,"
        " a.already_read, a.confirmed_at, a.noted_at, r.reason, r.at, c.wider FROM recall_asked a"
        " JOIN publication p ON p.publication_seq = a.publication_seq"
        " JOIN recall r ON r.publication_seq = a.publication_seq"
        " JOIN delivery d ON d.delivery_seq = a.delivery_seq JOIN content c ON c.content_id = d.content_id"
        f" WHERE {condition}",
        values,
    )
    return tuple(map(_asked_row, rows.fetchall()))


def _asked_row(row: Any) -> Asked:
    said = None
    if row[13] is not None:
        read = None if row[14] is None else bool(row[14])
        said = Confirmation(RecallOutcome(row[13]), read, instant(row[15]))
    return Asked(
        publication_seq=row[0],
        publication_id=row[1],
        kind=Kind(row[2]),
        nation=row[3],
        message_id=row[4],
        digest=row[5],
        mode=Mode(row[6]),
        asked_at=instant(row[7]),
        asked_count=row[8],
        delivery_seq=row[9],
        delivery_state=row[10],
        confirm_by=instant(row[11]),
        overdue=bool(row[12]),
        confirmation=said,
        noted_at=instant_or_none(row[16]),
        reason=RecallReason(row[17]),
        recalled_at=instant(row[18]),
        wider=row[19],
    )
