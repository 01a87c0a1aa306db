"""Lane heads: what the last one to each partner said, and what partners' newest ones were."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.store.columns import instant, instant_or_none, micros
from bus.store.epochs import store_epoch
from schemas.header import Mode
from schemas.wire import Lane

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class LanesOut:
    """The epoch and the highest serial given in each lane to one recipient in one mode; serial 0 for none."""

    recipient: str
    mode: Mode
    reached: Mapping[Lane, tuple[int, int]]

    @property
    def epoch(self) -> int:
        """The newest epoch of the three."""
        return max(epoch for epoch, _ in self.reached.values())

    @property
    def serials(self) -> tuple[int, int, int]:
        """The highest serials of urgent, normal and control."""
        return self.reached[Lane.URGENT][1], self.reached[Lane.NORMAL][1], self.reached[Lane.CONTROL][1]


@dataclass(frozen=True, slots=True)
class HeadSent:
    """The last head to a partner in one mode: when it was made, what it said, its delivery's ``state``."""

    epoch: int
    serials: tuple[int, int, int]
    made_at: datetime
    delivery_seq: int
    state: str | None


@dataclass(frozen=True, slots=True)
class HeadHeard:
    """The newest head of a partner in one mode. ``at``: by its own clock, never ahead of ours; before the
    first one, since when it is waited for. ``stated_at``: when we last told it what we have seen.
    """

    at: datetime
    next_within: timedelta
    heard_at: datetime | None
    stated_at: datetime | None


def lanes_out(tx: sqlite3.Connection) -> Mapping[tuple[str, Mode], LanesOut]:
    """Every recipient and mode that was ever sent anything in the present epochs."""
    first = (store_epoch(tx), 0)
    found: dict[tuple[str, Mode], dict[Lane, tuple[int, int]]] = {}
    for recipient, mode, lane, epoch, next_serial in tx.execute(
        "SELECT recipient, mode, lane, epoch, next_serial FROM lane_out"
    ):
        lanes = found.setdefault((recipient, Mode(mode)), dict.fromkeys(Lane, first))
        lanes[Lane(lane)] = (epoch, next_serial - 1)
    return {place: LanesOut(*place, lanes) for place, lanes in found.items()}


def sent(tx: sqlite3.Connection) -> Mapping[tuple[str, Mode], HeadSent]:
    """The last head to every partner and mode."""
    return {
        (row[0], Mode(row[1])): HeadSent(row[2], (row[3], row[4], row[5]), instant(row[6]), row[7], row[8])
        for row in tx.execute(
            "SELECT h.recipient, h.mode, h.epoch, h.urgent, h.normal, h.control, h.made_at, h.delivery_seq,"
            " d.state FROM head_out h LEFT JOIN delivery d USING (delivery_seq)"
        )
    }


def note_sent(tx: sqlite3.Connection, lanes: LanesOut, now: datetime, delivery_seq: int) -> None:
    """This head was queued now; the one before is forgotten, its content too."""
    row = tx.execute(
        "SELECT delivery_seq, content_id FROM head_out JOIN delivery USING (delivery_seq)"
        " WHERE head_out.recipient = ? AND head_out.mode = ?",
        (lanes.recipient, lanes.mode.value),
    ).fetchone()
    if row is not None:
        tx.execute("DELETE FROM delivery WHERE delivery_seq = ?", (row[0],))
        tx.execute("DELETE FROM content WHERE content_id = ?", (row[1],))
    tx.execute(
        "INSERT OR REPLACE INTO head_out (recipient, mode, epoch, urgent, normal, control, made_at,"
        " delivery_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (lanes.recipient, lanes.mode.value, lanes.epoch, *lanes.serials, micros(now), delivery_seq),
    )


def queue(tx: sqlite3.Connection, content_id: int, recipient: str, mode: Mode) -> int:
    """Queue a head's content for its recipient; it gets no receipt. Its `delivery_seq`."""
    cursor = tx.execute(
        "INSERT INTO delivery (content_id, recipient, mode, lane, precedence_rank, state, awaits_receipt)"
        " VALUES (?, ?, ?, ?, 0, 'queued', 0)",
        (content_id, recipient, mode.value, Lane.CONTROL.value),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def heard(tx: sqlite3.Connection) -> Mapping[tuple[str, Mode], HeadHeard]:
    """The newest head of every partner and mode, or since when the first is waited for."""
    return {
        (row[0], Mode(row[1])): HeadHeard(
            instant(row[2]), timedelta(seconds=row[3]), instant_or_none(row[4]), instant_or_none(row[5])
        )
        for row in tx.execute("SELECT originator, mode, at, next_within, heard_at, stated_at FROM head_in")
    }


def newest(tx: sqlite3.Connection, originator: str, mode: Mode) -> HeadHeard | None:
    """The newest head of one partner in one mode."""
    row = tx.execute(
        "SELECT at, next_within, heard_at, stated_at FROM head_in WHERE originator = ? AND mode = ?",
        (originator, mode.value),
    ).fetchone()
    if row is None:
        return None
    return HeadHeard(
        instant(row[0]), timedelta(seconds=row[1]), instant_or_none(row[2]), instant_or_none(row[3])
    )


def wait_for(
    tx: sqlite3.Connection, originators: Iterable[str], mode: Mode, within: timedelta, now: datetime
) -> None:
    """From now on the first head of these is waited for; who is waited for already stays as it is."""
    tx.executemany(
        "INSERT INTO head_in (originator, mode, at, next_within) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (originator, mode.value, micros(now), max(1, round(within.total_seconds())))
            for originator in originators
        ],
    )


def note_heard(
    tx: sqlite3.Connection, originator: str, mode: Mode, at: datetime, next_within: int, now: datetime
) -> None:
    """A head came that was made ``at``. One older than the newest only shows that something comes."""
    tx.execute(
        "INSERT INTO head_in (originator, mode, at, next_within, heard_at)"
        " VALUES (:o, :m, :at, :within, :now) ON CONFLICT DO UPDATE SET heard_at = :now,"
        " next_within = iif(heard_at IS NULL OR :at >= at, :within, next_within),"
        " at = iif(heard_at IS NULL, :at, max(at, :at))",
        {
            "o": originator,
            "m": mode.value,
            "at": min(micros(at), micros(now)),
            "within": next_within,
            "now": micros(now),
        },
    )


def may_state(
    tx: sqlite3.Connection, originator: str, mode: Mode, now: datetime, pause: timedelta, within: timedelta
) -> bool:
    """Whether to tell this partner what we have seen of its lanes: no more often than every ``pause``.

    True is noted as done. ``within``: the promise assumed of a partner never heard of.
    """
    wait_for(tx, (originator,), mode, within, now)
    at = micros(now)
    return (
        tx.execute(
            "UPDATE head_in SET stated_at = ? WHERE originator = ? AND mode = ?"
            " AND (stated_at IS NULL OR stated_at <= ? OR stated_at > ?)",
            (at, originator, mode.value, at - round(pause.total_seconds()) * _SECOND, at),
        ).rowcount
        > 0
    )


def known_epoch(tx: sqlite3.Connection, nation: str) -> int:
    """The newest epoch of its own that a partner named and was greeted in; 0 for none."""
    row = tx.execute("SELECT epoch FROM lane_partner WHERE nation = ?", (nation,)).fetchone()
    return 0 if row is None else int(row[0])


def note_epoch(tx: sqlite3.Connection, nation: str, epoch: int) -> None:
    """The partner named this epoch, and knows what we know."""
    tx.execute(
        "INSERT INTO lane_partner (nation, epoch) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET epoch = max(epoch, excluded.epoch)",
        (nation, epoch),
    )


def may_pass_papers(tx: sqlite3.Connection, nation: str, now: datetime, pause: timedelta) -> bool:
    """Whether to pass this partner everything: no more often than every ``pause``. True is noted as done."""
    return _once_in(tx, "papers_at", nation, now, pause)


def may_begin(tx: sqlite3.Connection, nation: str, now: datetime, pause: timedelta) -> bool:
    """Whether to begin a new epoch towards a partner on its word: no more often than every ``pause``."""
    return _once_in(tx, "begun_at", nation, now, pause)


def _once_in(tx: sqlite3.Connection, column: str, nation: str, now: datetime, pause: timedelta) -> bool:
    at = micros(now)
    tx.execute("INSERT INTO lane_partner (nation) VALUES (?) ON CONFLICT DO NOTHING", (nation,))
    # A time ahead of the clock, which was set back since, holds nothing up.
    return (
        tx.execute(
            f"UPDATE lane_partner SET {column} = ? WHERE nation = ?"  # noqa: S608 - fixed texts
            f" AND ({column} IS NULL OR {column} <= ? OR {column} > ?)",
            (at, nation, at - round(pause.total_seconds()) * _SECOND, at),
        ).rowcount
        > 0
    )
