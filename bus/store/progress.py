"""How far deliveries have come: deadlines, what is overdue, and when a recipient said what."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bus.protocol.deadlines import BIT, Awaited
from bus.store.columns import instant, instant_or_none, reason_or_none
from bus.store.sent_deliveries import TOLD_COLUMNS
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus


class Told(NamedTuple):
    """A state that the recipient signed: reached `at`, as it says; `noted_at`: when that came here first."""

    status: ReceiptStatus
    at: datetime
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """`acknowledge_by` is None for whoever was not asked. `overdue`: deadlines passed and not met since."""

    deliver_by: datetime | None
    acknowledge_by: datetime | None
    overdue: tuple[Awaited, ...]
    told: tuple[Told, ...]

    @property
    def overdue_since(self) -> datetime | None:
        """The first deadline that is not met."""
        by = {Awaited.DELIVERY: self.deliver_by, Awaited.ACKNOWLEDGEMENT: self.acknowledge_by}
        return min((at for awaited in self.overdue if (at := by[awaited]) is not None), default=None)


PROGRESS = "p.deliver_by, iif(d.owes_acknowledgement = 1, p.acknowledge_by, NULL), d.overdue, " + ", ".join(
    f"d.{name}_at, d.{name}_noted_at" for name in TOLD_COLUMNS.values()
)
"""Columns of a delivery ``d`` and its publication ``p`` for `progress_of`."""


def progress_of(row: Sequence[Any]) -> Progress:
    """The values of `PROGRESS`."""
    told = zip(TOLD_COLUMNS, row[3::2], row[4::2], strict=True)
    return Progress(
        instant_or_none(row[0]),
        instant_or_none(row[1]),
        tuple(awaited for awaited, bit in BIT.items() if row[2] & bit),
        tuple(Told(status, instant(at), instant(noted)) for status, at, noted in told if at is not None),
    )


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """One recipient's copy of one publication. `delivery_seq` is the cursor: it only grows."""

    delivery_seq: int
    publication_id: str
    message_id: str
    digest: str
    nation: str
    kind: Kind
    mode: Mode
    exercise_id: str | None
    precedence: Precedence
    state: str
    reason: ReasonCode | None
    released_at: datetime | None
    sent_at: datetime | None
    progress: Progress


def list_newest(
    tx: sqlite3.Connection,
    *,
    before: int | None = None,
    limit: int = 50,
    overdue: bool = False,
    nation: str | None = None,
    mode: Mode | None = None,
    publication_id: str | None = None,
) -> tuple[DeliveryProgress, ...]:
    """Deliveries of messages, newest first, with `delivery_seq` below `before`; filters narrow.

    `overdue`: only those with a deadline that passed and was not met since.
    """
    conditions, values = ["d.publication_seq > 0"], list[Any]()
    if overdue:
        conditions.append("d.overdue > 0")
    for condition, value in (
        ("d.delivery_seq < ?", before),
        ("d.recipient = ?", nation),
        ("d.mode = ?", mode),
        (
            "d.publication_seq = (SELECT publication_seq FROM publication WHERE publication_id = ?)",
            publication_id,
        ),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    # A publication's own few rows, else backwards through what is overdue, a nation's copies, or everything.
    if publication_id is not None:
        how = "INDEXED BY delivery_publication"
    elif overdue:
        how = "INDEXED BY delivery_late"
    else:
        how = "NOT INDEXED" if nation is None else "INDEXED BY delivery_recipient"
    rows = tx.execute(
        "SELECT d.delivery_seq, p.publication_id, c.message_id, c.digest, d.recipient, p.kind, d.mode,"  # noqa: S608
        f" p.exercise_id, p.precedence, d.state, d.reason, p.released_at, d.sent_at, {PROGRESS}"
        f" FROM delivery d {how} JOIN publication p USING (publication_seq)"
        f" JOIN content c ON c.content_id = d.content_id WHERE {' AND '.join(conditions)}"
        " ORDER BY d.delivery_seq DESC LIMIT ?",
        (*values, limit),
    )
    return tuple(
        DeliveryProgress(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            Kind(row[5]),
            Mode(row[6]),
            row[7],
            Precedence(row[8]),
            row[9],
            reason_or_none(row[10]),
            instant_or_none(row[11]),
            instant_or_none(row[12]),
            progress_of(row[13:]),
        )
        for row in rows
    )
