"""Reading is stopped when it has worked for long enough, and the connection reads on."""

import sqlite3

import pytest

from bus.store.bounded_work import at_most

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_what_never_ends_is_stopped_and_the_next_is_read(tx: sqlite3.Connection) -> None:
    stopped = at_most(tx, 0.01, lambda: tx.execute(ENDLESS).fetchone())
    assert stopped.result is None
    assert stopped.seconds >= 0.01
    assert at_most(tx, 10, lambda: tx.execute("SELECT 7").fetchone()).result == (7,)


def test_another_fault_is_no_end_of_time(tx: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        at_most(tx, 10, lambda: tx.execute("SELECT * FROM not_there"))
