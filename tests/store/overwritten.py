"""Watching that no row of the inbox changes unless what it was is overwritten (`bus.store.overwriting`)."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_SETTING = re.compile(r"PRAGMA secure_delete = (\w+)")
_CHANGE = re.compile(r"(?:UPDATE|REPLACE INTO|DELETE FROM|INSERT OR REPLACE INTO) inbox\b")


@contextmanager
def watched(tx: sqlite3.Connection) -> Iterator[list[str]]:
    """Every statement that changes rows of the inbox, as SQLite runs it.

    AssertionError at the end for one that ran while `secure_delete` was not ON.
    """
    changes: list[str] = []
    bare: list[str] = []
    setting = "FAST"

    def look(statement: str) -> None:
        nonlocal setting
        if found := _SETTING.match(statement):
            setting = found[1]
        elif _CHANGE.match(statement):
            # For each statement of a trigger Python tells the one that set it off once more.
            if changes[-1:] != [statement]:
                changes.append(statement)
            if setting != "ON":
                bare.append(statement)

    tx.set_trace_callback(look)
    try:
        yield changes
    finally:
        tx.set_trace_callback(None)
    assert not bare, f"these leave what they replace in the file: {bare}"
