"""The format of the file: created from schema.sql, brought forward step by step, refused when newer.

A file names its nation and realm: opening another nation's store, or one of another realm, is refused.
"""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable

from bus.store.epochs import next_epoch, utc_now
from bus.store.errors import StoreRefused
from bus.store.traffic_filling import fill as fill_traffic

FORMAT = 5
"""The format this version writes. A change of schema.sql raises it and adds `step-n.sql`, from n to n + 1."""

SCRIPTS: Traversable = files("bus.store")
"""Where schema.sql and the steps lie."""

FILLS: dict[int, Callable[[sqlite3.Connection], None]] = {3: fill_traffic}
"""What statements alone cannot carry over, by n: run after those of `step-n.sql`."""


def statements(script: str) -> Iterator[str]:
    """The single statements of a script (a trigger's body stays in one piece)."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending


def bring_forward(
    connection: sqlite3.Connection, nation: str, realm: str, now: Callable[[], datetime] = utc_now
) -> None:
    """Create the tables in an empty file, or check whose it is and bring it to this version's format.

    One transaction. `now` gives a new store its first lane epoch. Raises StoreRefused.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            _create(connection, nation, realm, next_epoch(now()))
        else:
            _check_and_step(connection, nation, realm)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection, nation: str, realm: str, lane_epoch: int) -> None:
    _run(connection, "schema.sql")
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?)",
        [
            ("nation", nation),
            ("realm", realm),
            ("format", str(FORMAT)),
            ("lane_epoch", str(lane_epoch)),
        ],
    )


def _check_and_step(connection: sqlite3.Connection, nation: str, realm: str) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is None:
        raise StoreRefused("the file is a database, but not a gateway's store")
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    if meta.get("nation") != nation:
        raise StoreRefused(f"the store belongs to nation {meta.get('nation')}, not to {nation}")
    if meta.get("realm") != realm:
        raise StoreRefused(f"the store belongs to realm {meta.get('realm')}, not to {realm}")
    found = int(meta["format"])
    if found > FORMAT:
        raise StoreRefused(f"the store has format {found}; this version knows formats up to {FORMAT}")
    for number in range(found, FORMAT):
        _run(connection, f"step-{number}.sql")
        if number in FILLS:
            FILLS[number](connection)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))


def _run(connection: sqlite3.Connection, script: str) -> None:
    for statement in statements(SCRIPTS.joinpath(script).read_text(encoding="utf-8")):
        connection.execute(statement)
