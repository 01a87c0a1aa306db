"""How much waits for whom: for limits, metrics and the list of partners.

Each figure is a scan of a narrow index over the rows that wait, about 50 ns a row: ask every second or so,
not for every request.
"""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backlog:
    """Deliveries for one recipient: not yet sealed; sealed, not confirmed by the broker; without receipt."""

    recipient: str
    queued: int
    sealed: int
    unreceipted: int


def per_recipient(tx: sqlite3.Connection) -> tuple[Backlog, ...]:
    """The backlog of every recipient that has one, sorted by nation. Control content counts too."""
    counts: dict[str, dict[str, int]] = {}
    for state, index in (
        ("queued", "delivery_waiting"),
        ("sealed", "delivery_sealed"),
        ("sent", "delivery_overdue"),
    ):
        for recipient, count in tx.execute(
            f"SELECT recipient, count(*) FROM delivery INDEXED BY {index}"  # noqa: S608 - fixed texts
            f" WHERE state = '{state}' GROUP BY recipient"
        ):
            counts.setdefault(recipient, {})[state] = count
    return tuple(
        Backlog(recipient, found.get("queued", 0), found.get("sealed", 0), found.get("sent", 0))
        for recipient, found in sorted(counts.items())
    )


def control_queued(tx: sqlite3.Connection, recipient: str, limit: int) -> int:
    """How much control content waits for the relay to send it to one recipient; counted up to `limit`."""
    row = tx.execute(
        "SELECT count(*) FROM (SELECT 1 FROM delivery INDEXED BY delivery_control_queued"
        " WHERE state = 'queued' AND recipient = ? AND lane = 'control' LIMIT ?)",
        (recipient, limit),
    )
    return int(row.fetchone()[0])


def control_unreceipted(tx: sqlite3.Connection, recipient: str, limit: int) -> int:
    """How much control content was sent to one recipient and has no receipt; counted up to `limit`."""
    row = tx.execute(
        "SELECT count(*) FROM (SELECT 1 FROM delivery INDEXED BY delivery_control_sent"
        " WHERE state = 'sent' AND recipient = ? AND lane = 'control' LIMIT ?)",
        (recipient, limit),
    )
    return int(row.fetchone()[0])


def queued(tx: sqlite3.Connection) -> int:
    """How many deliveries wait for the relay."""
    row = tx.execute("SELECT count(*) FROM delivery INDEXED BY delivery_waiting WHERE state = 'queued'")
    return int(row.fetchone()[0])
