"""Receipts owed to partners: added as deliveries are filed or refused, taken in batches by the relay."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from bus.protocol.delivery_states import LASTING
from schemas.header import Mode
from schemas.receipt import MAX_RECEIPTS, Receipt


@dataclass(frozen=True, slots=True)
class ReceiptsDue:
    """How many receipts of one mode are owed to a partner; `lasting` ones travel apart."""

    partner: str
    mode: Mode
    count: int
    lasting: bool = False


def add(tx: sqlite3.Connection, partner: str, mode: Mode, receipts: Iterable[Receipt]) -> None:
    """Owe `partner` these receipts, to travel under a root of `mode`."""
    tx.executemany(
        "INSERT INTO receipt_due (partner, mode, receipt, lasting) VALUES (?, ?, ?, ?)",
        [(partner, mode.value, receipt.encode(), int(receipt.status in LASTING)) for receipt in receipts],
    )


def due(tx: sqlite3.Connection) -> tuple[ReceiptsDue, ...]:
    """To whom receipts are owed, sorted by partner and mode."""
    return tuple(
        ReceiptsDue(row[0], Mode(row[1]), row[3], bool(row[2]))
        for row in tx.execute(
            "SELECT partner, mode, lasting, count(*) FROM receipt_due GROUP BY partner, mode, lasting"
        )
    )


def take(
    tx: sqlite3.Connection,
    partner: str,
    mode: Mode,
    limit: int = MAX_RECEIPTS,
    *,
    lasting: bool = False,
) -> tuple[bytes, ...]:
    """Take the oldest receipts owed, each as the JSON of a `schemas.receipt.Receipt`; they are owed no more.

    To be called in the transaction that queues the receipts.v1 content made of them.
    """
    rows = tx.execute(
        "SELECT receipt_seq, receipt FROM receipt_due WHERE partner = ? AND mode = ?"
        " AND lasting = ? ORDER BY receipt_seq LIMIT ?",
        (partner, mode.value, int(lasting), limit),
    ).fetchall()
    if rows:
        tx.execute(
            "DELETE FROM receipt_due WHERE partner = ? AND mode = ? AND lasting = ? AND receipt_seq <= ?",
            (partner, mode.value, int(lasting), rows[-1][0]),
        )
    return tuple(row[1] for row in rows)
