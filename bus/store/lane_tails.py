"""What lane heads say of incoming lanes, beside what came: tails still to come, or lost (design 4)."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.lane_heads import SeenEpoch
from bus.store.columns import instant, micros
from bus.store.lane_bounds import bound
from bus.store.lanes import MISSING, GapChange, LaneKey, columns, insert_gaps, keep, place_of, reached
from schemas.header import Mode
from schemas.wire import Lane


def announce(tx: sqlite3.Connection, key: LaneKey, serial: int) -> None:
    """A lane head says that serials up to this one were given."""
    tx.execute(
        "INSERT INTO lane_in (originator, mode, lane, epoch, highest, announced) VALUES (?, ?, ?, ?, 0, ?)"
        " ON CONFLICT DO UPDATE SET announced = max(announced, excluded.announced)",
        (*columns(key), serial),
    )


TAIL_EPOCHS = 2
"""Epochs of a lane, the newest, whose tails are looked at: what was lost before comes in a later epoch."""


def tails(tx: sqlite3.Connection) -> Mapping[LaneKey, tuple[int, int]]:
    """Lanes of which more was announced than came, in their newest epochs: the highest serial accounted for,
    and the one announced. No originator hides another's, however many epochs it names.
    """
    found: dict[LaneKey, tuple[int, int]] = {}
    originator = ""
    while originator := _next_with_tails(tx, originator):
        for mode in Mode:
            for lane in Lane:
                for epoch, highest, announced in tx.execute(
                    f"SELECT epoch, highest, announced FROM {_TAILS}"  # noqa: S608 - fixed texts
                    " AND originator = ? AND mode = ? AND lane = ? ORDER BY epoch DESC LIMIT ?",
                    (originator, mode.value, lane.value, TAIL_EPOCHS),
                ):
                    found[LaneKey(originator, mode, lane, epoch)] = (highest, announced)
    return found


def _next_with_tails(tx: sqlite3.Connection, originator: str) -> str:
    (found,) = tx.execute(
        f"SELECT min(originator) FROM {_TAILS} AND originator > ?",  # noqa: S608 - fixed texts
        (originator,),
    ).fetchone()
    return found or ""


_TAILS = "lane_in INDEXED BY lane_in_tail WHERE announced > highest"


def miss_tail(tx: sqlite3.Connection, key: LaneKey, announced: int, now: datetime) -> GapChange:
    """Serials up to ``announced`` are missing from now on, and asked for."""
    highest, filed, signed_at = reached(tx, key)
    if announced <= highest:
        return GapChange()
    keep(tx, key, announced, filed, signed_at)
    at = micros(now)
    insert_gaps(tx, key, [(highest + 1, announced, at, at, 0)])
    return GapChange(((highest + 1, announced),), given_up=bound(tx, place_of(key)))


EPOCHS_LOOKED_AT = 8


def seen(
    tx: sqlite3.Connection, originator: str, mode: Mode, epochs: Iterable[int] = ()
) -> Mapping[Lane, Sequence[SeenEpoch]]:
    """What was seen of an originator's lanes in one mode: in the newest epochs of each, and in these.

    However many epochs an originator names, only so many are looked at.
    """
    found: dict[Lane, dict[int, SeenEpoch]] = {}
    for lane in Lane:
        place = (originator, mode.value, lane.value)
        rows = tx.execute(f"{_SEEN} ORDER BY epoch DESC LIMIT ?", (*place, EPOCHS_LOOKED_AT)).fetchall()
        for epoch in epochs:
            rows += tx.execute(f"{_SEEN} AND epoch = ?", (*place, epoch))
        for epoch, highest, signed_at in rows:
            each = SeenEpoch(epoch, highest, instant(signed_at) if signed_at else None)
            found.setdefault(lane, {})[epoch] = each
    return {lane: tuple(each.values()) for lane, each in found.items()}


_SEEN = "SELECT epoch, highest, signed_at FROM lane_in WHERE originator = ? AND mode = ? AND lane = ?"


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


def incoming(tx: sqlite3.Connection, originators: Iterable[str]) -> tuple[LaneIn, ...]:
    """The lanes of these originators that were heard of, by originator, mode and lane."""
    gaps: dict[tuple[str, str, str], int] = {
        (row[0], row[1], row[2]): row[3]
        for row in tx.execute(
            f"SELECT originator, mode, lane, {MISSING} FROM lane_gap"  # noqa: S608 - fixed texts
            " GROUP BY originator, mode, lane"
        )
    }
    found: list[LaneIn] = []
    for originator in sorted(originators):
        for mode in sorted(Mode):
            for lane in sorted(Lane):
                place = (originator, mode.value, lane.value)
                row = tx.execute(
                    "SELECT epoch, highest, max(announced, highest) FROM lane_in"
                    " WHERE originator = ? AND mode = ? AND lane = ? ORDER BY epoch DESC LIMIT 1",
                    place,
                ).fetchone()
                if row is not None:
                    found.append(LaneIn(originator, mode, lane, row[0], row[1], row[2], gaps.get(place, 0)))
    return tuple(found)
