"""Sending again what has no receipt: overdue, asked for, or lost with the broker's store. Serials stay."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.store.columns import CONTENT_TYPES, KINDS, duration_micros, integers_text, micros
from bus.store.deliveries import Waiting
from schemas.header import Mode
from schemas.wire import Lane


@dataclass(frozen=True, slots=True)
class Requeued:
    """A delivery that waits again, with the position it keeps."""

    delivery_seq: int
    recipient: str
    mode: Mode
    lane: Lane
    epoch: int
    serial: int
    message_id: str | None


_REQUEUE = "UPDATE delivery SET state = 'queued', bundle_seq = NULL, resend_at = NULL"
_RETURNING = (
    " RETURNING delivery_seq, recipient, mode, lane, lane_epoch, serial,"
    " (SELECT message_id FROM content WHERE content.content_id = delivery.content_id)"
)


def requeue_overdue(tx: sqlite3.Connection, now: datetime, limit: int) -> tuple[Requeued, ...]:
    """Queue again what was sent and got no receipt in time, longest overdue first."""
    return _requeued(
        tx.execute(
            f"{_REQUEUE} WHERE delivery_seq IN (SELECT delivery_seq"  # noqa: S608 - fixed texts
            " FROM delivery INDEXED BY delivery_overdue WHERE state = 'sent' AND resend_at <= ?"
            f" ORDER BY resend_at LIMIT ?){_RETURNING}",
            (micros(now), limit),
        )
    )


ASKED_PAUSE = timedelta(seconds=10)
ASKED_CEILING = timedelta(minutes=15)


def requeue(tx: sqlite3.Connection, delivery_seqs: Iterable[int], now: datetime) -> tuple[Requeued, ...]:
    """Queue these again now (a recipient asked for them), as far as they are sent and without receipt.

    What left twice or more is left for a growing pause, shorter than a recipient's own between two requests:
    whoever asks without a pause does not fill our stream on the broker.
    """
    return _requeued(
        tx.execute(
            f"{_REQUEUE} WHERE state = 'sent' AND awaits_receipt = 1"  # noqa: S608 - fixed texts
            " AND (attempts < 2 OR sent_at > :now"
            " OR sent_at <= :now - min(:pause << min(attempts - 2, 20), :ceiling))"
            f" AND delivery_seq IN (SELECT value FROM json_each(:seqs)){_RETURNING}",
            {
                "seqs": integers_text(delivery_seqs),
                "now": micros(now),
                "pause": duration_micros(ASKED_PAUSE),
                "ceiling": duration_micros(ASKED_CEILING),
            },
        )
    )


def requeue_unreceipted(tx: sqlite3.Connection) -> int:
    """The broker lost its store: queue everything that was sent and has no receipt; how many."""
    return tx.execute(f"{_REQUEUE} WHERE state = 'sent' AND awaits_receipt = 1").rowcount


AGAIN_ROOM = 4096
"""Deliveries with a receipt that one recipient is sent again within `AGAIN_PAUSE`."""
AGAIN_PAUSE = timedelta(minutes=1)
"""No delivery with a receipt leaves a second time sooner, nor a third before four times as long."""
AGAIN_CEILING = timedelta(days=1)


def ask_again(
    tx: sqlite3.Connection, recipient: str, delivery_seqs: Iterable[int], now: datetime
) -> tuple[int, ...]:
    """A recipient that had receipted these lacks them, as after it was set back: they are to leave again,
    whatever their state, which stays as it is. Those that will; others left lately, or are too many.
    """
    at, pause, ceiling = micros(now), duration_micros(AGAIN_PAUSE), duration_micros(AGAIN_CEILING)
    # Times ahead of the clock, which was set back since, hold nothing up.
    tx.execute(
        "DELETE FROM sent_again WHERE recipient = ? AND (at <= ? OR at > ?)", (recipient, at - ceiling, at)
    )
    (taken,) = tx.execute(
        "SELECT count(*) FROM sent_again WHERE recipient = ? AND (at IS NULL OR at > ?)",
        (recipient, at - pause),
    ).fetchone()
    return tuple(
        row[0]
        for row in tx.execute(
            "INSERT INTO sent_again (delivery_seq, recipient) SELECT value, :recipient FROM json_each(:seqs)"
            " WHERE true ORDER BY key LIMIT :room ON CONFLICT DO UPDATE SET at = NULL, times = times + 1"
            " WHERE at <= :now - min(:pause << min(2 * (times - 1), 20), :ceiling) RETURNING delivery_seq",
            {
                "recipient": recipient,
                "seqs": integers_text(delivery_seqs),
                "room": max(0, AGAIN_ROOM - taken),
                "now": at,
                "pause": pause,
                "ceiling": ceiling,
            },
        )
    )


def take_again(
    tx: sqlite3.Connection, now: datetime, *, limit: int, max_bytes: int
) -> tuple[tuple[Waiting, ...], dict[int, bytes]]:
    """The next deliveries that are to leave again, each with its serial, and their contents.

    They count as gone with this: one that is lost on the way is asked for again.
    """
    found: list[Waiting] = []
    contents: dict[int, bytes] = {}
    room = max_bytes
    for row in tx.execute(
        "SELECT d.delivery_seq, d.content_id, c.content_type, c.digest, c.message_id, d.recipient, d.mode,"
        " d.lane, d.precedence_rank, d.lane_epoch, d.serial, d.attempts, p.publication_id, p.kind, c.wider,"
        " c.bytes FROM sent_again a JOIN delivery d USING (delivery_seq) JOIN content c USING (content_id)"
        " LEFT JOIN publication p ON p.publication_seq = d.publication_seq"
        " WHERE a.at IS NULL ORDER BY a.delivery_seq LIMIT ?",
        (limit,),
    ).fetchall():
        room -= len(row[15])
        if found and room < 0:
            break
        kind = None if row[13] is None else KINDS[row[13]]
        start = (row[0], row[1], CONTENT_TYPES[row[2]], row[3], row[4], row[5], Mode(row[6]), Lane(row[7]))
        found.append(Waiting(*start, row[8], row[9], row[10], row[11], row[12], kind, row[14]))
        contents[row[1]] = row[15]
    tx.execute(
        "UPDATE sent_again SET at = ? WHERE delivery_seq IN (SELECT value FROM json_each(?))",
        (micros(now), integers_text(row.delivery_seq for row in found)),
    )
    return tuple(sorted(found, key=lambda row: row.serial or 0)), contents


def _requeued(rows: Iterable[tuple[int, str, str, str, int, int, str | None]]) -> tuple[Requeued, ...]:
    found = [Requeued(row[0], row[1], Mode(row[2]), Lane(row[3]), row[4], row[5], row[6]) for row in rows]
    return tuple(sorted(found, key=lambda row: row.delivery_seq))
