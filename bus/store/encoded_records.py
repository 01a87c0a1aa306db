"""Audit records and receipts that come already encoded: the hot paths write thousands a second.

The same rows as ``audit.append`` and ``receipts.add`` write, without a model for each.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from bus.store.audit import SALT_OCTETS
from schemas.header import Mode


class EncodedRecord(NamedTuple):
    """The exact JSON of an ``AuditRecord`` and the columns it is found by; ``at`` in microseconds."""

    record: bytes
    event: str
    at: int
    message_id: str | None
    publication_id: str | None


def append_audit(
    tx: sqlite3.Connection, records: Sequence[EncodedRecord], randomness: Callable[[int], bytes]
) -> None:
    """Append audit records in this order, each with a salt of its own."""
    if not records:
        return
    salts = randomness(SALT_OCTETS * len(records))
    for start in range(0, len(records), _AT_ONCE):
        values: list[bytes | str | int | None] = []
        part = records[start : start + _AT_ONCE]
        for number, entry in enumerate(part, start):
            values.append(salts[number * SALT_OCTETS : (number + 1) * SALT_OCTETS])
            values.extend(entry)
        tx.execute(_append(len(part)), values)


_AT_ONCE = 32
"""Records in one statement: each statement gives the interpreter away once, and may wait to get it back."""


@cache
def _append(records: int) -> str:
    rows = ", ".join(["(?, ?, ?, ?, ?, ?)"] * records)
    return f"INSERT INTO audit (salt, record, event, at, message_id, publication_id) VALUES {rows}"  # noqa: S608


def add_receipts(tx: sqlite3.Connection, partner: str, mode: Mode, receipts: Sequence[bytes]) -> None:
    """Owe ``partner`` these receipts, each the exact JSON of a ``schemas.receipt.Receipt``."""
    tx.executemany(
        "INSERT INTO receipt_due (partner, mode, receipt) VALUES (?, ?, ?)",
        [(partner, mode.value, receipt) for receipt in receipts],
    )
