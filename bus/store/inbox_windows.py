"""The inbox looked through in windows, for what no index finds: rare modes, what is still current.

However little there is to find, one read looks at so many rows only, and says how far it came: whoever polls
goes on from there and looks at no row twice.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from bus.store import inbox
from bus.store.inbox import InboxMessage
from schemas.wire import Handling

ROWS = 20_000
"""Rows of one window: some hundredths of a second."""
_FOUND_BY_INDEX = ("originator", "expires_after")


@dataclass(frozen=True, slots=True)
class Looked:
    """Messages in order; `position`: how far was looked, where the next look begins; `more`: whether there is
    something left to look at now.
    """

    messages: tuple[InboxMessage, ...]
    position: int
    more: bool


def look(tx: sqlite3.Connection, position: int, *, newest_first: bool = False, **narrowed: Any) -> Looked:
    """As `inbox.list_after`, in one window above `position`, or (`newest_first`) below it."""
    bound = _bound(tx, position, newest_first, narrowed)
    after, before = (0, position) if newest_first else (position, None)
    found = inbox.list_after(tx, after, before=before, bound=bound, **narrowed)
    if found:
        return Looked(found, found[-1].inbox_seq, True)
    if bound is None or bound == position:
        return Looked((), position, False)
    more = bound > 1 if newest_first else bound < inbox.latest_seq(tx)
    return Looked((), _seen(tx, position, bound, more, narrowed), more)


def _seen(tx: sqlite3.Connection, position: int, bound: int, more: bool, narrowed: dict[str, Any]) -> int:
    """How far an empty window was looked through: a cursor names no row whose existence is hidden."""
    shown = "" if narrowed.get("with_display_only") else f" AND handling = '{Handling.RELEASE}'"
    order = "DESC" if bound > position else "ASC"
    row = tx.execute(
        f"SELECT inbox_seq FROM inbox WHERE inbox_seq BETWEEN ? AND ?{shown}"  # noqa: S608 - fixed texts
        f" ORDER BY inbox_seq {order} LIMIT 1",
        (min(position + 1, bound), max(position - 1, bound)),
    ).fetchone()
    if row is not None:
        return int(row[0])
    return bound if more else position


def _bound(tx: sqlite3.Connection, position: int, newest_first: bool, narrowed: dict[str, Any]) -> int | None:
    """The last row of the window; None where an index finds whatever is asked for."""
    walks = narrowed.get("modes") is not None or narrowed.get("current")
    if not walks or any(narrowed.get(name) is not None for name in _FOUND_BY_INDEX):
        return None
    latest = inbox.latest_seq(tx)
    if newest_first:
        return max(1, min(position, latest + 1) - ROWS)
    return max(position, min(position + ROWS, latest))
