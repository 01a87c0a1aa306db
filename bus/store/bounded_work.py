"""Reading for a bounded time of the processor: SQLite is stopped when it works for longer."""

import sqlite3
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

_INSTRUCTIONS = 10_000
"""Of SQLite's machine between two looks at the clock: about a millisecond."""


class Work(NamedTuple, Generic[T]):
    """What came of it, None where it was stopped; and the seconds that this thread worked."""

    result: T | None
    seconds: float


def at_most(tx: sqlite3.Connection, seconds: float, job: Callable[[], T]) -> Work[T]:
    """Do a job that only reads; it is stopped when this thread has worked for so long.

    The processor's time counts, not the clock's: a busy machine stops nothing earlier.
    """
    began = time.thread_time()
    until = began + seconds
    tx.set_progress_handler(lambda: int(time.thread_time() > until), _INSTRUCTIONS)
    try:
        result = job()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return Work(None, time.thread_time() - began)
    finally:
        tx.set_progress_handler(None, 0)
    return Work(result, time.thread_time() - began)
