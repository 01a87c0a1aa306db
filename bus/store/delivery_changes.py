"""Telling in the feed of happenings what deliveries of messages have become."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from bus.store.columns import integers_text, micros
from schemas.event import EventType


def tell_changed(tx: sqlite3.Connection, delivery_seqs: Iterable[int], now: datetime) -> None:
    """Tell in the feed what these deliveries of messages are now; what carries no message is left out.

    As `events.add` does, in one statement: receipts come by the thousand.
    """
    tx.execute(
        "INSERT INTO event (type, at, nation, kind, mode, message_id, publication_id, state, reason)"
        " SELECT ?, ?, d.recipient, p.kind, d.mode, c.message_id, p.publication_id, d.state, d.reason"
        " FROM delivery d JOIN publication p USING (publication_seq)"
        " JOIN content c ON c.content_id = d.content_id"
        " WHERE d.delivery_seq IN (SELECT value FROM json_each(?)) ORDER BY d.delivery_seq",
        (EventType.DELIVERY_CHANGED.value, micros(now), integers_text(delivery_seqs)),
    )
