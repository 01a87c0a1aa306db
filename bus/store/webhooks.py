"""Webhooks: where each stands in the feed of events, how it fares, and what its receiver never took.

`turn` rises with everything that changes a webhook's course (a replay, another secret, enabling it): what a
post that began before comes to is then not recorded, so that it cannot undo the change.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bus.store.columns import instant, instant_or_none, micros, micros_or_none, strings, strings_text
from schemas.event import EventType
from schemas.header import Kind, Mode


class Disabled(StrEnum):
    """Why nothing is posted any more."""

    GONE = "GONE"
    """The receiver answered 410."""
    KEY = "KEY"
    """The API key that it belongs to was revoked, has expired or may not read events."""


@dataclass(frozen=True, slots=True)
class Course:
    """Where a webhook stands and how it fares."""

    position: int
    """The event dealt with last."""
    turn: int = 0
    failures: int = 0
    """Failed posts in a row."""
    tries: int = 0
    """Failed posts of the event that is next."""
    failing_since: datetime | None = None
    next_try_at: datetime | None = None
    delivered_at: datetime | None = None
    fault: str | None = None
    """What the last post failed of; None when it succeeded."""
    forgotten: int = 0
    """Events that were no longer kept when their turn came: seen or not, they were not posted."""
    disabled: Disabled | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as it was registered, and its course. `types`, `kinds`, `modes`: None for every one."""

    webhook_id: str
    key_id: str
    url: str
    types: tuple[EventType, ...] | None
    kinds: tuple[Kind, ...] | None
    modes: tuple[Mode, ...] | None
    secret: bytes
    created_at: datetime
    created_by: str
    course: Course
    former_secret: bytes | None = None
    former_until: datetime | None = None

    def __repr__(self) -> str:
        return f"Webhook({self.webhook_id})"  # secrets stay out of logs and traces


_COLUMNS = (
    "webhook_id, key_id, url, types, kinds, modes, secret, created_at, created_by, former_secret,"
    " former_until, position, turn, failures, tries, failing_since, next_try_at, delivered_at, fault,"
    " forgotten, disabled, disabled_at"
)
_SELECT = f"SELECT {_COLUMNS} FROM webhook"  # noqa: S608 - fixed texts


def add(tx: sqlite3.Connection, new: Webhook) -> None:
    """Store a new webhook."""
    course = new.course
    tx.execute(
        f"INSERT INTO webhook ({_COLUMNS}) VALUES ({', '.join('?' * 22)})",  # noqa: S608 - fixed texts
        (
            new.webhook_id,
            new.key_id,
            new.url,
            *(None if each is None else strings_text(each) for each in (new.types, new.kinds, new.modes)),
            new.secret,
            micros(new.created_at),
            new.created_by,
            new.former_secret,
            micros_or_none(new.former_until),
            course.position,
            course.turn,
            course.failures,
            course.tries,
            micros_or_none(course.failing_since),
            micros_or_none(course.next_try_at),
            micros_or_none(course.delivered_at),
            course.fault,
            course.forgotten,
            course.disabled,
            micros_or_none(course.disabled_at),
        ),
    )


def find(tx: sqlite3.Connection, webhook_id: str) -> Webhook | None:
    """The webhook with this id."""
    row = tx.execute(f"{_SELECT} WHERE webhook_id = ?", (webhook_id,)).fetchone()
    return None if row is None else _webhook(row)


def list_all(tx: sqlite3.Connection) -> tuple[Webhook, ...]:
    """Every webhook, oldest first."""
    return tuple(map(_webhook, tx.execute(f"{_SELECT} ORDER BY created_at, webhook_id")))


def remove(tx: sqlite3.Connection, webhook_id: str) -> bool:
    """Remove a webhook with its dead letters; False when there is none."""
    return tx.execute("DELETE FROM webhook WHERE webhook_id = ?", (webhook_id,)).rowcount > 0


def replace_secret(tx: sqlite3.Connection, webhook_id: str, secret: bytes, until: datetime) -> None:
    """Sign with `secret` from now on, and with the one before as well until `until`."""
    tx.execute(
        "UPDATE webhook SET former_secret = secret, former_until = ?, secret = ?, turn = turn + 1"
        " WHERE webhook_id = ?",
        (micros(until), secret, webhook_id),
    )


def enable(tx: sqlite3.Connection, webhook_id: str) -> None:
    """Post again, at once, from where it stands."""
    tx.execute(
        "UPDATE webhook SET disabled = NULL, disabled_at = NULL, failures = 0, tries = 0, "
        " failing_since = NULL, next_try_at = NULL, turn = turn + 1 WHERE webhook_id = ?",
        (webhook_id,),
    )


def replay(tx: sqlite3.Connection, webhook_id: str, after: int) -> None:
    """Go on after this event, at once."""
    tx.execute(
        "UPDATE webhook SET position = ?, failures = 0, tries = 0, failing_since = NULL, next_try_at = NULL,"
        " turn = turn + 1 WHERE webhook_id = ?",
        (after, webhook_id),
    )


def disable(tx: sqlite3.Connection, webhook_id: str, turn: int, why: Disabled, at: datetime) -> bool:
    """Post nothing any more; False when the webhook is on another course by now."""
    return (
        tx.execute(
            "UPDATE webhook SET disabled = ?, disabled_at = ?, turn = turn + 1"
            " WHERE webhook_id = ? AND turn = ? AND disabled IS NULL",
            (why, micros(at), webhook_id, turn),
        ).rowcount
        > 0
    )


# -- what a post came to -----------------------------------------------------------------------------------


def passed_over(tx: sqlite3.Connection, webhook: Webhook, position: int, forgotten: int = 0) -> None:
    """Nothing up to `position` is for this webhook, or it is no longer kept."""
    tx.execute(
        "UPDATE webhook SET position = ?, tries = 0, forgotten = forgotten + ?"
        " WHERE webhook_id = ? AND turn = ? AND position < ?",
        (position, forgotten, webhook.webhook_id, webhook.course.turn, position),
    )


def delivered(tx: sqlite3.Connection, webhook: Webhook, position: int, at: datetime) -> None:
    """The receiver took the event at `position`; 0 for a dead letter, which is behind."""
    tx.execute(
        "UPDATE webhook SET position = max(position, ?), failures = 0, tries = 0, failing_since = NULL,"
        " next_try_at = NULL, fault = NULL, delivered_at = ? WHERE webhook_id = ? AND turn = ?",
        (position, micros(at), webhook.webhook_id, webhook.course.turn),
    )


def failed(tx: sqlite3.Connection, webhook: Webhook, fault: str, at: datetime, next_try_at: datetime) -> None:
    """The receiver did not take the next event."""
    tx.execute(
        "UPDATE webhook SET failures = failures + 1, tries = tries + 1, fault = ?, next_try_at = ?,"
        " failing_since = ifnull(failing_since, ?) WHERE webhook_id = ? AND turn = ?",
        (fault, micros(next_try_at), micros(at), webhook.webhook_id, webhook.course.turn),
    )


def given_up(
    tx: sqlite3.Connection,
    webhook: Webhook,
    event_seq: int,
    fault: str,
    at: datetime,
    next_try_at: datetime,
) -> bool:
    """The next event becomes a dead letter; False when the webhook is on another course by now."""
    moved = tx.execute(
        "UPDATE webhook SET position = ?, failures = failures + 1, tries = 0, fault = ?, next_try_at = ?"
        " WHERE webhook_id = ? AND turn = ? AND position < ?",
        (event_seq, fault, micros(next_try_at), webhook.webhook_id, webhook.course.turn, event_seq),
    ).rowcount
    if not moved:
        return False
    tx.execute(
        "INSERT INTO webhook_dead_letter (webhook_id, event_seq, died_at, tries, fault, again)"
        " VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (webhook_id, event_seq)"
        " DO UPDATE SET died_at = excluded.died_at, tries = tries + excluded.tries, fault = excluded.fault",
        (webhook.webhook_id, event_seq, micros(at), webhook.course.tries + 1, fault),
    )
    return True


def _webhook(row: Any) -> Webhook:
    types, kinds, modes = (None if text is None else strings(text) for text in row[3:6])
    return Webhook(
        webhook_id=row[0],
        key_id=row[1],
        url=row[2],
        types=None if types is None else tuple(map(EventType, types)),
        kinds=None if kinds is None else tuple(map(Kind, kinds)),
        modes=None if modes is None else tuple(map(Mode, modes)),
        secret=row[6],
        created_at=instant(row[7]),
        created_by=row[8],
        former_secret=row[9],
        former_until=instant_or_none(row[10]),
        course=Course(
            row[11],
            row[12],
            row[13],
            row[14],
            instant_or_none(row[15]),
            instant_or_none(row[16]),
            instant_or_none(row[17]),
            row[18],
            row[19],
            None if row[20] is None else Disabled(row[20]),
            instant_or_none(row[21]),
        ),
    )
