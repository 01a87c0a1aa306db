"""Incoming lanes: how far each has come, what is missing in it, what became of every delivery.

A serial is accounted for once a delivery with it was recorded or its originator voided it. Gaps are the
serials below the highest accounted one that are not: they are asked for, with a growing pause.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from bus.protocol.history import LaneState, Received
from bus.store.columns import duration_micros, instant, integers_text, micros, reason_or_none
from bus.store.serial_ranges import Range, holes, merged, without
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane


@dataclass(frozen=True, slots=True, order=True)
class LaneKey:
    """One incoming lane."""

    originator: str
    mode: Mode
    lane: Lane
    epoch: int


class Arrival(NamedTuple):
    """What became of one delivery whose signature verified."""

    serial: int
    digest: str
    message_id: str | None
    outcome: Literal["admitted", "refused", "held"]
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class GapChange:
    """Ranges newly seen to be missing, and those no longer missing."""

    noticed: tuple[Range, ...] = ()
    closed: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing serials `first`..`last` of a lane, and how often they were asked for."""

    key: LaneKey
    first: int
    last: int
    noticed_at: datetime
    asked_count: int


@dataclass(frozen=True, slots=True)
class AskPolicy:
    """The pause after the n-th request for a gap: `first`, doubled each time, at most `ceiling`."""

    first: timedelta = timedelta(seconds=10)
    ceiling: timedelta = timedelta(minutes=15)


class StoredHistory:
    """The `bus.protocol.inbound.History` port over the store, for use inside one transaction."""

    def __init__(self, tx: sqlite3.Connection) -> None:
        self._tx = tx

    def lane(self, originator: str, mode: str, lane: str, epoch: int) -> LaneState:
        """State of one lane; a lane never seen is LaneState()."""
        key = LaneKey(originator, Mode(mode), Lane(lane), epoch)
        highest, filed = _reached(self._tx, key)
        if highest == 0:
            return LaneState()
        return LaneState(highest, missing(self._tx, key), filed)

    def received(
        self, originator: str, mode: str, lane: str, epoch: int, serials: Sequence[int]
    ) -> Mapping[int, Received]:
        """What was recorded for these serials; unknown ones are absent, voided ones too."""
        return {
            row[0]: Received(row[1], row[2], reason_or_none(row[3]))
            for row in self._tx.execute(
                "SELECT serial, digest, outcome, reason FROM received WHERE originator = ? AND mode = ?"
                " AND lane = ? AND epoch = ? AND serial IN (SELECT value FROM json_each(?))",
                (originator, mode, lane, epoch, integers_text(serials)),
            )
        }

    def message_digests(self, originator: str, message_ids: Sequence[str]) -> Mapping[str, str]:
        """Digest of each of these messages of the originator that stands in the inbox."""
        return dict(
            self._tx.execute(
                "SELECT message_id, digest FROM inbox WHERE originator = ?"
                " AND message_id IN (SELECT value FROM json_each(?))",
                (originator, json.dumps(list(message_ids))),
            )
        )


def record(
    tx: sqlite3.Connection,
    key: LaneKey,
    arrivals: Sequence[Arrival],
    now: datetime,
    patience: timedelta = timedelta(0),
) -> GapChange:
    """Record deliveries of one lane and account for their serials.

    A record of the same serial and digest moves from held or refused to what it became; an admitted one
    stays. A record with another digest is never touched: the caller reports the equivocation. New gaps are
    asked for after `patience`.
    """
    place = _columns(key)
    tx.executemany(
        "INSERT INTO received (originator, mode, lane, epoch, serial, digest, message_id, outcome, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET outcome = excluded.outcome,"
        " reason = excluded.reason WHERE outcome <> 'admitted' AND digest = excluded.digest",
        [
            (*place, serial, digest, message_id, outcome, None if reason is None else reason.value)
            for serial, digest, message_id, outcome, reason in arrivals
        ],
    )
    filed = max((arrival.serial for arrival in arrivals if arrival.outcome == "admitted"), default=0)
    runs = [(arrival.serial, arrival.serial) for arrival in arrivals]
    return _account(tx, key, runs, now, patience, filed)


def record_void(
    tx: sqlite3.Connection,
    key: LaneKey,
    ranges: Iterable[Range],
    now: datetime,
    patience: timedelta = timedelta(0),
) -> GapChange:
    """The originator will not send these serials (again): stop waiting for them.

    They need not lie below the highest one seen; the caller bounds how far ahead they may lie.
    """
    return _account(tx, key, ranges, now, patience)


def missing(tx: sqlite3.Connection, key: LaneKey) -> tuple[Range, ...]:
    """The gaps of a lane, in order."""
    return tuple(
        tx.execute(
            "SELECT first, last FROM lane_gap WHERE originator = ? AND mode = ? AND lane = ? AND epoch = ?"
            " ORDER BY first",
            _columns(key),
        )
    )


def gaps_to_ask(tx: sqlite3.Connection, now: datetime, limit: int = 100) -> tuple[Gap, ...]:
    """Gaps whose time to be asked for has come, longest due first."""
    return tuple(
        Gap(LaneKey(row[0], Mode(row[1]), Lane(row[2]), row[3]), row[4], row[5], instant(row[6]), row[7])
        for row in tx.execute(
            "SELECT originator, mode, lane, epoch, first, last, noticed_at, asked_count FROM lane_gap"
            " WHERE ask_at <= ? ORDER BY ask_at, originator, mode, lane, epoch, first LIMIT ?",
            (micros(now), limit),
        )
    )


def mark_asked(tx: sqlite3.Connection, gaps: Iterable[Gap], now: datetime, policy: AskPolicy) -> None:
    """These gaps were asked for now; they come up again after the policy's pause."""
    tx.executemany(
        "UPDATE lane_gap SET asked_count = asked_count + 1,"
        " ask_at = ? + min(? << min(asked_count, 20), ?)"
        " WHERE originator = ? AND mode = ? AND lane = ? AND epoch = ? AND first = ?",
        [
            (
                micros(now),
                duration_micros(policy.first),
                duration_micros(policy.ceiling),
                *_columns(gap.key),
                gap.first,
            )
            for gap in gaps
        ],
    )


def count_missing(tx: sqlite3.Connection) -> Mapping[str, int]:
    """How many serials are missing, by originator; for metrics and the list of partners."""
    return dict(tx.execute("SELECT originator, sum(last - first + 1) FROM lane_gap GROUP BY originator"))


def _account(
    tx: sqlite3.Connection,
    key: LaneKey,
    ranges: Iterable[Range],
    now: datetime,
    patience: timedelta,
    filed: int = 0,
) -> GapChange:
    runs = merged(ranges)
    if not runs:
        return GapChange()
    before, filed_before = _reached(tx, key)
    highest, noticed = holes(before, runs)
    closed = _shrink(tx, key, runs) if runs[0][0] < before else []
    if highest != before or filed > filed_before:
        tx.execute(
            "INSERT INTO lane_in (originator, mode, lane, epoch, highest, filed) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET highest = excluded.highest, filed = excluded.filed",
            (*_columns(key), highest, max(filed, filed_before)),
        )
    if noticed:
        at = micros(now)
        _insert_gaps(tx, key, [(*gap, at, at + duration_micros(patience), 0) for gap in noticed])
    return GapChange(tuple(noticed), tuple(closed))


def _shrink(tx: sqlite3.Connection, key: LaneKey, runs: Sequence[Range]) -> list[Range]:
    """Take `runs` out of the recorded gaps; the ranges taken out. What is left keeps its requests' count."""
    touched = tx.execute(
        "SELECT first, last, noticed_at, ask_at, asked_count FROM lane_gap WHERE originator = ? AND mode = ?"
        " AND lane = ? AND epoch = ? AND first <= ? AND last >= ? ORDER BY first",
        (*_columns(key), runs[-1][1], runs[0][0]),
    ).fetchall()
    closed: list[Range] = []
    for first, last, noticed_at, ask_at, asked_count in touched:
        left = without((first, last), runs)
        if left == [(first, last)]:
            continue
        closed += without((first, last), left)
        tx.execute(
            "DELETE FROM lane_gap WHERE originator = ? AND mode = ? AND lane = ? AND epoch = ? AND first = ?",
            (*_columns(key), first),
        )
        _insert_gaps(tx, key, [(*piece, noticed_at, ask_at, asked_count) for piece in left])
    return closed


def _insert_gaps(
    tx: sqlite3.Connection, key: LaneKey, gaps: Iterable[tuple[int, int, int, int, int]]
) -> None:
    tx.executemany(
        "INSERT INTO lane_gap (originator, mode, lane, epoch, first, last, noticed_at, ask_at, asked_count)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*_columns(key), *gap) for gap in gaps],
    )


def _reached(tx: sqlite3.Connection, key: LaneKey) -> tuple[int, int]:
    """The highest serial accounted for and the highest admitted; 0 for none."""
    row: tuple[int, int] | None = tx.execute(
        "SELECT highest, filed FROM lane_in WHERE originator = ? AND mode = ? AND lane = ? AND epoch = ?",
        _columns(key),
    ).fetchone()
    return row or (0, 0)


def _columns(key: LaneKey) -> tuple[str, str, str, int]:
    return (key.originator, key.mode.value, key.lane.value, key.epoch)
