"""A fresh store per test, and a bare connection for tests of single table modules."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bus.store.writer import Store
from tests.store.founded import in_memory
from tests.store.overwritten import watched
from tests.store.samples import NATION, REALM


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store.open(tmp_path / "store.db", NATION, REALM)
    yield opened
    await opened.close()


@pytest.fixture
def tx() -> Iterator[sqlite3.Connection]:
    """The tables as a job sees them, in memory, founded in epoch 1: durability is tested with `store`.

    Whatever a test has done with them: no row of the inbox changed and left anything behind.
    """
    connection = in_memory(NATION, REALM)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")
    with watched(connection):
        yield connection
    connection.close()
