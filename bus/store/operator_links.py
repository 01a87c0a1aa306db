"""One-time links by which operators sign in. Of a link only the SHA-256 of its secret is stored."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bus.store.columns import instant, micros


@dataclass(frozen=True, slots=True)
class Link:
    """A link that nobody has used yet."""

    link_hash: str
    operator: str
    until: datetime


def add(tx: sqlite3.Connection, link: Link, now: datetime) -> None:
    """Store a new link; those that ended are forgotten."""
    tx.execute("DELETE FROM operator_link WHERE until <= ?", (micros(now),))
    tx.execute(
        "INSERT INTO operator_link (link_hash, operator, until) VALUES (?, ?, ?)",
        (link.link_hash, link.operator, micros(link.until)),
    )


def find(tx: sqlite3.Connection, link_hash: str) -> Link | None:
    """The unused link with this hash, whether it has ended or not."""
    row = tx.execute("SELECT operator, until FROM operator_link WHERE link_hash = ?", (link_hash,)).fetchone()
    return None if row is None else Link(link_hash, row[0], instant(row[1]))


def use_up(tx: sqlite3.Connection, link_hash: str) -> bool:
    """Forget a link because it is being used; False when it is gone already."""
    return tx.execute("DELETE FROM operator_link WHERE link_hash = ?", (link_hash,)).rowcount > 0
