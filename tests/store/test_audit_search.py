"""Searching the audit log: what is found, how far one search looks, what a clock set back hides."""

import os
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.store import audit
from bus.store.audit_search import SET_BACK, AuditQuery, by_seq, search
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord
from schemas.reasons import ReasonCode
from tests.store.samples import NATION, NOW, SECOND, message_id

E = AuditEvent
Tx = sqlite3.Connection
BASE: dict[str, Any] = {"nation": NATION, "event": E.ACCESS_REFUSED, "outcome": AuditOutcome.SUCCESS}


def log(tx: Tx, *records: dict[str, Any]) -> None:
    made = [
        AuditRecord.model_validate(
            {**BASE, "at": NOW + number * SECOND, "actor": "gateway"} | given_fields, strict=False
        )
        for number, given_fields in enumerate(records)
    ]
    audit.append(tx, made, os.urandom)


def seqs(tx: Tx, query: AuditQuery, **how: Any) -> list[int]:
    return [each.audit_seq for each in search(tx, query, **how).records]


RECORDS: tuple[dict[str, Any], ...] = (
    {"actor": "operator:anna", "event": E.OPERATOR_SIGNED_IN, "operator": "anna"},
    {
        "actor": "operator:annabel",
        "event": E.RELEASE_DENIED,
        "outcome": AuditOutcome.REFUSED,
        "partner": "XBB",
    },
    {"actor": "api-key:00112233aabbccdd", "message_id": message_id(7), "reason": ReasonCode.NO_AGREEMENT},
    {"event": E.LANE_ALARM, "partner": "XCC", "reason": ReasonCode.LANE_SILENT},
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param(AuditQuery(), [4, 3, 2, 1], id="everything, newest first"),
        pytest.param(AuditQuery(actor="operator:anna"), [1], id="one actor, not whoever's name begins so"),
        pytest.param(AuditQuery(actor="operator:"), [2, 1], id="every actor of a sort"),
        pytest.param(AuditQuery(events=(E.LANE_ALARM, E.RELEASE_DENIED)), [4, 2], id="several events"),
        pytest.param(AuditQuery(outcome=AuditOutcome.REFUSED), [2], id="an outcome"),
        pytest.param(AuditQuery(reason=ReasonCode.NO_AGREEMENT), [3], id="a reason"),
        pytest.param(AuditQuery(about="XCC"), [4], id="a partner"),
        pytest.param(AuditQuery(about="anna"), [1], id="an operator"),
        pytest.param(AuditQuery(about=message_id(7)), [3], id="a message"),
        pytest.param(AuditQuery(about=NATION), [], id="our own nation is in every record and says nothing"),
        pytest.param(AuditQuery(about='XCC","x":"'), [], id="quotes find nothing beyond a value"),
        pytest.param(AuditQuery(about="X%"), [], id="no wild cards"),
        pytest.param(AuditQuery(since=NOW + SECOND, until=NOW + 3 * SECOND), [3, 2], id="from, up to"),
        pytest.param(AuditQuery(actor="operator:", about="XBB"), [2], id="all that is given must hold"),
    ],
)
def test_a_search_finds(tx: Tx, query: AuditQuery, found: list[int]) -> None:
    log(tx, *RECORDS)
    assert seqs(tx, query) == found


def test_pages_follow_each_other_without_hole_or_repetition(tx: Tx) -> None:
    log(tx, *[{"actor": "operator:anna" if number % 7 == 0 else "gateway"} for number in range(100)])
    for step in (9, 1000):
        found, before = [], None
        while True:
            page = search(tx, AuditQuery(actor="operator:anna"), before, limit=4, step=step)
            found += [each.audit_seq for each in page.records]
            before = page.before
            if before is None:
                break
        assert found == [number + 1 for number in range(99, -1, -1) if number % 7 == 0]


def test_one_search_looks_at_so_many_records_and_says_where_it_stopped(tx: Tx) -> None:
    log(tx, {"actor": "operator:anna"}, *[{}] * 30)
    page = search(tx, AuditQuery(actor="operator:anna"), step=10)
    assert page.records == ()
    assert page.before == 22
    assert search(tx, AuditQuery(about=message_id(1)), step=10).before is None, "ids have an index"


def test_a_search_by_time_begins_and_ends_near_it(tx: Tx) -> None:
    log(tx, *[{"at": NOW + timedelta(hours=number)} for number in range(40)])
    wanted = AuditQuery(since=NOW + timedelta(hours=10), until=NOW + timedelta(hours=12))
    page = search(tx, wanted, step=5)
    assert [each.audit_seq for each in page.records] == [12, 11]
    assert page.before is None


@given(st.lists(st.integers(-50, 60), max_size=60), st.integers(0, 1200), st.integers(0, 600))
def test_a_clock_set_back_within_bounds_hides_nothing(steps: list[int], begin: int, length: int) -> None:
    """Minutes go on by up to an hour, or back; never more than an hour behind the latest."""
    with sqlite3.connect(":memory:") as tx:
        tx.execute(
            "CREATE TABLE audit (audit_seq INTEGER PRIMARY KEY,"
            " salt, record, event, at, message_id, publication_id)"
        )
        minute, latest, times = 0, 0, []
        for step in steps:
            minute = max(minute + step, latest - SET_BACK // timedelta(minutes=1))
            latest = max(latest, minute)
            times.append(NOW + timedelta(minutes=minute))
        log(tx, *[{"at": at} for at in times])
        since = NOW + timedelta(minutes=begin)
        query, found, before = (
            AuditQuery(since=since, until=since + timedelta(minutes=length)),
            list[int](),
            None,
        )
        while True:
            page = search(tx, query, before, step=7)
            found += [each.audit_seq for each in page.records]
            if (before := page.before) is None:
                break
        assert query.since is not None
        assert query.until is not None
        assert sorted(found) == [n for n, at in enumerate(times, 1) if query.since <= at < query.until]


def test_one_record_is_found_by_its_place(tx: Tx) -> None:
    log(tx, *RECORDS)
    found = by_seq(tx, 2)
    assert found is not None
    assert found.event is E.RELEASE_DENIED
    assert by_seq(tx, 5) is None
