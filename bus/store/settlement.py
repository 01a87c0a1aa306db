"""What becomes of deliveries after sending: receipts, acknowledgements, withholding, requests to resend."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bus.store import own_messages
from bus.store.columns import instant, integers_text, micros
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.wire import ContentType, Lane

# A recipient's signed word moves a delivery forward only. Withheld and refused give way to "delivered":
# an earlier copy may have been filed, and then that is the truth.
_ORDER = {
    "queued": 0,
    "sealed": 0,
    "sent": 0,
    "withheld": 1,
    "refused": 1,
    "done": 9,
    "delivered": 2,
    "read": 3,
    "acknowledged": 4,
}
_STATE_OF = {
    ReceiptStatus.DELIVERED: "delivered",
    ReceiptStatus.READ: "read",
    ReceiptStatus.REFUSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a receipt says of one delivery.

    `temporary`: a refusal after which the delivery is to be sent again (the recipient's held quota was full).
    """

    lane: Lane
    epoch: int
    serial: int
    digest: str
    status: ReceiptStatus
    reason: ReasonCode | None = None
    temporary: bool = False


class Settled(NamedTuple):
    """A claim that names a delivery really sent. `changed`: it moved the delivery to `state`."""

    claim: Claim
    delivery_seq: int
    message_id: str | None
    publication_id: str | None
    state: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """Claims that match a delivery by recipient, mode, lane, epoch, serial and digest; and the others."""

    matched: tuple[Settled, ...]
    unmatched: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class SentSerial:
    """A delivery that used a serial, for answering a request to resend."""

    delivery_seq: int
    serial: int
    state: str
    awaits_receipt: bool
    content_type: ContentType


@dataclass(frozen=True, slots=True)
class NationState:
    """How far one recipient's copy of a message has come."""

    nation: str
    state: str
    settled_at: datetime | None


def mark_settled(
    tx: sqlite3.Connection, recipient: str, mode: Mode, claims: Sequence[Claim], now: datetime
) -> Settlement:
    """Apply a recipient's receipts, given the nation and the mode that signed them.

    A claim counts only when its serial was used for exactly this content digest towards this recipient.
    """
    known = _lookup(tx, recipient, mode, claims)
    matched: list[Settled] = []
    unmatched: list[Claim] = []
    updates: dict[tuple[str, ReasonCode | None], list[int]] = {}
    current: dict[int, str] = {}
    for claim in claims:
        row = known.get((claim.lane, claim.epoch, claim.serial))
        if row is None or row[2] != claim.digest:
            unmatched.append(claim)
            continue
        delivery_seq, state, _, message_id, publication_id = row
        before = current.get(delivery_seq, state)
        after = _STATE_OF[claim.status]
        changed = _ORDER[after] > _ORDER[before] and not claim.temporary
        if changed:
            current[delivery_seq] = after
            updates.setdefault((after, claim.reason), []).append(delivery_seq)
        matched.append(
            Settled(claim, delivery_seq, message_id, publication_id, after if changed else before, changed)
        )
    # By rank, so that of two words on one delivery the later state stands.
    for (after, reason), seqs in sorted(updates.items(), key=lambda entry: _ORDER[entry[0][0]]):
        tx.execute(
            "UPDATE delivery SET state = ?, settled_at = coalesce(settled_at, ?), reason = ?,"
            " resend_at = NULL WHERE delivery_seq IN (SELECT value FROM json_each(?))",
            (after, micros(now), reason, integers_text(seqs)),
        )
    return Settlement(tuple(matched), tuple(unmatched))


def mark_withheld(
    tx: sqlite3.Connection, delivery_seqs: Iterable[int], reason: ReasonCode, now: datetime
) -> None:
    """These queued deliveries will not be sent (again). One that has a serial needs a void as well."""
    tx.execute(
        "UPDATE delivery SET state = 'withheld', reason = ?, settled_at = ?, resend_at = NULL"
        " WHERE state = 'queued' AND delivery_seq IN (SELECT value FROM json_each(?))",
        (reason.value, micros(now), integers_text(delivery_seqs)),
    )


def mark_acknowledged(
    tx: sqlite3.Connection,
    message_id: str,
    digest: str,
    nation: str,
    mode: Mode,
    exercise_id: str | None,
    now: datetime,
) -> bool:
    """`nation` acknowledged our message by an `acknowledgement` of this mode and exercise.

    False when we sent it no such message, or sent it under another mode or in another exercise: an exercise
    never settles what is real. Of a publication with tear lines only the nation's own version counts.
    """
    own = own_messages.sent_as(tx, message_id)
    if own is None or (own.digest, own.mode, own.exercise_id) != (digest, mode, exercise_id):
        return False
    return (
        tx.execute(
            "UPDATE delivery SET state = 'acknowledged', settled_at = coalesce(settled_at, ?),"
            " resend_at = NULL WHERE recipient = ? AND serial IS NOT NULL AND publication_seq = ?"
            " AND content_id = ?",
            (micros(now), nation, own.publication_seq, own.content_id),
        ).rowcount
        > 0
    )


def states(tx: sqlite3.Connection, publication_id: str) -> tuple[NationState, ...]:
    """The state of every delivery of a publication, sorted by nation."""
    return tuple(
        NationState(row[0], row[1], None if row[2] is None else instant(row[2]))
        for row in tx.execute(
            "SELECT recipient, state, settled_at FROM delivery WHERE publication_seq ="
            " (SELECT publication_seq FROM publication WHERE publication_id = ?) ORDER BY recipient",
            (publication_id,),
        )
    )


def for_serials(
    tx: sqlite3.Connection,
    recipient: str,
    mode: Mode,
    lane: Lane,
    epoch: int,
    ranges: Sequence[tuple[int, int]],
    limit: int = 4096,
) -> tuple[SentSerial, ...]:
    """The deliveries behind serials `first`..`last` (inclusive) of a lane, in order, at most `limit`.

    Serials that were never used, or of an epoch that is not ours, have no row.
    """
    found: list[SentSerial] = []
    for first, last in ranges:
        found += (
            SentSerial(row[0], row[1], row[2], bool(row[3]), ContentType(row[4]))
            for row in tx.execute(
                "SELECT d.delivery_seq, d.serial, d.state, d.awaits_receipt, c.content_type FROM delivery d"
                " INDEXED BY delivery_serial JOIN content c USING (content_id)"
                " WHERE d.recipient = ? AND d.mode = ? AND d.lane = ? AND d.lane_epoch = ?"
                " AND d.serial BETWEEN ? AND ? ORDER BY d.serial LIMIT ?",
                (recipient, mode.value, lane.value, epoch, first, last, limit - len(found)),
            )
        )
        if len(found) >= limit:
            break
    return tuple(found)


_Known = tuple[int, str, str, str | None, str | None]
"""delivery_seq, state, digest, message_id, publication_id"""


def _lookup(
    tx: sqlite3.Connection, recipient: str, mode: Mode, claims: Sequence[Claim]
) -> Mapping[tuple[Lane, int, int], _Known]:
    serials: dict[tuple[Lane, int], list[int]] = {}
    for claim in claims:
        serials.setdefault((claim.lane, claim.epoch), []).append(claim.serial)
    known: dict[tuple[Lane, int, int], _Known] = {}
    for (lane, epoch), wanted in serials.items():
        for row in tx.execute(
            "SELECT d.serial, d.delivery_seq, d.state, c.digest, c.message_id, p.publication_id"
            " FROM delivery d INDEXED BY delivery_serial JOIN content c USING (content_id)"
            " LEFT JOIN publication p ON p.publication_seq = d.publication_seq"
            " WHERE d.recipient = ? AND d.mode = ? AND d.lane = ? AND d.lane_epoch = ?"
            " AND d.serial IN (SELECT value FROM json_each(?)) AND d.attempts > 0",
            (recipient, mode.value, lane.value, epoch, integers_text(wanted)),
        ):
            known[lane, epoch, row[0]] = row[1:]
    return known
