"""Searches of the traffic that operators keep under names of their own; they go with their operator."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, micros


@dataclass(frozen=True, slots=True)
class SavedView:
    """One operator's search under a name."""

    name: str
    query: str
    saved_at: datetime


def list_of(tx: sqlite3.Connection, operator: str) -> tuple[SavedView, ...]:
    """The operator's views by name."""
    rows = tx.execute(
        "SELECT name, query, saved_at FROM saved_view WHERE operator = ? ORDER BY name", (operator,)
    )
    return tuple(SavedView(row[0], row[1], instant(row[2])) for row in rows)


def save(tx: sqlite3.Connection, operator: str, view: SavedView, most: int) -> bool:
    """Keep a view, in the place of one with its name; False when the operator has `most` others already."""
    others = tx.execute(
        "SELECT count(*) FROM saved_view WHERE operator = ? AND name <> ?", (operator, view.name)
    ).fetchone()[0]
    if others >= most:
        return False
    tx.execute(
        "INSERT INTO saved_view (operator, name, query, saved_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET query = excluded.query, saved_at = excluded.saved_at",
        (operator, view.name, view.query, micros(view.saved_at)),
    )
    return True


def delete(tx: sqlite3.Connection, operator: str, name: str) -> SavedView | None:
    """Forget a view; what it was, or None when there is none."""
    row = tx.execute(
        "DELETE FROM saved_view WHERE operator = ? AND name = ? RETURNING name, query, saved_at",
        (operator, name),
    ).fetchone()
    return None if row is None else SavedView(row[0], row[1], instant(row[2]))
