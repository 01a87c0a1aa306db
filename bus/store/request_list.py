"""Requests as they are listed: found by role, state, assignee and time, with the words of their messages."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.protocol.requests import EXPIRING
from bus.store.columns import instant, instant_or_none, micros
from bus.store.requests import MAY_EXPIRE
from schemas.header import Mode
from schemas.request_acts import RequestState


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request as listed; ``title``, ``rfi_id`` and ``priority`` are the message's, while it is here."""

    request_seq: int
    originator: str
    message_id: str
    publication_id: str | None
    mode: Mode
    exercise_id: str | None
    display_only: bool
    issued_at: datetime
    ltiov: datetime
    answer_by: datetime | None
    assignee: str | None
    due_at: datetime | None
    precedence: str | None
    rfi_id: str | None
    title: str | None
    priority: str | None


# The words are read from the message where it stands: what is withdrawn there is gone here too.
_LISTED = """
    SELECT request_seq, originator, message_id, publication_id, mode, exercise_id, display_only, issued_at,
        ltiov, answer_by, assignee, due_at,
        iif(json_valid(said), json_extract(said, '$.header.precedence'), NULL),
        iif(json_valid(said), json_extract(said, '$.body.rfi_id'), NULL),
        iif(json_valid(said), json_extract(said, '$.body.title'), NULL),
        iif(json_valid(said), json_extract(said, '$.body.priority'), NULL)
    FROM (
        SELECT r.request_seq, r.originator, r.message_id, u.publication_id, r.mode, r.exercise_id,
            r.display_only, r.issued_at, r.ltiov, r.answer_by, r.assignee, r.due_at,
            CAST(ifnull(c.bytes, i.content) AS TEXT) AS said
        FROM request r LEFT JOIN publication u USING (publication_seq)
        LEFT JOIN content c ON c.content_id = u.content_id
        LEFT JOIN inbox i ON r.publication_seq IS NULL
            AND i.message_id = r.message_id AND i.originator = r.originator
        WHERE {conditions} ORDER BY r.request_seq DESC LIMIT ?
    )
"""
_STANDS = (
    "EXISTS (SELECT 1 FROM request_party p WHERE p.request_seq = r.request_seq AND iif(p.ltiov < ?"  # noqa: S608
    f" AND p.{MAY_EXPIRE}, 'EXPIRED', p.state)"
    " IN ({}))"
)


def list_newest(
    tx: sqlite3.Connection,
    now: datetime,
    *,
    before: int | None = None,
    limit: int = 50,
    ours: bool | None = None,
    states: Collection[RequestState] = (),
    assignee: str | None = None,
    due_before: datetime | None = None,
    modes: Collection[Mode] | None = None,
    with_display_only: bool = False,
) -> tuple[ListedRequest, ...]:
    """Requests, newest first, with ``request_seq`` below ``before``; filters narrow.

    ``ours``: what we ask, or what we are asked. ``states``: it stands there with any nation. ``due_before``:
    by our own due time, else by when an answer is wanted.
    """
    conditions, values = ["1"], list[Any]()
    if ours is not None:
        conditions.append(f"r.publication_seq IS {'NOT ' if ours else ''}NULL")
    if not with_display_only:
        conditions.append("NOT r.display_only")
    for condition, value in (
        ("r.request_seq < ?", before),
        ("r.assignee = ?", assignee),
        (
            "coalesce(r.due_at, r.answer_by, r.ltiov) < ?",
            None if due_before is None else micros(due_before),
        ),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    if states:
        # What stands there now was last told so, or is open with its LTIOV passed: found by index.
        told = {*states, *(EXPIRING if RequestState.EXPIRED in states else ())}
        conditions.append(
            "r.request_seq IN (SELECT request_seq FROM request_party INDEXED BY request_party_state"  # noqa: S608
            f" WHERE state > '' AND state IN ({', '.join('?' * len(told))}))"
        )
        values += sorted(state.value for state in told)
        conditions.append(_STANDS.format(", ".join("?" * len(states))))
        values += [micros(now), *(state.value for state in states)]
    if modes is not None:
        conditions.append(f"r.mode IN ({', '.join('?' * len(modes))})")
        values += [mode.value for mode in modes]
    return _select(tx, " AND ".join(conditions), values, limit)


def by_message_id(
    tx: sqlite3.Connection, message_id: str, *, with_display_only: bool = False
) -> tuple[ListedRequest, ...]:
    """Every request that a nation has as this message, in order of originator."""
    narrowed = "" if with_display_only else " AND NOT r.display_only"
    found = _select(
        tx,
        "r.request_seq IN (SELECT request_seq FROM request_party WHERE message_id = ?"  # noqa: S608
        f" UNION SELECT request_seq FROM request WHERE message_id = ?){narrowed}",
        [message_id, message_id],
        100,
    )
    return tuple(sorted(found, key=lambda row: row.originator))


def _select(
    tx: sqlite3.Connection, conditions: str, values: list[Any], limit: int
) -> tuple[ListedRequest, ...]:
    rows = tx.execute(_LISTED.format(conditions=conditions), (*values, limit))
    return tuple(
        ListedRequest(
            request_seq=row[0],
            originator=row[1],
            message_id=row[2],
            publication_id=row[3],
            mode=Mode(row[4]),
            exercise_id=row[5],
            display_only=bool(row[6]),
            issued_at=instant(row[7]),
            ltiov=instant(row[8]),
            answer_by=instant_or_none(row[9]),
            assignee=row[10],
            due_at=instant_or_none(row[11]),
            precedence=row[12],
            rfi_id=row[13],
            title=row[14],
            priority=row[15],
        )
        for row in rows
    )
