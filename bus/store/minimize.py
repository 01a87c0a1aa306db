"""The MINIMIZE in force, if there is one: below its precedence drafts are refused until its end."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, micros
from schemas.header import Precedence


@dataclass(frozen=True, slots=True)
class Minimize:
    """What is still admitted, until when, and who said so."""

    lowest: Precedence
    """The lowest precedence that is admitted."""
    exercise_too: bool
    """Whether it holds for EXERCISE and TEST as well."""
    until: datetime
    set_by: str
    set_at: datetime


def put(tx: sqlite3.Connection, minimize: Minimize) -> None:
    """Put it in force, in place of an earlier one."""
    tx.execute(
        "INSERT OR REPLACE INTO minimize (one, lowest, exercise_too, until, set_by, set_at)"
        " VALUES (1, ?, ?, ?, ?, ?)",
        (
            minimize.lowest.value,
            minimize.exercise_too,
            micros(minimize.until),
            minimize.set_by,
            micros(minimize.set_at),
        ),
    )


def lift(tx: sqlite3.Connection) -> bool:
    """End it; False when there is none."""
    return tx.execute("DELETE FROM minimize").rowcount > 0


def get(tx: sqlite3.Connection) -> Minimize | None:
    """The one that was set last, over or not: the caller looks at the clock."""
    row = tx.execute("SELECT lowest, exercise_too, until, set_by, set_at FROM minimize").fetchone()
    if row is None:
        return None
    return Minimize(Precedence(row[0]), bool(row[1]), instant(row[2]), row[3], instant(row[4]))
