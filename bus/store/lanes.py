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
from bus.protocol.lane_health import out_of_order
from bus.store.columns import duration_micros, instant, integers_text, micros, reason_or_none
from bus.store.lane_bounds import bound, newest
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
    """Ranges newly seen to be missing, and those no longer missing.

    ``out_of_order``: so many serials came behind later ones in bundles that were signed before theirs.
    ``given_up``: so many that were missing are waited for no more, because too many are (``lane_bounds``).
    """

    noticed: tuple[Range, ...] = ()
    closed: tuple[Range, ...] = ()
    out_of_order: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing serials `first`..`last` of a lane, and how often they were asked for."""

    key: LaneKey
    first: int
    last: int
    noticed_at: datetime
    asked_count: int
    ask_at: datetime | None = None

    def asked_at(self, policy: "AskPolicy") -> datetime:
        """When it was asked for last; when it was noticed, before the first time."""
        if self.asked_count == 0 or self.ask_at is None:
            return self.noticed_at
        return self.ask_at - min(policy.first * (1 << min(self.asked_count - 1, 20)), policy.ceiling)


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
        highest, filed, _ = reached(self._tx, key)
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
    *,
    signed_at: datetime | None = None,
    again_after: timedelta = timedelta(seconds=30),
) -> GapChange:
    """Record deliveries of one lane and account for their serials.

    A record of the same serial and digest moves from held or refused to what it became; an admitted one
    stays. A record with another digest is never touched: the caller reports the equivocation. New gaps are
    asked for after `patience`; what is left of one that begins to fill, `again_after` the last that came.
    `signed_at`: when their root was signed, by the originator's clock; None when they were kept back here.
    """
    place = columns(key)
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
    return _account(tx, key, runs, now, patience, filed, _Arrived(signed_at, now + again_after))


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
            columns(key),
        )
    )


def gaps_to_ask(tx: sqlite3.Connection, now: datetime, limit: int = 100) -> tuple[Gap, ...]:
    """Gaps whose time to be asked for has come, longest due first; originators take turns."""
    return tuple(
        map(
            _gap,
            tx.execute(
                "SELECT originator, mode, lane, epoch, first, last, noticed_at, asked_count, ask_at FROM"
                " (SELECT *, row_number() OVER (PARTITION BY originator ORDER BY ask_at) AS turn"
                " FROM lane_gap INDEXED BY lane_gap_ask WHERE ask_at <= ?)"
                " ORDER BY turn, ask_at, originator, mode, lane, epoch, first LIMIT ?",
                (micros(now), limit),
            ),
        )
    )


def asked_often(tx: sqlite3.Connection, times: int) -> tuple[Gap, ...]:
    """Gaps that were asked for, at least so often, by lane."""
    asked = "INDEXED BY lane_gap_asked WHERE asked_count > 0 AND asked_count >= ?"
    order = "ORDER BY originator, mode, lane, epoch, first"
    return tuple(map(_gap, tx.execute(f"{_GAPS} {asked} {order}", (times,))))


_GAPS = "SELECT originator, mode, lane, epoch, first, last, noticed_at, asked_count, ask_at FROM lane_gap"


def _gap(row: tuple[str, str, str, int, int, int, int, int, int]) -> Gap:
    key = LaneKey(row[0], Mode(row[1]), Lane(row[2]), row[3])
    return Gap(key, row[4], row[5], instant(row[6]), row[7], instant(row[8]))


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
                *columns(gap.key),
                gap.first,
            )
            for gap in gaps
        ],
    )


def count_missing(tx: sqlite3.Connection) -> Mapping[str, int]:
    """How many serials are missing, by originator; for metrics and the list of partners."""
    found = tx.execute(f"SELECT originator, {MISSING} FROM lane_gap GROUP BY originator")  # noqa: S608
    return dict(found)


MISSING = "CAST(min(total(last - first + 1), 9007199254740991) AS INTEGER)"
"""A sum that cannot overflow: a store may hold gaps from before they were bounded."""


class _Arrived(NamedTuple):
    """Of serials that came: when their root was signed, and when to ask again for the rest of their gap."""

    signed_at: datetime | None
    ask_at: datetime


def _account(
    tx: sqlite3.Connection,
    key: LaneKey,
    ranges: Iterable[Range],
    now: datetime,
    patience: timedelta,
    filed: int = 0,
    arrived: _Arrived | None = None,
) -> GapChange:
    runs = merged(ranges)
    if not runs:
        return GapChange()
    before, filed_before, signed_before = reached(tx, key)
    highest, noticed = holes(before, runs)
    closed = _shrink(tx, key, runs, arrived) if runs[0][0] <= before else []
    signed_at = micros(arrived.signed_at) if arrived is not None and arrived.signed_at is not None else 0
    if highest != before or filed > filed_before:
        signed = signed_at or signed_before if highest != before else signed_before
        keep(tx, key, highest, max(filed, filed_before), signed)
    if noticed:
        noticed = newest(noticed)
        at = micros(now)
        insert_gaps(tx, key, [(*gap, at, at + duration_micros(patience), 0) for gap in noticed])
    given_up = bound(tx, place_of(key)) if noticed or closed else 0
    swapped = 0
    if closed and out_of_order(
        arrived and arrived.signed_at, instant(signed_before) if signed_before else None
    ):
        swapped = sum(last - first + 1 for first, last in closed)
    return GapChange(tuple(noticed), tuple(closed), swapped, given_up)


def keep(tx: sqlite3.Connection, key: LaneKey, highest: int, filed: int, signed_at: int) -> None:
    """Record how far a lane has come; ``signed_at`` in microseconds, 0 for unknown."""
    tx.execute(
        "INSERT INTO lane_in (originator, mode, lane, epoch, highest, filed, signed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET highest = excluded.highest,"
        " filed = excluded.filed, signed_at = excluded.signed_at",
        (*columns(key), highest, filed, signed_at),
    )


def _shrink(
    tx: sqlite3.Connection, key: LaneKey, runs: Sequence[Range], arrived: _Arrived | None
) -> list[Range]:
    """Take `runs` out of the recorded gaps; the ranges taken out.

    What is left keeps its requests' count; where some of it came, it was not asked for in vain.
    """
    touched = tx.execute(
        "SELECT first, last, noticed_at, ask_at, asked_count FROM lane_gap WHERE originator = ? AND mode = ?"
        " AND lane = ? AND epoch = ? AND first <= ? AND last >= ? ORDER BY first",
        (*columns(key), runs[-1][1], runs[0][0]),
    ).fetchall()
    closed: list[Range] = []
    for first, last, noticed_at, ask_at, asked_count in touched:
        left = without((first, last), runs)
        if left == [(first, last)]:
            continue
        closed += without((first, last), left)
        tx.execute(
            "DELETE FROM lane_gap WHERE originator = ? AND mode = ? AND lane = ? AND epoch = ? AND first = ?",
            (*columns(key), first),
        )
        if arrived is not None and asked_count:
            ask_at, asked_count = micros(arrived.ask_at), 1
        insert_gaps(tx, key, [(*piece, noticed_at, ask_at, asked_count) for piece in left])
    return closed


def insert_gaps(tx: sqlite3.Connection, key: LaneKey, gaps: Iterable[tuple[int, int, int, int, int]]) -> None:
    """Record ranges that are missing: first, last, noticed_at, ask_at, asked_count."""
    tx.executemany(
        "INSERT INTO lane_gap (originator, mode, lane, epoch, first, last, noticed_at, ask_at, asked_count)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*columns(key), *gap) for gap in gaps],
    )


def reached(tx: sqlite3.Connection, key: LaneKey) -> tuple[int, int, int]:
    """The highest serial accounted for, the highest admitted, and when the former was signed; 0 for none."""
    row: tuple[int, int, int] | None = tx.execute(
        "SELECT highest, filed, signed_at FROM lane_in"
        " WHERE originator = ? AND mode = ? AND lane = ? AND epoch = ?",
        columns(key),
    ).fetchone()
    return row or (0, 0, 0)


def place_of(key: LaneKey) -> tuple[str, str, str]:
    """A lane in all its epochs, as it stands in columns."""
    return (key.originator, key.mode.value, key.lane.value)


def columns(key: LaneKey) -> tuple[str, str, str, int]:
    """A lane as it stands in columns."""
    return (key.originator, key.mode.value, key.lane.value, key.epoch)
