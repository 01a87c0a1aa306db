"""How much of one lane may be missing at once: an originator names its serials itself, and may name any.

Without bounds it could make a recipient keep, and look through, any number of gaps of 2**53 serials each.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from bus.store.serial_ranges import Range

GAPS = 256
"""Gaps kept of one lane, in all its epochs; the oldest of an epoch become one, which spans what came between
them too: it is asked for with them, and told apart when it comes."""
SERIALS = 100_000
"""Serials missing of one lane, in all its epochs; older ones are given up. What has no receipt comes again
without being asked for."""


class OpenGap(NamedTuple):
    """A row of the table of gaps, but for its lane."""

    epoch: int
    first: int
    last: int
    noticed_at: int
    ask_at: int
    asked_count: int


def newest(gaps: Sequence[Range]) -> list[Range]:
    """At most `GAPS` of these sorted ranges: the oldest become one."""
    found = list(gaps[-GAPS:])
    if len(gaps) > GAPS:
        found[0] = (gaps[0][0], found[0][1])
    return found


def bounded(gaps: Sequence[OpenGap]) -> list[OpenGap]:
    """What is kept of these gaps of one lane, newest first, and given in that order."""
    kept: list[OpenGap] = []
    room = SERIALS
    for gap in gaps:
        if len(kept) < GAPS:
            kept.append(gap)
        elif gap.epoch == kept[-1].epoch:
            kept[-1] = _joined(gap, kept[-1])
        else:
            break
    found: list[OpenGap] = []
    for gap in kept:
        if room <= 0:
            break
        first = max(gap.first, gap.last - room + 1)
        room -= gap.last - first + 1
        found.append(gap._replace(first=first))
    return found


def _joined(older: OpenGap, newer: OpenGap) -> OpenGap:
    return OpenGap(
        newer.epoch,
        older.first,
        newer.last,
        min(older.noticed_at, newer.noticed_at),
        min(older.ask_at, newer.ask_at),
        max(older.asked_count, newer.asked_count),
    )


def bound(tx: sqlite3.Connection, place: tuple[str, str, str]) -> int:
    """Keep the gaps of one lane (originator, mode, lane) within bounds; how many serials were given up."""
    rows = [
        OpenGap(*row)
        for row in tx.execute(
            "SELECT epoch, first, last, noticed_at, ask_at, asked_count FROM lane_gap"
            " WHERE originator = ? AND mode = ? AND lane = ? ORDER BY epoch DESC, first DESC",
            place,
        )
    ]
    kept = bounded(rows)
    if kept == rows:
        return 0
    before, after = set(rows), set(kept)
    tx.executemany(
        "DELETE FROM lane_gap WHERE originator = ? AND mode = ? AND lane = ? AND epoch = ? AND first = ?",
        [(*place, row.epoch, row.first) for row in before - after],
    )
    tx.executemany(
        "INSERT INTO lane_gap (originator, mode, lane, epoch, first, last, noticed_at, ask_at, asked_count)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*place, *row) for row in after - before],
    )
    return max(0, _serials(rows) - _serials(kept))


def _serials(rows: Sequence[OpenGap]) -> int:
    return sum(row.last - row.first + 1 for row in rows)
