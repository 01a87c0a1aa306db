"""Messages of the inbox from one originator: found without looking at any other's, however many those are."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from typing import Any

from bus.store.columns import micros
from bus.store.inbox_expiry import seq_of
from schemas.header import Kind


def from_originator(
    tx: sqlite3.Connection,
    select: str,
    originator: str,
    kinds: Sequence[Kind],
    condition: tuple[str, Sequence[Any]],
    *,
    expires_after: datetime | None,
    newest_first: bool,
) -> Iterator[Any]:
    """Rows of `inbox` from this originator, in order of filing or the newest first.

    Each kind is read in that order as far as it is wanted; what has expired is told by the index alone.
    """
    text, values = condition
    alive, until = "", list[Any]()
    if expires_after is not None:
        alive, until = " AND (expires_at IS NULL OR expires_at > ?)", [micros(expires_after)]
    order = "DESC" if newest_first else "ASC"
    parts = [
        tx.execute(
            f"{select} INDEXED BY inbox_originator WHERE originator = ? AND kind = ?{alive} AND {text}"
            f" ORDER BY inbox_seq {order}",
            (originator, kind.value, *until, *values),
        )
        for kind in kinds
    ]
    return merge(*parts, key=seq_of, reverse=newest_first)
