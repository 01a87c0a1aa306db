"""The inbox without what expired: the same rows as row by row, found without looking at what did."""

import sqlite3
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.store import inbox
from schemas.header import Kind, Mode
from tests.store.samples import NOW, inbox_message

HOUR = timedelta(hours=1)
messages = st.lists(
    st.tuples(
        st.sampled_from([None, -2, -1, 0, 1, 2]),
        st.sampled_from([Kind.THREAT_ALERT, Kind.EXERCISE_NOTICE]),
        st.sampled_from([Mode.EXERCISE, Mode.TEST]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages, st.integers(-2, 2), st.integers(0, 26), st.integers(1, 26))
@pytest.mark.parametrize("newest_first", [False, True], ids=["in order", "newest first"])
@pytest.mark.parametrize("kinds", [None, (Kind.THREAT_ALERT,), tuple(Kind), ()], ids=str)
@pytest.mark.parametrize("modes", [None, (Mode.TEST,)], ids=str)
def test_a_page_has_what_is_alive_in_order(
    tx: sqlite3.Connection,
    modes: Collection[Mode] | None,
    kinds: Collection[Kind] | None,
    newest_first: bool,
    filed: list[tuple[int | None, Kind, Mode]],
    hours: int,
    cursor: int,
    limit: int,
) -> None:
    tx.execute("SAVEPOINT fresh")
    numbers = inbox.file(
        tx,
        [
            replace(
                inbox_message(number),
                expires_at=None if end is None else NOW + end * HOUR,
                kind=kind,
                mode=mode,
            )
            for number, (end, kind, mode) in enumerate(filed, 1)
        ],
    )
    first = numbers[0] if numbers else 1
    at = first + cursor
    page = inbox.list_after(
        tx,
        0 if newest_first else at,
        before=at if newest_first else None,
        limit=limit,
        kinds=kinds,
        modes=modes,
        expires_after=NOW + hours * HOUR,
    )
    alive = [
        number
        for number, (end, kind, mode) in zip(numbers, filed, strict=True)
        if (end is None or end > hours)
        and (kinds is None or kind in kinds)
        and (modes is None or mode in modes)
        and (number < at if newest_first else number > at)
    ]
    tx.execute("ROLLBACK TO fresh")
    tx.execute("RELEASE fresh")
    assert [row.inbox_seq for row in page] == (alive[::-1] if newest_first else alive)[:limit]


def test_what_expired_is_not_looked_at(tx: sqlite3.Connection) -> None:
    seen: list[str] = []
    tx.set_trace_callback(seen.append)
    inbox.list_after(tx, 0, kinds=(Kind.THREAT_ALERT,), current=True, expires_after=NOW)
    tx.set_trace_callback(None)
    plans = [row[3] for text in seen for row in tx.execute(f"EXPLAIN QUERY PLAN {text}")]
    assert not [plan for plan in plans if "SCAN" in plan or "TEMP B-TREE" in plan]
    assert any("inbox_expiry (kind=? AND expires_at=?" in plan for plan in plans)
    assert any("inbox_expiry (kind=? AND expires_at>?)" in plan for plan in plans)
