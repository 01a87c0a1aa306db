"""One SQLite file, one writer thread, group commit (design 8).

All jobs waiting when the writer comes free run in one transaction, each in a savepoint of its own: a job that
raises is rolled back alone. Callers are answered after the COMMIT, so an answer means that the disk has it.
A COMMIT that fails fails every job of the batch.
"""

import asyncio
import contextlib
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from bus.store.checkpoints import LONGEST_LOG_PAGES, Checkpointer, cut_off
from bus.store.epochs import utc_now
from bus.store.errors import StoreRefused, StoreUnavailable, translated
from bus.store.events import latest_seq as latest_event
from bus.store.migrations import bring_forward

T = TypeVar("T")
Transaction = sqlite3.Connection
"""What a job gets: use it only inside the job, and only through the modules of this room."""

MAX_BATCH = 512
"""Jobs in one transaction at most."""
MAX_WAITING = 4096
"""Jobs waiting for the writer at most; further callers wait before their job is taken."""
READERS = 2
BUSY_SECONDS = 5.0
_STATEMENT_CACHE = 256


@dataclass(slots=True)
class _Job:
    run: Callable[[Transaction], Any]
    answer: "asyncio.Future[Any]"
    result: Any = None
    error: Exception | None = None


class Store:
    """A gateway's store. Made by `open`; `write` and `read` belong to one event loop."""

    def __init__(self, path: Path, connection: sqlite3.Connection, nation: str, realm: str) -> None:
        self.path = path
        self.nation = nation
        self.realm = realm
        self.events_grown: Callable[[int], None] | None = None
        """Called in the event loop after each commit with the feed's last number (`bus.store.events`)."""
        self._connection = connection
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._handed: list[_Job] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Semaphore(MAX_WAITING)
        self._closing = False
        self._disk_takes = True
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix=f"store-read-{nation}")
        self._checkpoints = Checkpointer(lambda: self._connect(path), f"store-checkpoint-{nation}")
        self._thread = threading.Thread(target=self._work, name=f"store-write-{nation}", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, path: Path, nation: str, realm: str, *, now: Callable[[], datetime] = utc_now) -> Self:
        """Open the store of `nation` in `realm`, creating the file (mode 0600) when there is none.

        `now` is the clock that gives a new store its first lane epoch (`bus.store.epochs`).

        Raises StoreRefused when the file is another's or newer, StoreUnavailable when it cannot be opened.
        """
        connection: sqlite3.Connection | None = None
        try:
            # Created by us first: SQLite would use the umask, and its journal files copy this mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            path.chmod(0o600)
            connection = cls._connect(path)
            connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG_PAGES}")
            bring_forward(connection, nation, realm, now)
            # A process that ended before it scrubbed the log leaves that to the next one.
            with contextlib.suppress(sqlite3.OperationalError):  # on a full disk it must wait
                cut_off(connection)
            connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        except StoreRefused:
            if connection is not None:
                connection.close()
            raise
        except (sqlite3.Error, OSError) as error:
            if connection is not None:
                connection.close()
            raise StoreUnavailable(f"the store cannot be opened: {error}") from error
        return cls(path, connection, nation, realm)

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENT_CACHE,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What a savepoint may have to restore stays in memory: in a file of the system's temporary directory
        # it would cost four fifths of all writing, and messages would lie outside our own directory.
        connection.execute("PRAGMA temp_store = MEMORY")
        # Deleted is what is sealed or owed no more; zeroing all its pages would cost as much as writing it.
        connection.execute("PRAGMA secure_delete = FAST")
        # Without this, REPLACE would get round the trigger that forbids deleting audit records.
        connection.execute("PRAGMA recursive_triggers = ON")
        return connection

    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Run `job` in the writer's next transaction; its result once that transaction is on the disk.

        What the job raises comes back to the caller, with nothing of the job kept. Raises StoreUnavailable
        when the disk did not take it, StoreConflict when a rule of the schema forbade it. A caller cancelled
        while waiting does not know whether its job was kept.
        """
        loop = self._bound_loop()
        await self._room.acquire()
        if self._closing:
            self._room.release()
            raise StoreUnavailable("the store is closed")
        entry = _Job(job, loop.create_future())
        # Handed over at the end of this turn of the loop: the writer then finds everybody's jobs at once,
        # and a loop that waits instead of one to fight with for the interpreter.
        if not self._handed:
            loop.call_soon(self._hand_over)
        self._handed.append(entry)
        answer: T = await entry.answer
        return answer

    async def takes_writes(self) -> bool:
        """Whether the disk took the last transaction; if not, whether it takes a small one now."""
        if not self._disk_takes:
            with contextlib.suppress(StoreUnavailable):
                await self.write(lambda tx: tx.execute("UPDATE meta SET value = value WHERE key = 'format'"))
        return self._disk_takes and not self._closing

    async def read(self, job: Callable[[Transaction], T]) -> T:
        """Run `job` on a read-only connection over one committed state. Raises StoreUnavailable."""
        if self._closing:
            raise StoreUnavailable("the store is closed")
        return await self._bound_loop().run_in_executor(self._pool, self._read, job)

    def scrub(self) -> None:
        """Soon leave nothing of what was overwritten in the log beside the file; tried until it is done."""
        self._checkpoints.scrub()

    async def close(self) -> None:
        """Finish the jobs that were taken, then close the file. Later calls raise StoreUnavailable."""
        if self._closing:
            return
        self._closing = True
        self._hand_over()
        self._jobs.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._shut)

    def _hand_over(self) -> None:
        handed, self._handed = self._handed, []
        for entry in handed:
            self._jobs.put(entry)

    def _shut(self) -> None:
        self._thread.join()
        self._checkpoints.stop()
        self._pool.shutdown(wait=True)
        for connection in self._readers:
            connection.close()
        self._connection.close()

    def _bound_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise RuntimeError("a store belongs to the event loop that used it first")
        return loop

    # -- the writer's thread ----------------------------------------------------------------------------

    def _work(self) -> None:
        last = False
        while not last:
            batch, last = self._next_batch()
            if batch:
                events = self._run(batch)
                assert self._loop is not None
                # A loop that was closed has nobody left to answer.
                with contextlib.suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._answer, batch, events)

    def _next_batch(self) -> tuple[list[_Job], bool]:
        """The jobs waiting now, at least one unless the store closes; and whether it closes after them."""
        first = self._jobs.get()
        if first is None:
            return [], True
        batch = [first]
        while len(batch) < MAX_BATCH:
            try:
                entry = self._jobs.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                return batch, True
            batch.append(entry)
        return batch, False

    def _run(self, batch: list[_Job]) -> int:
        """One transaction over the batch; where the feed of events ends after it, 0 if it was not kept.

        A storage fault on the way fails what it took down with it.
        """
        begun = events = 0
        connection = self._connection
        changes = connection.total_changes
        try:
            self._begin(connection)
            for number, entry in enumerate(batch):
                self._run_one(connection, entry)
                if not connection.in_transaction:
                    # SQLite gave the whole transaction up (disk full, I/O error): so far nothing is kept.
                    _fail(batch[begun : number + 1], StoreUnavailable("the transaction was given up"))
                    begun = number + 1
                    self._begin(connection)
            last = latest_event(connection)
            self._commit(connection)
            events = last
            self._checkpoints.committed(connection.total_changes)
        except Exception as error:  # noqa: BLE001 - handed to every caller of the batch
            _roll_back(connection)
            cause = translated(error)
            failure = StoreUnavailable(f"the transaction was not kept: {cause}")
            failure.__cause__ = error
            _fail(batch[begun:], failure)
        if any(isinstance(entry.error, StoreUnavailable) for entry in batch):
            self._disk_takes = False
        elif connection.total_changes != changes:
            self._disk_takes = True  # one that changed nothing says nothing about the disk
        return events

    def _run_one(self, connection: sqlite3.Connection, entry: _Job) -> None:
        connection.execute("SAVEPOINT job")
        try:
            entry.result = entry.run(connection)
        except Exception as error:  # noqa: BLE001 - handed to the job's caller
            entry.error = translated(error)
            if entry.error is not error:
                entry.error.__cause__ = error
            if connection.in_transaction:
                connection.execute("ROLLBACK TO job")
                connection.execute("RELEASE job")
            return
        if connection.in_transaction:
            connection.execute("RELEASE job")

    def _begin(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")

    def _commit(self, connection: sqlite3.Connection) -> None:
        """Make the batch durable. Tests override it to fail, or to end the process, before or after."""
        connection.execute("COMMIT")

    # -- back in the event loop -------------------------------------------------------------------------

    def _answer(self, batch: list[_Job], events: int) -> None:
        if self.events_grown is not None:
            self.events_grown(events)
        for entry in batch:
            self._room.release()
            if entry.answer.done():
                continue  # the caller was cancelled
            if entry.error is not None:
                entry.answer.set_exception(entry.error)
            else:
                entry.answer.set_result(entry.result)

    # -- the readers' threads ---------------------------------------------------------------------------

    def _read(self, job: Callable[[Transaction], T]) -> T:
        try:
            connection = self._reader()
            connection.execute("BEGIN")
            try:
                return job(connection)
            finally:
                _roll_back(connection)
        except sqlite3.Error as error:
            cause = translated(error)
            if cause is error:
                raise
            raise cause from error

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect(self.path)
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            self._readers.append(connection)
        return connection


def _fail(batch: list[_Job], failure: StoreUnavailable) -> None:
    """Every job of the batch failed; one that had an error of its own keeps it."""
    for entry in batch:
        entry.result = None
        if entry.error is None:
            entry.error = failure


def _roll_back(connection: sqlite3.Connection) -> None:
    # A ROLLBACK that fails says that there is no transaction any more, which is what is wanted.
    with contextlib.suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
