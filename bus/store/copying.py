"""A copy of a store for safe keeping, made while a gateway works with it; and what such a copy holds.

``VACUUM INTO`` reads one committed state and writes a file of its own: nothing of what the store deleted or
overwrote is in it, as there would be in a copy page by page. Other processes go on writing meanwhile.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bus.store.errors import StoreRefused, StoreUnavailable
from bus.store.migrations import FORMAT
from bus.store.trust import envelopes

FAULTS_NAMED = 3
"""Faults of a damaged file that are told; SQLite's words, which hold no values of rows."""
BUSY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class LanePosition:
    """The last serial of one lane: given by us, or highest that came."""

    partner: str
    mode: str
    lane: str
    epoch: int
    serial: int


@dataclass(frozen=True, slots=True)
class Contents:
    """Whose store a file is, and how far it reaches."""

    nation: str
    realm: str
    format: int
    lanes_out: tuple[LanePosition, ...]
    lanes_in: tuple[LanePosition, ...]
    trust: tuple[bytes, ...]
    """Every trust document that it keeps."""


def copy_store(source: Path, target: Path) -> None:
    """Copy one committed state of a store into a new file of mode 0600, on disk when this returns.

    Raises StoreUnavailable when that cannot be done, also where `target` exists.
    """
    try:
        # Made by us first: SQLite would use the umask.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with contextlib.closing(_open(source, "mode=rw")) as connection:
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("VACUUM INTO ?", (str(target),))
        with target.open("rb") as file:
            os.fsync(file.fileno())
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(f"the store cannot be copied: {error}") from error


def look_into(file: Path) -> Contents:
    """What a copy holds that nobody works with, after SQLite has looked through all of it.

    Raises StoreRefused when it is damaged, no store, or of a newer format.
    """
    with _judged(file) as connection:
        faults = connection.execute(f"PRAGMA integrity_check({FAULTS_NAMED})").fetchall()
        if faults != [("ok",)]:
            raise StoreRefused(f"{file} is damaged: {'; '.join(row[0] for row in faults)}")
        nation, realm, number = _identity(connection, file)
        return Contents(
            nation,
            realm,
            number,
            _positions(
                connection,
                "SELECT recipient, mode, lane, epoch, next_serial - 1 FROM lane_out ORDER BY 1, 2, 3",
            ),
            _positions(
                connection,
                "SELECT originator, mode, lane, epoch, highest FROM lane_in ORDER BY 1, 2, 3, 4",
            ),
            envelopes(connection),
        )


def identity_of(store: Path) -> tuple[str, str, int]:
    """Nation, realm and format of a store that a gateway may be working with. Raises StoreRefused."""
    try:
        with contextlib.closing(_open(store, "mode=rw")) as connection:
            return _identity(connection, store)
    except sqlite3.Error as error:
        raise StoreRefused(f"{store} is no store: {error}") from error


@contextlib.contextmanager
def _judged(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        # Nobody writes there: neither a log nor a lock is looked for, and none is made beside it.
        with contextlib.closing(_open(file, "mode=ro&immutable=1")) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreRefused(f"{file} is no store, or damaged: {error}") from error


def _open(file: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS)


def _identity(connection: sqlite3.Connection, file: Path) -> tuple[str, str, int]:
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    try:
        nation, realm, number = str(meta["nation"]), str(meta["realm"]), int(meta["format"])
    except (KeyError, ValueError):
        raise StoreRefused(f"{file} is no store of a gateway") from None
    if number > FORMAT:
        raise StoreRefused(f"{file} has format {number}; this version knows {FORMAT}")
    return nation, realm, number


def _positions(connection: sqlite3.Connection, query: str) -> tuple[LanePosition, ...]:
    return tuple(LanePosition(*row) for row in connection.execute(query))
