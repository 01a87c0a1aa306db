"""Blocks of the traffic leave out nothing that a search finds, whatever clocks do, and count exactly."""

import sqlite3
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.protocol.traffic_search import parse_search
from bus.store import traffic, traffic_blocks, traffic_search
from bus.store.columns import micros
from bus.store.traffic_blocks import Parts, Times
from bus.store.traffic_conditions import Asker
from bus.store.traffic_search import Search, Window
from schemas.base import rfc3339
from schemas.header import Mode, Precedence
from tests.store.samples import NOW

MINUTE = 60_000_000
Row = tuple[int, str, int]
"""Minutes after NOW, mode, rank."""

rows = st.lists(
    st.tuples(
        st.integers(-40, 40),
        st.sampled_from([mode.value for mode in Mode]),
        st.sampled_from([precedence.rank for precedence in Precedence]),
    ),
    max_size=40,
)
fresh = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def lay_down(tx: sqlite3.Connection, given_rows: list[Row], apart: int) -> None:
    """Rows in this order, their numbers so far apart that few share a block."""
    tx.execute("DELETE FROM traffic")
    tx.execute("DELETE FROM traffic_block")
    for number, (minute, mode, rank) in enumerate(given_rows, 1):
        tx.execute(
            "INSERT INTO traffic (seq, ref, at, originator, kind, rank, mode, label, addressed, released,"
            " status, unread, owing) VALUES (?, ?, ?, 'XBB', 'NOTICE', ?, ?, '', '', '', 'CURRENT', 0, 0)",
            (number * apart, number, micros(NOW) + minute * MINUTE, rank, mode),
        )


def find(tx: sqlite3.Connection, text: str) -> list[int]:
    search = Search(parse_search(text, NOW), Asker(NOW))
    reach = traffic_search.reach(tx, search)
    return traffic_search.in_window(tx, search, reach, 1000).seqs


@fresh
@given(rows, st.integers(-45, 45), st.integers(-45, 45), st.sampled_from([1, 300, 1024]))
def test_no_row_in_the_time_asked_for_is_left_out(
    tx: sqlite3.Connection, given_rows: list[Row], since: int, until: int, apart: int
) -> None:
    lay_down(tx, given_rows, apart)
    begin, end = (rfc3339(NOW + timedelta(minutes=each)) for each in (since, until))
    numbered = [(number * apart, row[0]) for number, row in enumerate(given_rows, 1)][::-1]
    assert find(tx, f"after:{begin}") == [seq for seq, at in numbered if at >= since]
    assert find(tx, f"before:{end}") == [seq for seq, at in numbered if at < until]
    assert find(tx, f"-after:{begin}") == [seq for seq, at in numbered if at < since]
    assert find(tx, f"-before:{end}") == [seq for seq, at in numbered if at >= until]
    assert find(tx, f"after:{begin} before:{end}") == [seq for seq, at in numbered if since <= at < until]
    either = [seq for seq, at in numbered if at >= min(since, until)]
    assert find(tx, f"after:{begin},{end}") == either


@fresh
@given(rows, st.integers(-45, 40), st.integers(1, 60), st.integers(1, 9), st.sampled_from([1, 300, 1024]))
@pytest.mark.parametrize("modes", [None, [Mode.EXERCISE, Mode.TEST]], ids=["every mode", "exercises"])
@pytest.mark.parametrize("text", ["", "prec:flash,routine", "-mode:test"])
def test_blocks_count_what_rows_would(
    tx: sqlite3.Connection,
    modes: list[Mode] | None,
    text: str,
    given_rows: list[Row],
    begin: int,
    minutes: int,
    number: int,
    apart: int,
) -> None:
    lay_down(tx, given_rows, apart)
    start = micros(NOW) + begin * MINUTE
    parts = Parts(start, start + minutes * MINUTE, -(-minutes * MINUTE // number))
    search = Search(parse_search(text, NOW), Asker(NOW, modes))
    assert traffic_blocks.counted_alone(search.query)
    bars = traffic_blocks.bars(tx, search.query, search.asker, parts)
    everything = Window(0, traffic.latest_seq(tx))
    row_by_row, _ = traffic_search.counted_in_window(tx, search, parts, everything)
    assert bars == sorted(row_by_row)
    if modes is None and not text:
        lying = [row for row in given_rows if begin <= row[0] < begin + minutes]
        assert sum(bar.number for bar in bars) == len(lying)
        by_rank = Counter(row[2] for row in lying)
        assert {bar.rank for bar in bars} == set(by_rank)


def test_nothing_up_to_a_row_is_later_than_its_blocks_say(tx: sqlite3.Connection) -> None:
    lay_down(tx, [(5, "TEST", 0), (30, "TEST", 0), (10, "TEST", 0)], 1024)
    at = [traffic_blocks.latest_up_to(tx, seq) for seq in (0, 1024, 2048, 3072)]
    now = micros(NOW)
    assert at == [None, now + 5 * MINUTE, now + 30 * MINUTE, now + 30 * MINUTE]


def test_a_time_without_rows_is_not_looked_through(tx: sqlite3.Connection) -> None:
    assert traffic_blocks.rows_between(tx, Times(0, None)) == (0, 0)
    lay_down(tx, [(0, "TEST", 0)], 5000)
    assert traffic_blocks.rows_between(tx, Times(micros(NOW) + 1, None)) == (0, 0)
    assert traffic_blocks.rows_between(tx, Times(micros(NOW), None)) == (4095, 5119)
