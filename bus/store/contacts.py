"""When a partner was last heard of, and which partners are silent.

Heard of by what it signed, at the time that it signed (no later than now): who replays old bundles makes
nobody heard of.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, instant_or_none, micros


@dataclass(frozen=True, slots=True)
class Contact:
    """`silent_since`: when it was noticed that nothing had come since what was sent was overdue."""

    heard_at: datetime | None
    silent_since: datetime | None


def last_message_from(tx: sqlite3.Connection, originator: str) -> datetime | None:
    """When the newest message of this originator (by its UUIDv7) was filed; None while there is none.

    One look-up in the inbox's unique index, however full the inbox is.
    """
    row = tx.execute(
        "SELECT received_at FROM inbox WHERE originator = ? ORDER BY message_id DESC LIMIT 1", (originator,)
    ).fetchone()
    return None if row is None else instant(row[0])


def heard(tx: sqlite3.Connection, nation: str, signed_at: datetime, now: datetime) -> bool:
    """Something verified came that `nation` signed at `signed_at`; whether it was silent until now."""
    at = micros(min(signed_at, now))
    row = tx.execute(
        "SELECT heard_at, silent_since, silent_after FROM partner_contact WHERE nation = ?", (nation,)
    ).fetchone()
    if row is not None and row[0] is not None and at - row[0] < _SECOND and row[1] is None:
        return False  # known to the second: most bundles write nothing
    tx.execute(
        "INSERT INTO partner_contact (nation, heard_at) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET heard_at = max(ifnull(heard_at, 0), excluded.heard_at)",
        (nation, at),
    )
    if row is None or row[1] is None or at < row[2]:
        return False
    tx.execute(
        "UPDATE partner_contact SET silent_since = NULL, silent_after = NULL WHERE nation = ?", (nation,)
    )
    return True


def missed(tx: sqlite3.Connection, nation: str, released_at: datetime, now: datetime) -> bool:
    """Something sent that was released at `released_at` is overdue; whether `nation` falls silent by it.

    It does when nothing that it signed since that release was heard of.
    """
    after = micros(released_at)
    row = tx.execute(
        "SELECT heard_at, silent_since FROM partner_contact WHERE nation = ?", (nation,)
    ).fetchone()
    if row is not None and row[0] is not None and row[0] >= after:
        return False
    tx.execute(
        "INSERT INTO partner_contact (nation, silent_since, silent_after) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET silent_since = ifnull(silent_since, excluded.silent_since),"
        " silent_after = max(ifnull(silent_after, 0), excluded.silent_after)",
        (nation, micros(now), after),
    )
    return row is None or row[1] is None


def of_all(tx: sqlite3.Connection) -> Mapping[str, Contact]:
    """Every partner that was ever heard of or fell silent."""
    return {
        row[0]: Contact(instant_or_none(row[1]), instant_or_none(row[2]))
        for row in tx.execute("SELECT nation, heard_at, silent_since FROM partner_contact")
    }


def silent(tx: sqlite3.Connection) -> dict[str, datetime]:
    """Which partners are silent now, and since when that is known."""
    return {name: each.silent_since for name, each in of_all(tx).items() if each.silent_since is not None}


def count_silent(tx: sqlite3.Connection) -> int:
    """How many partners are silent now."""
    row = tx.execute("SELECT count(*) FROM partner_contact WHERE silent_since IS NOT NULL").fetchone()
    return int(row[0])


_SECOND = 1_000_000
