"""One originator's messages in the inbox: the same rows as row by row, found without looking at others'."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from bus.store import inbox
from bus.store.inbox import InboxMessage
from schemas.header import Kind, Mode
from tests.store.samples import NOW, inbox_message

HOUR = timedelta(hours=1)
ENDS = (None, -HOUR, HOUR)
FLOOD = 300
NARROWED: dict[str, Callable[[InboxMessage], bool]] = {
    "all": lambda row: True,
    "of one kind": lambda row: row.kind is Kind.THREAT_ALERT,
    "of one mode": lambda row: row.mode is Mode.TEST,
    "alive": lambda row: row.expires_at is None or row.expires_at > NOW,
}


@pytest.fixture
def filed(tx: sqlite3.Connection) -> list[InboxMessage]:
    """Messages of XBB and XCC with every kind of end, mixed with many of XDD; in order of filing."""
    given = []
    for number, (end, mode, originator) in enumerate(
        product(ENDS, (Mode.EXERCISE, Mode.TEST), ("XBB", "XCC", "XBB", "XBB")), 1
    ):
        expires_at = None if end is None else NOW + end
        given.append(replace(inbox_message(number, originator), expires_at=expires_at, mode=mode))
        given += [inbox_message(FLOOD * number + each, "XDD") for each in range(FLOOD // 24)]
    inbox.file(tx, given)
    return list(inbox.list_after(tx, limit=10_000))


@pytest.mark.parametrize("narrowed", NARROWED.values(), ids=NARROWED)
@pytest.mark.parametrize("newest_first", [False, True], ids=["in order", "newest first"])
def test_pages_have_what_an_originator_wrote_in_order(
    tx: sqlite3.Connection,
    filed: list[InboxMessage],
    newest_first: bool,
    narrowed: Callable[[InboxMessage], bool],
) -> None:
    wanted = [row for row in filed if row.originator == "XBB" and narrowed(row)]
    found, at = list[InboxMessage](), 2**53 if newest_first else 0
    while page := inbox.list_after(
        tx,
        0 if newest_first else at,
        before=at if newest_first else None,
        limit=4,
        originator="XBB",
        kinds=(Kind.THREAT_ALERT,) if narrowed is NARROWED["of one kind"] else None,
        modes=(Mode.TEST,) if narrowed is NARROWED["of one mode"] else None,
        expires_after=NOW if narrowed is NARROWED["alive"] else None,
    ):
        found += page
        at = page[-1].inbox_seq
    assert found == (wanted[::-1] if newest_first else wanted)
    assert len(found) > 4


@pytest.mark.parametrize("expires_after", [None, NOW], ids=["whatever expires", "alive"])
@pytest.mark.parametrize("kinds", [None, (Kind.THREAT_ALERT, Kind.EXERCISE_NOTICE)], ids=["all", "two kinds"])
def test_others_messages_are_not_looked_at(
    tx: sqlite3.Connection, expires_after: datetime | None, kinds: tuple[Kind, ...] | None
) -> None:
    seen: list[str] = []
    tx.set_trace_callback(seen.append)
    inbox.list_after(tx, before=9, originator="XBB", kinds=kinds, current=True, expires_after=expires_after)
    tx.set_trace_callback(None)
    plans = [row[3] for text in seen for row in tx.execute(f"EXPLAIN QUERY PLAN {text}")]
    wanted = "SEARCH inbox USING INDEX inbox_originator (originator=? AND kind=? AND inbox_seq<?)"
    assert plans == [wanted] * len(kinds or Kind)
