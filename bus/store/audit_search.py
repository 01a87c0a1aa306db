"""Searching the audit log, newest first, in bounded steps.

A record's bytes are JSON without spaces, in which no value can hold an unescaped quote: a member stands in
it exactly when its text does. So a search compares bytes, and the log has no index that every act would pay.
"""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bus.store.audit import StoredRecord
from bus.store.columns import among, duration_micros, instant, micros
from schemas.audit import AuditEvent, AuditOutcome
from schemas.reasons import ReasonCode

STEP = 50_000
"""Records looked at in one search at most; a page says how far it looked."""
SET_BACK = timedelta(hours=1)
"""A clock set back by no more than this hides nothing from a search by time."""
ABOUT = (
    *("publication_id", "message_id", "digest", "bundle_id", "key_id", "operator", "session", "webhook"),
    *("partner", "kind", "mode", "precedence", "role", "state", "lane"),
)
"""Members that name what a record is about."""
_IDS_WITH_AN_INDEX = ("publication_id", "message_id")


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for; everything given must hold. `actor` that ends with a colon means all of that sort."""

    events: Collection[AuditEvent] = ()
    actor: str | None = None
    about: str | None = None
    """Exactly one of the values of `ABOUT`."""
    outcome: AuditOutcome | None = None
    reason: ReasonCode | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Records, newest first; `before` is where to look on, None when nothing older is left."""

    records: tuple[StoredRecord, ...]
    before: int | None


def search(
    tx: sqlite3.Connection,
    query: AuditQuery,
    before: int | None = None,
    *,
    limit: int = 100,
    step: int = STEP,
) -> Found:
    """Up to `limit` records below `before`, among the next `step` that are looked at."""
    top = _top(tx, query, before)
    foot = 0 if _indexed(query) else max(0, top - step)
    conditions, values = _conditions(query)
    rows = tx.execute(
        "SELECT audit_seq, salt, record, event, at FROM audit"  # noqa: S608 - fixed texts
        f" WHERE audit_seq <= ? AND audit_seq > ?{''.join(f' AND {each}' for each in conditions)}"
        " ORDER BY audit_seq DESC LIMIT ?",
        (top, foot, *values, limit),
    )
    records = tuple(StoredRecord(row[0], row[1], row[2], AuditEvent(row[3]), instant(row[4])) for row in rows)
    if len(records) == limit:
        return Found(records, records[-1].audit_seq)
    return Found(records, None if _ends(tx, query, foot) else foot + 1)


def by_seq(tx: sqlite3.Connection, audit_seq: int) -> StoredRecord | None:
    """One record by its place in the log."""
    row = tx.execute(
        "SELECT audit_seq, salt, record, event, at FROM audit WHERE audit_seq = ?", (audit_seq,)
    ).fetchone()
    return None if row is None else StoredRecord(row[0], row[1], row[2], AuditEvent(row[3]), instant(row[4]))


def _top(tx: sqlite3.Connection, query: AuditQuery, before: int | None) -> int:
    """The highest record that can match."""
    row = tx.execute("SELECT max(audit_seq) FROM audit").fetchone()
    top = int(row[0] or 0) if before is None else min(before - 1, int(row[0] or 0))
    if query.until is None:
        return top
    latest, low = micros(query.until) + duration_micros(SET_BACK), 0
    while low < top:  # records are in the order of their making, the log has no holes
        middle = (low + top + 1) // 2
        at = tx.execute("SELECT at FROM audit WHERE audit_seq = ?", (middle,)).fetchone()
        if at is None or at[0] <= latest:
            low = middle
        else:
            top = middle - 1
    return top


def _ends(tx: sqlite3.Connection, query: AuditQuery, foot: int) -> bool:
    """Whether nothing at `foot` or below can match."""
    if foot <= 0:
        return True
    if query.since is None:
        return False
    row = tx.execute("SELECT at FROM audit WHERE audit_seq = ?", (foot,)).fetchone()
    return row is not None and row[0] < micros(query.since) - duration_micros(SET_BACK)


def _indexed(query: AuditQuery) -> bool:
    return query.about is not None and _is_id(query.about)


def _is_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _conditions(query: AuditQuery) -> tuple[list[str], list[Any]]:
    conditions, values = list[str](), list[Any]()
    if query.events:
        conditions.append(among("event", query.events))
        values += [event.value for event in query.events]
    if query.since is not None:
        conditions.append("at >= ?")
        values.append(micros(query.since))
    if query.until is not None:
        conditions.append("at < ?")
        values.append(micros(query.until))
    if query.about is not None and _is_id(query.about):
        conditions.append(f"({' OR '.join(f'{name} = ?' for name in _IDS_WITH_AN_INDEX)})")
        values += [query.about] * len(_IDS_WITH_AN_INDEX)
    elif query.about is not None:
        conditions.append(f"({' OR '.join(['instr(record, ?) > 0'] * len(ABOUT))})")
        values += [_member(name, query.about) for name in ABOUT]
    for name, value in (("outcome", query.outcome), ("reason", query.reason), ("actor", query.actor)):
        if value is not None:
            conditions.append("instr(record, ?) > 0")
            open_end = name == "actor" and value.endswith(":")
            values.append(_member(name, value)[: -1 if open_end else None])
    return conditions, values


def _member(name: str, value: str) -> bytes:
    return f'"{name}":{json.dumps(value, ensure_ascii=False)}'.encode()
