"""Telling in the feed of happenings what deliveries of messages have become."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from bus.store import events
from bus.store.columns import KINDS, MODES, integers_text
from bus.store.events import NewEvent
from schemas.event import EventType


def tell_changed(tx: sqlite3.Connection, delivery_seqs: Iterable[int], now: datetime) -> None:
    """Tell in the feed what these deliveries of messages are now; what carries no message is left out."""
    rows = tx.execute(
        "SELECT d.recipient, d.mode, d.state, d.reason, p.publication_id, p.kind, c.message_id"
        " FROM delivery d JOIN publication p USING (publication_seq)"
        " JOIN content c ON c.content_id = d.content_id"
        " WHERE d.delivery_seq IN (SELECT value FROM json_each(?)) ORDER BY d.delivery_seq",
        (integers_text(delivery_seqs),),
    ).fetchall()
    events.add(
        tx,
        [
            NewEvent(
                EventType.DELIVERY_CHANGED,
                now,
                nation=row[0],
                kind=KINDS[row[5]],
                mode=MODES[row[1]],
                message_id=row[6],
                publication_id=row[4],
                state=row[2],
                reason=row[3],
            )
            for row in rows
        ],
    )
