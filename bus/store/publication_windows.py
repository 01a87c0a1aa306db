"""Publications looked through in windows, for what no index finds: a rare kind or mode, what is current."""

import sqlite3
from dataclasses import dataclass

from bus.store import publications
from bus.store.publications import Publication
from schemas.header import Kind, Mode

ROWS = 10_000
"""Rows of one window, which are wide: some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Publications, newest first; `position`: below it is the next look; `more`: whether there is one."""

    messages: tuple[Publication, ...]
    position: int
    more: bool


def look(
    tx: sqlite3.Connection,
    before: int,
    *,
    limit: int,
    kind: Kind | None = None,
    mode: Mode | None = None,
    source_id: str | None = None,
    current: bool = False,
) -> Looked:
    """As `publications.list_newest`, in one window."""
    above = 0
    if source_id is None and (kind is not None or mode is not None or current):
        latest = tx.execute("SELECT max(publication_seq) FROM publication").fetchone()[0] or 0
        before = min(before, latest + 1)
        above = max(0, before - 1 - ROWS)
    found = publications.list_newest(
        tx,
        before=before,
        above=above,
        limit=limit,
        kind=kind,
        mode=mode,
        source_id=source_id,
        current=current,
    )
    if len(found) == limit:
        return Looked(found, found[-1].publication_seq, True)
    return Looked(found, above + 1, above > 0)
