"""Finding the deliveries that a recipient's receipts speak of: only what was really sent to it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bus.store import own_messages
from bus.store.columns import integers_text
from schemas.header import Mode
from schemas.receipt import ReceiptStatus
from schemas.wire import Lane

TOLD_COLUMNS = {
    ReceiptStatus.DELIVERED: "delivered",
    ReceiptStatus.READ: "read",
    ReceiptStatus.ACKNOWLEDGED: "acknowledged",
    ReceiptStatus.ACTIONED: "actioned",
}
"""The two columns of each state that a recipient's word brings begin so: ``_at`` as it signed it, and
``_noted_at``, when that was recorded here first."""

Place = tuple[Lane, int, int]
"""Lane, epoch, serial."""


@dataclass(slots=True)
class SentDelivery:
    """A delivery that was really sent, with what is known of it; changed as claims are read."""

    delivery_seq: int
    state: str
    digest: str
    message_id: str | None
    publication_id: str | None
    kind: str | None
    overdue: int
    told: dict[ReceiptStatus, int | None]
    """When each state was reached, as the recipient signed it; None for what it has not signed."""


_READ = (
    "SELECT d.serial, d.delivery_seq, d.state, c.digest, c.message_id, p.publication_id, p.kind, d.overdue,"
    " d.delivered_at, d.read_at, d.acknowledged_at, d.actioned_at"
)


def at_serials(
    tx: sqlite3.Connection, recipient: str, mode: Mode, places: Iterable[Place]
) -> dict[Place, SentDelivery]:
    """What was sent to ``recipient`` under these serials."""
    serials: dict[tuple[Lane, int], list[int]] = {}
    for lane, epoch, serial in places:
        serials.setdefault((lane, epoch), []).append(serial)
    known: dict[Place, SentDelivery] = {}
    for (lane, epoch), wanted in serials.items():
        for row in tx.execute(
            f"{_READ} FROM delivery d INDEXED BY delivery_serial JOIN content c USING (content_id)"  # noqa: S608
            " LEFT JOIN publication p ON p.publication_seq = d.publication_seq"
            " WHERE d.recipient = ? AND d.mode = ? AND d.lane = ? AND d.lane_epoch = ?"
            " AND d.serial IN (SELECT value FROM json_each(?)) AND d.attempts > 0",
            (recipient, mode.value, lane.value, epoch, integers_text(wanted)),
        ):
            found = known[lane, epoch, row[0]] = _sent(row)
            known[_by_itself(found.delivery_seq)] = found
    return known


def by_message(
    tx: sqlite3.Connection,
    recipient: str,
    mode: Mode,
    message_id: str | None,
    digest: str,
    known: dict[Place, SentDelivery],
) -> SentDelivery | None:
    """What was sent to ``recipient`` of our message with this id and digest, whatever serial it has now.

    It is added to ``known``, so that one delivery has one entry.
    """
    own = None if message_id is None else own_messages.sent_as(tx, message_id)
    if own is None or own.digest != digest:
        return None
    row = tx.execute(
        f"{_READ} FROM delivery d JOIN content c USING (content_id)"
        " JOIN publication p ON p.publication_seq = d.publication_seq"
        " WHERE d.publication_seq = ? AND d.content_id = ? AND d.recipient = ? AND d.mode = ?"
        " AND d.attempts > 0",
        (own.publication_seq, own.content_id, recipient, mode.value),
    ).fetchone()
    if row is None:
        return None
    return known.setdefault(_by_itself(row[1]), _sent(row))


def _by_itself(delivery_seq: int) -> Place:
    """A place that no claim can name: epochs begin at 1."""
    return Lane.CONTROL, -1, delivery_seq


def _sent(row: Any) -> SentDelivery:
    told = dict(zip(TOLD_COLUMNS, row[8:], strict=True))
    return SentDelivery(row[1], row[2], row[3], row[4], row[5], row[6], row[7], told)
