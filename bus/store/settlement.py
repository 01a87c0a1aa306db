"""What becomes of deliveries after sending: receipts, acknowledgements, withholding, requests to resend.

Every change of a message's delivery stands in the feed of happenings, in the same transaction.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bus.protocol.deadlines import MET_BY
from bus.protocol.delivery_states import RANK, after
from bus.store import own_messages
from bus.store.columns import instant, integers_text, micros
from bus.store.delivery_changes import tell_changed
from bus.store.sent_deliveries import TOLD_COLUMNS, SentDelivery, at_serials, by_message
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.wire import ContentType, Lane


@dataclass(frozen=True, slots=True)
class Claim:
    """What a receipt says of one delivery; ``at`` is when, as its signer says (None: when it came).

    `temporary`: a refusal after which the delivery is to be sent again (the recipient's held quota was full).
    """

    lane: Lane
    epoch: int
    serial: int
    digest: str
    status: ReceiptStatus
    reason: ReasonCode | None = None
    temporary: bool = False
    at: datetime | None = None
    message_id: str | None = None


class Settled(NamedTuple):
    """A claim that names a delivery really sent. `changed`: it moved the delivery to `state`.

    `news`: it says something that was not known before, even where the state was already further on.
    """

    claim: Claim
    delivery_seq: int
    message_id: str | None
    publication_id: str | None
    state: str
    changed: bool
    news: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """Claims that match a delivery by recipient, mode, lane, epoch, serial and digest; and the others."""

    matched: tuple[Settled, ...]
    unmatched: tuple[Claim, ...]
    overdue_met: bool = False
    """Whether something that was overdue is so no more."""


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

    A claim counts only when exactly this content digest was sent to this recipient: under this serial, or,
    where it names a message, under any (an epoch may have begun since).
    """
    known = at_serials(tx, recipient, mode, [(claim.lane, claim.epoch, claim.serial) for claim in claims])
    matched: list[Settled] = []
    unmatched: list[Claim] = []
    write = _Writes()
    for claim in claims:
        sent = known.get((claim.lane, claim.epoch, claim.serial))
        if sent is not None and sent.digest != claim.digest:
            sent = None
        # A refusal for its serial says nothing of the message, which may have another serial by now.
        if sent is None and claim.reason is not ReasonCode.SERIAL_REUSED:
            sent = by_message(tx, recipient, mode, claim.message_id, claim.digest, known)
        if sent is None:
            unmatched.append(claim)
            continue
        before, news = sent.state, False
        if not claim.temporary:
            sent.state = after(before, claim.status)
            news = write.note(sent, before, claim, now)
        changed = sent.state != before
        matched.append(
            Settled(
                claim,
                sent.delivery_seq,
                sent.message_id,
                sent.publication_id,
                sent.state,
                changed,
                changed or news,
            )
        )
    write.write(tx, now)
    return Settlement(tuple(matched), tuple(unmatched), write.overdue_met)


class _Writes:
    """What claims change, gathered so that what many deliveries share is one statement."""

    def __init__(self) -> None:
        self.overdue_met = False
        self._moved: dict[tuple[str, ReasonCode | None, ReceiptStatus | None, int], list[int]] = {}
        self._times: dict[tuple[ReceiptStatus, int], list[int]] = {}

    def note(self, sent: SentDelivery, before: str, claim: Claim, now: datetime) -> bool:
        """One claim, by which ``sent`` left state ``before``; whether it says what was not signed before.

        Of two times for one state the earlier is kept.
        """
        at = micros(claim.at or now)
        first = claim.status in sent.told and sent.told[claim.status] is None
        known = sent.told.get(claim.status)
        if first or (known is not None and at < known):
            sent.told[claim.status] = at
        if sent.state != before:
            self.overdue_met = self.overdue_met or sent.overdue & MET_BY[sent.state] > 0
            told = claim.status if first else None
            alike = sent.state, claim.reason, told, at if first else 0
            self._moved.setdefault(alike, []).append(sent.delivery_seq)
        elif first or (known is not None and at < known):
            self._times.setdefault((claim.status, at), []).append(sent.delivery_seq)
        return first

    def write(self, tx: sqlite3.Connection, now: datetime) -> None:
        """Put it into the store, and tell what has changed."""
        noted = micros(now)
        # By rank, so that of two words on one delivery the later state stands.
        for (state, reason, told, at), seqs in sorted(self._moved.items(), key=lambda each: RANK[each[0][0]]):
            values = [state, noted, reason, MET_BY[state]]
            also = ""
            if told is not None:
                column = TOLD_COLUMNS[told]
                also, values = f", {column}_at = ?, {column}_noted_at = ?", [*values, at, noted]
            tx.execute(
                "UPDATE delivery SET state = ?, settled_at = coalesce(settled_at, ?), reason = ?,"  # noqa: S608
                f" resend_at = NULL, overdue = overdue & ~?{also}"
                " WHERE delivery_seq IN (SELECT value FROM json_each(?))",
                (*values, integers_text(seqs)),
            )
        for (status, at), seqs in self._times.items():
            column = TOLD_COLUMNS[status]
            tx.execute(
                f"UPDATE delivery SET {column}_at = min(?, ifnull({column}_at, ?)),"  # noqa: S608 - fixed texts
                f" {column}_noted_at = ifnull({column}_noted_at, ?)"
                " WHERE delivery_seq IN (SELECT value FROM json_each(?))",
                (at, at, noted, integers_text(seqs)),
            )
        changed = sorted({seq for seqs in self._moved.values() for seq in seqs})
        if changed:
            tell_changed(tx, changed, now)


def mark_withheld(
    tx: sqlite3.Connection, delivery_seqs: Iterable[int], reason: ReasonCode, now: datetime
) -> None:
    """These queued deliveries will not be sent (again). One that has a serial needs a void as well."""
    seqs = [
        row[0]
        for row in tx.execute(
            "UPDATE delivery SET state = 'withheld', reason = ?, settled_at = ?, resend_at = NULL,"
            " overdue = 0 WHERE state = 'queued' AND delivery_seq IN (SELECT value FROM json_each(?))"
            " RETURNING delivery_seq",
            (reason.value, micros(now), integers_text(delivery_seqs)),
        )
    ]
    if seqs:
        tell_changed(tx, seqs, now)


def mark_acknowledged(
    tx: sqlite3.Connection,
    message_id: str,
    digest: str,
    nation: str,
    mode: Mode,
    exercise_id: str | None,
    now: datetime,
    *,
    actioned: bool = False,
    at: datetime | None = None,
) -> bool:
    """`nation` acknowledged our message by an `acknowledgement` of this mode and exercise, at ``at``.

    False when we sent it no such message, or sent it under another mode or in another exercise: an exercise
    never settles what is real. Of a publication with tear lines only the nation's own version counts.
    """
    own = own_messages.sent_as(tx, message_id)
    if own is None or (own.digest, own.mode, own.exercise_id) != (digest, mode, exercise_id):
        return False
    status = ReceiptStatus.ACTIONED if actioned else ReceiptStatus.ACKNOWLEDGED
    claim = Claim(Lane.CONTROL, 0, 0, digest, status, at=at, message_id=message_id)
    return bool(mark_settled(tx, nation, mode, [claim], now).matched)


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
