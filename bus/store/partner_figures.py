"""How it goes with partners: messages by the minute, how long receipts take, FLASH that waits, clocks."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bus.store.columns import micros

MEASURED = 100
"""Copies that the figures of pace are taken from, the newest."""
_LOOKED_AT = 400
_FLASH_LOOKED_AT = 500
_MINUTE = 60_000_000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Offset:
    """By how much the partner's clock is ahead of ours (negative: behind), give or take `within`."""

    ahead: timedelta
    within: timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """Medians from release to the receipt's arrival, of the newest `measured` copies that were delivered."""

    measured: int
    delivery: timedelta | None
    acknowledgement: timedelta | None
    offset: Offset | None


def pace(tx: sqlite3.Connection, nation: str) -> Pace:
    """How fast the newest messages to this nation came to their receipts, and what those say of its clock."""
    rows = tx.execute(
        "SELECT p.released_at, d.sent_at, d.attempts, d.delivered_at, d.delivered_noted_at,"
        " d.acknowledged_noted_at FROM (SELECT delivery_seq FROM delivery INDEXED BY delivery_recipient"
        " WHERE publication_seq > 0 AND recipient = ? ORDER BY delivery_seq DESC LIMIT ?) newest"
        " JOIN delivery d USING (delivery_seq) JOIN publication p USING (publication_seq)"
        " WHERE d.delivered_noted_at IS NOT NULL AND p.released_at IS NOT NULL"
        " ORDER BY d.delivery_seq DESC LIMIT ?",
        (nation, _LOOKED_AT, MEASURED),
    ).fetchall()
    delivery = [noted - released for released, _, _, _, noted, _ in rows]
    acknowledgement = [noted - released for released, _, _, _, _, noted in rows if noted is not None]
    offsets = [each for row in rows if (each := _offset(*row[:5])) is not None]
    return Pace(
        len(rows),
        _median(delivery),
        _median(acknowledgement),
        min(offsets, key=lambda each: each.within, default=None),
    )


def _offset(released: int, sent: int | None, attempts: int, said: int | None, noted: int) -> Offset | None:
    """It was delivered after it left here and before its receipt came: between these two by our clock."""
    if said is None:
        return None
    # Of what was sent again, or receipted before the broker confirmed it, only the release is sure.
    left = sent if sent is not None and attempts <= 1 and released <= sent <= noted else released
    return Offset((said - (left + noted) // 2) * _MICROSECOND, (noted - left) // 2 * _MICROSECOND)


def _median(values: list[int]) -> timedelta | None:
    return median(values) * _MICROSECOND if values else None


def flash_unacknowledged(tx: sqlite3.Connection) -> Mapping[str, int]:
    """Copies of FLASH by nation that were released, that it was asked to acknowledge and has not.

    Of the newest FLASH only: an older one is among what is overdue.
    """
    rows = tx.execute(
        "SELECT d.recipient, count(*) FROM (SELECT publication_seq FROM publication"
        " INDEXED BY publication_flash WHERE precedence = 'FLASH' AND acknowledge_by IS NOT NULL"
        " AND status = 'CURRENT'"
        " ORDER BY publication_seq DESC LIMIT ?) p"
        " JOIN delivery d INDEXED BY delivery_publication USING (publication_seq)"
        " WHERE d.publication_seq IS NOT NULL AND d.owes_acknowledgement = 1"
        " AND d.state IN ('queued', 'sealed', 'sent', 'delivered', 'done', 'read') GROUP BY d.recipient",
        (_FLASH_LOOKED_AT,),
    )
    return dict(rows.fetchall())


@dataclass(frozen=True, slots=True)
class Minutes:
    """Messages of our own to each nation, and of each nation to us, by minute since 1970."""

    sent: Mapping[tuple[str, int], int]
    received: Mapping[tuple[str, int], int]


def minute_of(at: datetime) -> int:
    """The number of the minute that a time lies in."""
    return micros(at) // _MINUTE


def by_minute(tx: sqlite3.Connection, since: int) -> Minutes:
    """What was accepted for nations and filed from them in minute `since` and later."""
    begin = since * _MINUTE
    # Both tables grow with time: backwards from the newest, up to the first that is older.
    last = tx.execute(
        "SELECT publication_seq FROM publication WHERE accepted_at < ? ORDER BY publication_seq DESC LIMIT 1",
        (begin,),
    ).fetchone()
    sent = tx.execute(
        "SELECT d.recipient, p.accepted_at / ?, count(*) FROM publication p"
        " JOIN delivery d INDEXED BY delivery_publication USING (publication_seq)"
        " WHERE p.publication_seq > ? AND d.publication_seq IS NOT NULL"
        " AND d.state NOT IN ('withheld', 'pending_release') GROUP BY 1, 2",
        (_MINUTE, 0 if last is None else last[0]),
    )
    newest = tx.execute(
        "SELECT inbox_seq FROM inbox WHERE received_at < ? ORDER BY inbox_seq DESC LIMIT 1", (begin,)
    ).fetchone()
    received = tx.execute(
        "SELECT originator, received_at / ?, count(*) FROM inbox NOT INDEXED WHERE inbox_seq > ?"
        " GROUP BY 1, 2",
        (_MINUTE, 0 if newest is None else newest[0]),
    )
    return Minutes(
        {(nation, minute): count for nation, minute, count in sent},
        {(nation, minute): count for nation, minute, count in received},
    )
