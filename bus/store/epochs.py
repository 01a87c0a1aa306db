"""Lane epochs: numbers that no two lives of a nation's stores share (ADR 11).

A recipient remembers every (epoch, serial) it ever saw, and what stood there. A store that was lost, or set
back to an old copy, no longer knows which serials it used, so it must count in an epoch that was never used.
It cannot look up which ones were: the clock tells.
"""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bus.store.columns import integers_text
from schemas.header import Mode
from schemas.wire import Lane

MOST_SENT = 5_000
"""Copies without a receipt that one transaction queues anew: everybody's commits wait for it."""
EPOCH_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Epochs are whole seconds since then; 2**31, the largest the wire allows, is reached in 2094."""


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def next_epoch(now: datetime, previous: int = 0) -> int:
    """The number of an epoch that begins at `now`: the seconds since `EPOCH_ORIGIN`, above `previous` always.

    A clock that was set back repeats nothing within one store's life.
    """
    return max(previous + 1, (now - EPOCH_ORIGIN) // timedelta(seconds=1))


def store_epoch(tx: sqlite3.Connection) -> int:
    """The epoch in which lanes begin."""
    return int(tx.execute("SELECT value FROM meta WHERE key = 'lane_epoch'").fetchone()[0])


def begin_epoch(tx: sqlite3.Connection, now: datetime) -> int:
    """Begin a new epoch in every lane, as after restoring a backup; its number.

    Serials of the old epoch may have been used after the backup was made, so whatever has no receipt is
    queued anew without a serial, what a recipient refused for its serial too, and bundles sealed under the
    old epoch are dropped.
    """
    epoch = next_epoch(now, _newest(tx))
    tx.execute("UPDATE meta SET value = ? WHERE key = 'lane_epoch'", (str(epoch),))
    tx.execute("DELETE FROM lane_out")
    tx.execute("DELETE FROM bundle")
    tx.execute(f"{_ANEW} WHERE state IN ('queued', 'sealed', 'sent')")
    tx.execute(f"{_ANEW} WHERE {_SERIAL_TAKEN}")
    return epoch


def begin_epoch_towards(tx: sqlite3.Connection, recipient: str, now: datetime, previous: int) -> int:
    """Begin a new epoch, above ``previous``, in every lane to one recipient; its number.

    What is sealed keeps its serial: it may have been offered to the broker. So does what was sent, beyond
    `MOST_SENT` copies. Where the recipient refuses it for its serial, `anew` sends it again.
    """
    epoch = next_epoch(now, max(previous, _newest(tx)))
    tx.executemany(
        "INSERT INTO lane_out (recipient, mode, lane, epoch, next_serial) VALUES (?, ?, ?, ?, 1)"
        " ON CONFLICT DO UPDATE SET epoch = excluded.epoch, next_serial = 1",
        [(recipient, mode.value, lane.value, epoch) for mode in Mode for lane in Lane],
    )
    for state, index in _ANEW_TOWARDS.items():
        tx.execute(
            f"{_ANEW} WHERE delivery_seq IN (SELECT delivery_seq FROM delivery"  # noqa: S608 - fixed texts
            f" INDEXED BY {index} WHERE recipient = ? AND {state} LIMIT ?)",
            (recipient, MOST_SENT if index == "delivery_overdue" else -1),
        )
    return epoch


def _newest(tx: sqlite3.Connection) -> int:
    """The newest epoch of all: lanes to one partner may be ahead of the store's."""
    row = tx.execute("SELECT max(epoch) FROM lane_out").fetchone()
    return max(store_epoch(tx), row[0] or 0)


def anew(tx: sqlite3.Connection, delivery_seqs: Iterable[int]) -> int:
    """Queue without a serial what a recipient refused because its serial, of an epoch that is over, was used
    for something else; how many.
    """
    return tx.execute(
        f"{_ANEW} WHERE delivery_seq IN (SELECT value FROM json_each(?)) AND {_SERIAL_TAKEN}"  # noqa: S608
        " AND lane_epoch < (SELECT epoch FROM lane_out o WHERE o.recipient = delivery.recipient"
        " AND o.mode = delivery.mode AND o.lane = delivery.lane)",
        (integers_text(delivery_seqs),),
    ).rowcount


def serials_taken(tx: sqlite3.Connection) -> tuple[tuple[str, Mode, int], ...]:
    """Partners that refused something for its serial in the present epoch, which only a new one brings to
    them: each with a mode of it, and the epoch."""
    found: list[tuple[str, Mode, int]] = []
    for (recipient,) in tx.execute("SELECT DISTINCT recipient FROM lane_out").fetchall():
        row = tx.execute(
            "SELECT d.mode, o.epoch FROM delivery d INDEXED BY delivery_serial_reused"  # noqa: S608 - fixed texts
            " CROSS JOIN lane_out o ON o.recipient = d.recipient AND o.mode = d.mode AND o.lane = d.lane"
            f" WHERE d.recipient = ? AND {_SERIAL_TAKEN} AND o.epoch = d.lane_epoch LIMIT 1",
            (recipient,),
        ).fetchone()
        if row is not None:
            found.append((recipient, Mode(row[0]), row[1]))
    return tuple(found)


_ANEW = (
    "UPDATE delivery SET state = 'queued', lane_epoch = NULL, serial = NULL, bundle_seq = NULL,"
    " resend_at = NULL, sent_at = NULL, settled_at = NULL, reason = NULL, attempts = max(attempts, 1)"
)
"""What an old copy of the store takes for never tried may have left since: with ``attempts`` above 0 it
counts as possibly sent, for recalls and cancellations, though it has no serial any more."""
_SERIAL_TAKEN = "state = 'refused' AND reason = 'SERIAL_REUSED'"
_ANEW_TOWARDS = {
    "state = 'queued'": "delivery_waiting",
    "state = 'sent'": "delivery_overdue",
    _SERIAL_TAKEN: "delivery_serial_reused",
}
"""Each with the index of what is in that state: any partner may cause this, and history only grows."""
