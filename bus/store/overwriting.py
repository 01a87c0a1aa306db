"""Leaving nothing behind of what is deleted or moved within the file: for rows that hold messages.

The store deletes with ``secure_delete = FAST``, which leaves pages that become free as they are: most of what
it deletes is sealed. A row that changes is written anew, and where it had pages of its own, those would keep
the message that a recall is to take away later.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def overwriting(tx: sqlite3.Connection) -> Iterator[None]:
    """What is deleted or replaced meanwhile is overwritten with zeros wherever it stood.

    Every UPDATE of `inbox` runs within it (a test looks).
    """
    tx.execute("PRAGMA secure_delete = ON").fetchone()
    try:
        yield
    finally:
        tx.execute("PRAGMA secure_delete = FAST").fetchone()
