"""Copying the write-ahead log into the database beside the writer, which need not stop for it then.

SQLite would do it at the end of whichever commit made the log long, and keep that commit's callers waiting
for as long as it takes to write and sync some thousand pages.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable

PAGES = 5000
"""Pages of the log, as estimated, after which it is copied."""
PAGES_PER_COMMIT = 8
ROWS_PER_PAGE = 2
"""What a commit adds to the log, as measured: some pages whatever it changes, and one for so many rows."""
LONGEST_LOG_PAGES = 16_000
"""Beyond this the writer copies what is left itself: under load the log else never ends where a copy did, and
only then SQLite begins it again."""
SCRUB_PAUSE_SECONDS = 5.0
"""Between two times that the log is cut off: it holds the writer up, and partners' recalls ask for it."""
SCRUB_LONGEST_PAUSE_SECONDS = 60.0
"""The pause doubles up to this while somebody reads on and on."""
SCRUB_PATIENCE_MILLISECONDS = 200
"""How long cutting the log off may wait for readers: the writer waits as long."""


class Checkpointer:
    """A thread with a connection of its own. ``committed`` belongs to the writer's thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str) -> None:
        self._connect = connect
        self._changes = 0
        self._pages = 0
        self._stopping = False
        self._copying = False
        self._scrubbing = False
        self._scrub_at = 0.0
        self._pause = SCRUB_PAUSE_SECONDS
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def committed(self, changes: int) -> None:
        """``changes``: rows changed so far over the writer's connection, by what is committed."""
        self._pages += PAGES_PER_COMMIT + (changes - self._changes) // ROWS_PER_PAGE
        self._changes = changes
        if self._pages >= PAGES:
            self._pages = 0
            self._copying = True
            self._wanted.set()

    def scrub(self) -> None:
        """Copy the whole log soon, and cut it off: nothing that it held is left in it. From any thread.

        At once, or a pause after the time before; it is tried until it is done.
        """
        self._scrubbing = True
        self._wanted.set()

    def stop(self) -> None:
        """Finish the copy in hand and end."""
        self._stopping = True
        self._wanted.set()
        self._thread.join()

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while self._asked() and not self._stopping:
            scrub = self._scrubbing and self._until_scrub() <= 0
            if not scrub and not self._copying:
                continue
            self._copying = False
            if scrub:
                self._scrubbing = False
            busy = True
            # What cannot be copied stays in the log, which loses nothing; the writer meets the same fault.
            with contextlib.suppress(sqlite3.Error):
                connection = connection or self._connect()
                if scrub:
                    busy = not cut_off(connection)
                else:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if scrub:
                self._next_scrub(busy=busy)
        if connection is not None:
            connection.close()

    def _next_scrub(self, *, busy: bool) -> None:
        self._scrubbing |= busy
        self._scrub_at = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, SCRUB_LONGEST_PAUSE_SECONDS) if busy else SCRUB_PAUSE_SECONDS

    def _until_scrub(self) -> float:
        return self._scrub_at - time.monotonic()

    def _asked(self) -> bool:
        """Wait to be asked, or until the log may be cut off again."""
        self._wanted.wait(max(0.0, self._until_scrub()) if self._scrubbing else None)
        self._wanted.clear()
        return True


def cut_off(connection: sqlite3.Connection) -> bool:
    """Copy the whole log and cut it off; False where somebody reads it, here or in another process.

    The connection is left with little patience.
    """
    connection.execute(f"PRAGMA busy_timeout = {SCRUB_PATIENCE_MILLISECONDS}")
    return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
