"""The tables of a new store, made once: opening a copy of them costs a tenth of making them."""

import sqlite3
from datetime import datetime
from functools import lru_cache

from bus.store.epochs import EPOCH_ORIGIN
from bus.store.migrations import bring_forward


@lru_cache(maxsize=8)
def founded(nation: str, realm: str, at: datetime) -> bytes:
    """The file of a store that was founded then."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        bring_forward(connection, nation, realm, lambda: at)
        return connection.serialize()
    finally:
        connection.close()


def in_memory(nation: str, realm: str) -> sqlite3.Connection:
    """A store as it is when it is founded in epoch 1, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(founded(nation, realm, EPOCH_ORIGIN))
    return connection
