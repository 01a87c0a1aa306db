"""What is wrong with incoming lanes at present: one row per alarm, gone when it is over."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.lane_health import LaneAlarm
from bus.store.columns import instant, micros
from schemas.header import Mode
from schemas.wire import Lane

MOST = 1 << 53
"""Evidence is counted no further."""


@dataclass(frozen=True, slots=True, order=True)
class LanePlace:
    """One incoming lane, in all its epochs."""

    originator: str
    mode: Mode
    lane: Lane


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that stands. ``count``: how much evidence there was, in serials, deliveries or bundles."""

    place: LanePlace
    alarm: LaneAlarm
    since: datetime
    last_at: datetime
    count: int


def note(tx: sqlite3.Connection, place: LanePlace, alarm: LaneAlarm, now: datetime, count: int) -> bool:
    """More evidence for an alarm (``count`` is added); whether it stands only since now."""
    values = (place.originator, place.mode.value, place.lane.value, alarm.value)
    count = min(count, MOST)
    known = tx.execute(
        "UPDATE lane_alarm SET last_at = max(last_at, ?), count = min(count + ?, 1 << 53)"
        " WHERE originator = ? AND mode = ? AND lane = ? AND alarm = ?",
        (micros(now), count, *values),
    ).rowcount
    if known:
        return False
    tx.execute(
        "INSERT INTO lane_alarm (originator, mode, lane, alarm, since, last_at, count)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*values, micros(now), micros(now), count),
    )
    return True


def measure(tx: sqlite3.Connection, standing: StandingAlarm, now: datetime, count: int) -> None:
    """An alarm still stands, with so much evidence now."""
    place = standing.place
    tx.execute(
        "UPDATE lane_alarm SET last_at = ?, count = ?"
        " WHERE originator = ? AND mode = ? AND lane = ? AND alarm = ?",
        (
            micros(now),
            min(count, MOST),
            place.originator,
            place.mode.value,
            place.lane.value,
            standing.alarm.value,
        ),
    )


def clear(tx: sqlite3.Connection, place: LanePlace, alarm: LaneAlarm) -> bool:
    """The alarm is over; whether it stood."""
    return (
        tx.execute(
            "DELETE FROM lane_alarm WHERE originator = ? AND mode = ? AND lane = ? AND alarm = ?",
            (place.originator, place.mode.value, place.lane.value, alarm.value),
        ).rowcount
        > 0
    )


def standing(
    tx: sqlite3.Connection, alarms: Iterable[LaneAlarm] = tuple(LaneAlarm)
) -> tuple[StandingAlarm, ...]:
    """The alarms that stand, by partner, mode, lane and name."""
    wanted = set(alarms)
    return tuple(
        StandingAlarm(
            LanePlace(row[0], Mode(row[1]), Lane(row[2])),
            LaneAlarm(row[3]),
            instant(row[4]),
            instant(row[5]),
            row[6],
        )
        for row in tx.execute(
            "SELECT originator, mode, lane, alarm, since, last_at, count FROM lane_alarm"
            " ORDER BY originator, mode, lane, alarm"
        )
        if LaneAlarm(row[3]) in wanted
    )


def count(tx: sqlite3.Connection) -> int:
    """How many alarms stand."""
    return int(tx.execute("SELECT count(*) FROM lane_alarm").fetchone()[0])
