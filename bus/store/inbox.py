"""What partners sent and this gateway admitted: each message exactly once."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from bus.protocol.succession import Status
from bus.store import inbox_expiry, inbox_originator
from bus.store.columns import (
    among,
    basis_of,
    basis_text,
    instant,
    instant_or_none,
    micros,
    micros_or_none,
    strings,
    strings_text,
)
from bus.store.inbox_changes import Chain, chains
from bus.store.overwriting import overwriting
from bus.store.traffic import NO_FACE, Face, TrafficRow, key_mark, label_text, names_text
from bus.store.traffic import add as add_traffic
from schemas.header import Kind, Mode, Precedence
from schemas.recall import RecallReason
from schemas.wire import Basis, Handling, Lane


@dataclass(frozen=True, slots=True)
class NewInboxMessage:
    """An admitted message: `content` is the exact verified bytes, the rest is from them and the delivery.

    `face` goes into the traffic; it does not come back with an `InboxMessage`.
    """

    originator: str
    message_id: str
    digest: str
    kind: Kind
    mode: Mode
    exercise_id: str | None
    precedence: Precedence
    lane: Lane
    epoch: int
    serial: int
    release_set: tuple[str, ...]
    handling: Handling
    trust_version: int
    basis: tuple[Basis, ...]
    sign_kid: str
    issued_at: datetime
    expires_at: datetime | None
    received_at: datetime
    late: bool
    expired: bool
    content: bytes
    face: Face = field(default=NO_FACE, kw_only=True)


@dataclass(frozen=True, slots=True)
class InboxMessage(NewInboxMessage):
    """A message in the inbox. `inbox_seq` is the cursor: it grows in the order of filing."""

    inbox_seq: int
    acknowledged_at: datetime | None
    recalled_at: datetime | None = None
    """When its originator's recall took the content away: `content` is empty then."""
    recall_reason: RecallReason | None = None
    read_at: datetime | None = None
    """When a person of ours first opened it."""
    status: Status = Status.CURRENT
    current: str | None = None
    """The id of the message that is current in its chain; None when the chain has ended, or where it may only
    be displayed and that was not asked for."""
    history: tuple[str, ...] = ()
    """The ids of its chain as they were issued, at most the last hundred."""
    cancelled_at: datetime | None = None
    """When its originator cancelled it, as signed."""


@dataclass(frozen=True, slots=True)
class InboxReference:
    """What is checked of a partner's message that a reply or an acknowledgement refers to."""

    inbox_seq: int
    kind: Kind
    mode: Mode
    exercise_id: str | None
    release_set: tuple[str, ...]
    acknowledged_at: datetime | None
    handling: Handling
    content: bytes
    recalled: bool
    """Its originator recalled it: `content` is empty."""


_NEW = (
    "originator, message_id, digest, kind, mode, exercise_id, precedence, lane, epoch, serial, release_set,"
    " handling, trust_version, basis, sign_kid, issued_at, expires_at, received_at, late, expired, content"
)
_INSERT = f"INSERT INTO inbox ({_NEW}) VALUES ({', '.join('?' * 21)})"  # noqa: S608 - fixed texts
_SELECT = (
    f"SELECT {_NEW}, inbox_seq, acknowledged_at, recalled_at, recall_reason, read_at,"  # noqa: S608
    " status, chain, cancelled_at FROM inbox"
)
_RELEASED = f"handling = '{Handling.RELEASE}'"


def file(tx: sqlite3.Connection, messages: Sequence[NewInboxMessage]) -> tuple[int, ...]:
    """File messages in this order; their `inbox_seq`.

    The duplicate check is `judge`'s, in the same transaction: a message filed before is a StoreConflict.
    """
    tx.executemany(_INSERT, map(_row, messages))
    # Numbers that AUTOINCREMENT gives within one transaction follow each other.
    last = latest_seq(tx)
    numbers = range(last - len(messages) + 1, last + 1)
    add_traffic(tx, map(_traffic_row, numbers, messages))
    return tuple(numbers)


def list_after(
    tx: sqlite3.Connection,
    after: int = 0,
    *,
    limit: int = 100,
    kinds: Collection[Kind] | None = None,
    modes: Collection[Mode] | None = None,
    with_display_only: bool = False,
    max_octets: int | None = None,
    current: bool = False,
    before: int | None = None,
    expires_after: datetime | None = None,
    originator: str | None = None,
    bound: int | None = None,
) -> tuple[InboxMessage, ...]:
    """Messages with `inbox_seq` above `after`, in order of filing; `originator`, `kinds` and `modes` narrow.

    `current`: only those that nothing took the place of, and that were not cancelled or recalled. `before`:
    those below it instead, the newest first. `expires_after`: only those that expire later, or never.

    `bound`: the last row that is looked at. At most `limit`, and no more than `max_octets` of content, but
    always the next one. What may be displayed only is left out unless it is asked for.
    """
    side, order, begin = (">", "ASC", after) if before is None else ("<", "DESC", before)
    conditions, values = [f"inbox_seq {side} ?"], list[Any]([begin])
    if bound is not None:
        conditions.append(f"inbox_seq {'<=' if before is None else '>='} ?")
        values.append(bound)
    if not with_display_only:
        conditions.append(_RELEASED)
    if current:
        conditions.append("status = 'CURRENT' AND recalled_at IS NULL")
    if modes is not None:
        conditions.append(among("mode", modes))
        values += [each.value for each in modes]
    wanted = tuple(Kind if kinds is None else kinds)
    if originator is not None:
        found = inbox_originator.from_originator(
            tx,
            _SELECT,
            originator,
            wanted,
            (" AND ".join(conditions), values),
            expires_after=expires_after,
            newest_first=before is not None,
        )
    elif expires_after is not None:
        found = inbox_expiry.unexpired(
            tx,
            _SELECT,
            wanted,
            expires_after,
            (" AND ".join(conditions), values),
            newest_first=before is not None,
        )
    else:
        if kinds is not None:
            conditions.append(among("kind", kinds))
            values += [each.value for each in kinds]
        found = tx.execute(
            f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY inbox_seq {order} LIMIT ?", (*values, limit)
        )
    rows = islice(found, limit)
    page: list[Any] = []
    octets = 0
    for row in rows:
        octets += len(row[20])
        if page and max_octets is not None and octets > max_octets:
            break
        page.append(row)
    return _messages(tx, page, with_display_only=with_display_only)


def by_message_id(
    tx: sqlite3.Connection, message_id: str, *, with_display_only: bool = False
) -> tuple[InboxMessage, ...]:
    """Every message with this id, in order of originator: ids are unique per originator only.

    What may be displayed only is left out unless it is asked for.
    """
    narrowed = "" if with_display_only else f" AND {_RELEASED}"
    rows = tx.execute(f"{_SELECT} WHERE message_id = ?{narrowed} ORDER BY originator", (message_id,))
    return _messages(tx, rows.fetchall(), with_display_only=with_display_only)


def for_display_only(tx: sqlite3.Connection, names: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Which of these messages, by originator and id, may be displayed only."""
    rows = tx.execute(
        "SELECT i.originator, i.message_id FROM json_each(?) j CROSS JOIN inbox i"
        " ON i.message_id = j.value ->> 1 AND i.originator = j.value ->> 0"
        " WHERE i.handling = ?",
        (json.dumps(list(names)), Handling.DISPLAY_ONLY.value),
    )
    return frozenset((row[0], row[1]) for row in rows)


def latest_seq(tx: sqlite3.Connection) -> int:
    """The highest `inbox_seq` given; 0 for an empty inbox."""
    row = tx.execute("SELECT max(inbox_seq) FROM inbox").fetchone()
    return int(row[0] or 0)


def reference(tx: sqlite3.Connection, originator: str, message_id: str, digest: str) -> InboxReference | None:
    """The message with exactly this originator, id and digest, or None."""
    row = tx.execute(
        "SELECT inbox_seq, kind, mode, exercise_id, release_set, acknowledged_at, handling, content,"
        " recalled_at IS NOT NULL FROM inbox WHERE originator = ? AND message_id = ? AND digest = ?",
        (originator, message_id, digest),
    ).fetchone()
    if row is None:
        return None
    return InboxReference(
        row[0],
        Kind(row[1]),
        Mode(row[2]),
        row[3],
        strings(row[4]),
        instant_or_none(row[5]),
        Handling(row[6]),
        row[7],
        bool(row[8]),
    )


def mark_acknowledged(tx: sqlite3.Connection, originator: str, message_id: str, at: datetime) -> bool:
    """A person of ours acknowledged it at `at`; False when that stands there already or nothing is known."""
    with overwriting(tx):
        return (
            tx.execute(
                "UPDATE inbox SET acknowledged_at = ?"
                " WHERE originator = ? AND message_id = ? AND acknowledged_at IS NULL",
                (micros(at), originator, message_id),
            ).rowcount
            > 0
        )


def _row(new: NewInboxMessage) -> tuple[Any, ...]:
    return (
        new.originator,
        new.message_id,
        new.digest,
        str(new.kind),
        str(new.mode),
        new.exercise_id,
        str(new.precedence),
        str(new.lane),
        new.epoch,
        new.serial,
        strings_text(new.release_set),
        str(new.handling),
        new.trust_version,
        basis_text(new.basis),
        new.sign_kid,
        micros(new.issued_at),
        micros_or_none(new.expires_at),
        micros(new.received_at),
        int(new.late),
        int(new.expired),
        new.content,
    )


def _traffic_row(number: int, new: NewInboxMessage) -> TrafficRow:
    face = new.face
    return TrafficRow(
        number,
        micros(new.received_at),
        micros_or_none(new.expires_at),
        new.originator,
        None,
        str(new.kind),
        new.precedence.rank,
        str(new.mode),
        new.exercise_id,
        label_text(face.policy, face.classification),
        names_text(face.addressed),
        names_text(new.release_set),
        key_mark(new.sign_kid),
        "CURRENT",
        1,
        int(face.asked),
    )


def _messages(
    tx: sqlite3.Connection, rows: Sequence[Any], *, with_display_only: bool
) -> tuple[InboxMessage, ...]:
    numbers = {row[27] for row in rows if row[27] is not None}
    found = chains(tx, numbers, with_display_only=with_display_only) if numbers else {}
    return tuple(_message(row, found.get(row[27])) for row in rows)


def _message(row: Any, chain: Chain | None) -> InboxMessage:
    status = Status(row[26]) if row[23] is None else Status.RECALLED
    if chain is None:
        chain = Chain(row[1] if status is Status.CURRENT else None, (row[1],))
    return InboxMessage(
        originator=row[0],
        message_id=row[1],
        digest=row[2],
        kind=Kind(row[3]),
        mode=Mode(row[4]),
        exercise_id=row[5],
        precedence=Precedence(row[6]),
        lane=Lane(row[7]),
        epoch=row[8],
        serial=row[9],
        release_set=strings(row[10]),
        handling=Handling(row[11]),
        trust_version=row[12],
        basis=basis_of(row[13]),
        sign_kid=row[14],
        issued_at=instant(row[15]),
        expires_at=instant_or_none(row[16]),
        received_at=instant(row[17]),
        late=bool(row[18]),
        expired=bool(row[19]),
        content=row[20],
        inbox_seq=row[21],
        acknowledged_at=instant_or_none(row[22]),
        recalled_at=instant_or_none(row[23]),
        recall_reason=None if row[24] is None else RecallReason(row[24]),
        read_at=instant_or_none(row[25]),
        status=status,
        current=chain.current,
        history=chain.history,
        cancelled_at=instant_or_none(row[28]),
    )
