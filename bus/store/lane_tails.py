"""What lane heads say of incoming lanes, beside what came: tails still to come, or lost (design 4)."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.lane_heads import SeenEpoch
from bus.store.columns import instant, micros
from bus.store.lanes import GapChange, LaneKey, columns, insert_gaps, keep, reached
from schemas.header import Mode
from schemas.wire import Lane


def announce(tx: sqlite3.Connection, key: LaneKey, serial: int) -> None:
    """A lane head says that serials up to this one were given."""
    tx.execute(
        "INSERT INTO lane_in (originator, mode, lane, epoch, highest, announced) VALUES (?, ?, ?, ?, 0, ?)"
        " ON CONFLICT DO UPDATE SET announced = max(announced, excluded.announced)",
        (*columns(key), serial),
    )


def tails(tx: sqlite3.Connection) -> Mapping[LaneKey, tuple[int, int]]:
    """Lanes of which more was announced than came: the highest serial accounted for, and the one
    announced.
    """
    return {
        LaneKey(row[0], Mode(row[1]), Lane(row[2]), row[3]): (row[4], row[5])
        for row in tx.execute(
            "SELECT originator, mode, lane, epoch, highest, announced FROM lane_in WHERE announced > highest"
        )
    }


def miss_tail(tx: sqlite3.Connection, key: LaneKey, announced: int, now: datetime) -> GapChange:
    """Serials up to ``announced`` are missing from now on, and asked for."""
    highest, filed, signed_at = reached(tx, key)
    if announced <= highest:
        return GapChange()
    keep(tx, key, announced, filed, signed_at)
    at = micros(now)
    insert_gaps(tx, key, [(highest + 1, announced, at, at, 0)])
    return GapChange(((highest + 1, announced),))


def seen(tx: sqlite3.Connection, originator: str, mode: Mode) -> Mapping[Lane, Sequence[SeenEpoch]]:
    """What was seen of an originator's lanes in one mode, epoch by epoch."""
    found: dict[Lane, list[SeenEpoch]] = {}
    for lane, epoch, highest, signed_at in tx.execute(
        "SELECT lane, epoch, highest, signed_at FROM lane_in WHERE originator = ? AND mode = ?",
        (originator, mode.value),
    ):
        each = SeenEpoch(epoch, highest, instant(signed_at) if signed_at else None)
        found.setdefault(Lane(lane), []).append(each)
    return found


@dataclass(frozen=True, slots=True)
class LaneIn:
    """How an incoming lane stands, in its newest epoch; ``missing``: serials, in all its epochs."""

    originator: str
    mode: Mode
    lane: Lane
    epoch: int
    highest: int
    announced: int
    missing: int


def incoming(tx: sqlite3.Connection) -> tuple[LaneIn, ...]:
    """Every incoming lane, by originator, mode and lane."""
    gaps: dict[tuple[str, str, str], int] = {
        (row[0], row[1], row[2]): row[3]
        for row in tx.execute(
            "SELECT originator, mode, lane, sum(last - first + 1) FROM lane_gap"
            " GROUP BY originator, mode, lane"
        )
    }
    return tuple(
        LaneIn(row[0], Mode(row[1]), Lane(row[2]), row[3], row[4], row[5], gaps.get(row[:3], 0))
        # A bare column beside max() is that of the row with the maximum (SQLite).
        for row in tx.execute(
            "SELECT originator, mode, lane, max(epoch), highest, max(announced, highest) FROM lane_in"
            " GROUP BY originator, mode, lane ORDER BY originator, mode, lane"
        )
    )
