"""The write-ahead log is copied into the database beside the writer, however often that fails."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bus.store.checkpoints import PAGES, ROWS_PER_PAGE, Checkpointer
from bus.store.writer import Store
from tests.store.samples import NATION, REALM

ENOUGH = PAGES * ROWS_PER_PAGE
PATIENCE = 20.0
MARK = b"a row that stands in the log"


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE t (value BLOB)")
    connection.execute("INSERT INTO t VALUES (?)", (MARK,))
    yield connection
    connection.close()


class Copying:
    """Makes connections that tell when they ran a statement; the first ``failing`` do not come about."""

    def __init__(self, path: Path, failing: int = 0) -> None:
        self.copied = threading.Event()
        self.tried = threading.Semaphore(0)
        self._path = path
        self._failing = failing

    def __call__(self) -> sqlite3.Connection:
        self.tried.release()
        if self._failing:
            self._failing -= 1
            raise sqlite3.OperationalError("unable to open database file")
        told = self.copied

        class Telling(sqlite3.Connection):
            def execute(self, *given: object) -> sqlite3.Cursor:
                cursor: sqlite3.Cursor = super().execute(*given)  # type: ignore[arg-type]
                told.set()
                return cursor

        return sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, factory=Telling)


@pytest.fixture
def copying(tmp_path: Path) -> Callable[[int], tuple[Copying, Checkpointer]]:
    def make(failing: int) -> tuple[Copying, Checkpointer]:
        connect = Copying(tmp_path / "store.sqlite3", failing)
        return connect, Checkpointer(connect, "test")

    return make


def test_once_enough_is_committed_it_is_copied_into_the_database(
    writer: sqlite3.Connection, copying: Callable[[int], tuple[Copying, Checkpointer]], tmp_path: Path
) -> None:
    connect, checkpoints = copying(0)
    checkpoints.committed(1)
    assert MARK not in (tmp_path / "store.sqlite3").read_bytes()
    checkpoints.committed(ENOUGH)
    assert connect.copied.wait(PATIENCE)
    assert MARK in (tmp_path / "store.sqlite3").read_bytes()
    checkpoints.stop()


def test_a_copy_that_fails_is_made_up_for_by_the_next(
    writer: sqlite3.Connection, copying: Callable[[int], tuple[Copying, Checkpointer]], tmp_path: Path
) -> None:
    connect, checkpoints = copying(1)
    checkpoints.committed(ENOUGH)
    assert connect.tried.acquire(timeout=PATIENCE)
    checkpoints.committed(2 * ENOUGH)
    assert connect.copied.wait(PATIENCE)
    assert MARK in (tmp_path / "store.sqlite3").read_bytes()
    assert writer.execute("SELECT value FROM t").fetchall() == [(MARK,)]
    checkpoints.stop()


async def test_a_store_counts_what_its_writer_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    class Counting(Checkpointer):
        def committed(self, changes: int) -> None:
            counted.append(changes)

    # For this store alone: those that other tests keep open in this process write meanwhile.
    monkeypatch.setattr("bus.store.writer.Checkpointer", Counting)
    store = Store.open(tmp_path / "counted.sqlite3", NATION, REALM)
    before = await store.write(lambda tx: tx.total_changes)
    await store.write(lambda tx: tx.execute("INSERT INTO meta VALUES ('a', 'b'), ('c', 'd')"))
    await store.close()
    assert counted == [before, before + 2]


def test_cutting_off_that_is_asked_for_again_and_again_is_done_seldom_and_at_last(
    writer: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partners' recalls ask for it, and the writer waits meanwhile."""
    monkeypatch.setattr("bus.store.checkpoints.SCRUB_PAUSE_SECONDS", 0.5)
    log = tmp_path / "store.sqlite3-wal"
    cuts = threading.Semaphore(0)
    times: list[float] = []

    class Telling(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:
            cursor: sqlite3.Cursor = super().execute(*given)  # type: ignore[arg-type]
            if "TRUNCATE" in str(given[0]):
                times.append(time.monotonic())
                cuts.release()
            return cursor

    checkpoints = Checkpointer(
        lambda: sqlite3.connect(
            tmp_path / "store.sqlite3", isolation_level=None, check_same_thread=False, factory=Telling
        ),
        "test",
    )
    checkpoints.scrub()
    assert cuts.acquire(timeout=PATIENCE)
    writer.execute("INSERT INTO t VALUES (?)", (MARK,))
    for _ in range(1000):
        checkpoints.scrub()
    assert cuts.acquire(timeout=PATIENCE)
    seldom = list(times)
    checkpoints.stop()
    assert log.read_bytes() == b"", "what was put off was done"
    # Asking may itself take longer than a pause on a busy machine: then there is one more.
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(seldom))
    assert len(times) <= len(seldom) + 1 < 10
