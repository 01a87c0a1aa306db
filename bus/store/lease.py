"""The relay's lease: one active relay per store, fenced by a term that only grows.

A gateway's process holds its state directory by a lock of the operating system (`gateways.sole_process`); the
lease is for what that does not see: a relay of the same process that winds up, exchanges run as a library.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.store.columns import duration_micros, instant, micros
from bus.store.errors import LeaseLost


@dataclass(frozen=True, slots=True)
class Lease:
    """`holder` may relay until `expires_at`, as long as no later `term` was given out."""

    holder: str
    term: int
    expires_at: datetime


def acquire(tx: sqlite3.Connection, holder: str, now: datetime, duration: timedelta) -> Lease | None:
    """Take the lease with a new term; None while another holder's runs.

    `holder` names who may take over at once what it held before, such as one that comes back after a crash:
    no two that run at the same time may share a name. A holder that asks again gets a new term too: its own
    earlier tasks are fenced off.
    """
    row = tx.execute("SELECT holder, term, expires_at FROM relay_lease").fetchone()
    if row is not None and row[0] != holder and row[2] > micros(now):
        return None
    term = 1 if row is None else int(row[1]) + 1
    expires_at = micros(now) + duration_micros(duration)
    tx.execute(
        "INSERT INTO relay_lease (one, holder, term, expires_at) VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET holder = excluded.holder, term = excluded.term, expires_at = excluded.expires_at",
        (holder, term, expires_at),
    )
    return Lease(holder, term, instant(expires_at))


def check(tx: sqlite3.Connection, lease: Lease, now: datetime) -> None:
    """To be called first in every transaction that writes under the lease. Raises LeaseLost."""
    row = tx.execute("SELECT holder, term, expires_at FROM relay_lease").fetchone()
    if row is None or (row[0], row[1]) != (lease.holder, lease.term):
        raise LeaseLost("another relay took the lease")
    if row[2] <= micros(now):
        raise LeaseLost("the lease ran out")


def renew(tx: sqlite3.Connection, lease: Lease, now: datetime, duration: timedelta) -> Lease:
    """Extend a lease that is still ours, under the same term. Raises LeaseLost."""
    check(tx, lease, now)
    expires_at = micros(now) + duration_micros(duration)
    tx.execute("UPDATE relay_lease SET expires_at = ?", (expires_at,))
    return Lease(lease.holder, lease.term, instant(expires_at))


def release(tx: sqlite3.Connection, lease: Lease) -> None:
    """Give the lease back at a clean stop, so that the next relay need not wait. No error when it is lost."""
    tx.execute(
        "UPDATE relay_lease SET expires_at = 0 WHERE holder = ? AND term = ?", (lease.holder, lease.term)
    )
