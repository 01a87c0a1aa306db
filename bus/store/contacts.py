"""When a partner was last heard of."""

import sqlite3
from datetime import datetime

from bus.store.columns import instant


def last_message_from(tx: sqlite3.Connection, originator: str) -> datetime | None:
    """When the newest message of this originator (by its UUIDv7) was filed; None while there is none.

    One look-up in the inbox's unique index, however full the inbox is.
    """
    row = tx.execute(
        "SELECT received_at FROM inbox WHERE originator = ? ORDER BY message_id DESC LIMIT 1", (originator,)
    ).fetchone()
    return None if row is None else instant(row[0])
