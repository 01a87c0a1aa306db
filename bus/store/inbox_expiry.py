"""Messages of the inbox that have not expired: found by what is alive, however much has expired."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from typing import Any

from bus.store.columns import among, micros
from schemas.header import Kind

SEQ = 21
"""Where `inbox_seq` stands in a row."""


def unexpired(
    tx: sqlite3.Connection,
    select: str,
    kinds: Sequence[Kind],
    expires_after: datetime,
    condition: tuple[str, Sequence[Any]],
    *,
    newest_first: bool,
) -> Iterator[Any]:
    """Rows of `inbox` of these kinds that expire later, or never, in order of filing or the newest first.

    What never expires is read in that order, kind by kind, as far as it is wanted; of what expires, the
    numbers of all that is alive.
    """
    text, values = condition
    order = "DESC" if newest_first else "ASC"
    parts: list[Iterator[Any]] = [
        tx.execute(
            f"{select} INDEXED BY inbox_expiry WHERE kind = ? AND expires_at IS NULL AND {text}"
            f" ORDER BY inbox_seq {order}",
            (kind.value, *values),
        )
        for kind in kinds
    ]
    if kinds:
        parts.append(
            tx.execute(
                f"{select} NOT INDEXED WHERE inbox_seq IN (SELECT inbox_seq FROM inbox"  # noqa: S608
                f" INDEXED BY inbox_expiry WHERE {among('kind', kinds)} AND expires_at > ?) AND {text}"
                f" ORDER BY inbox_seq {order}",
                (*[kind.value for kind in kinds], micros(expires_after), *values),
            )
        )
    return merge(*parts, key=seq_of, reverse=newest_first)


def seq_of(row: Any) -> int:
    """The `inbox_seq` of a row, by which rows are merged."""
    return int(row[SEQ])
