"""What waits for an acknowledgement: no originator's flood hides what another asks."""

import sqlite3

from bus.store import traffic, traffic_search
from bus.store.columns import micros
from bus.store.traffic import TrafficRow
from bus.store.traffic_conditions import Asker
from schemas.header import Precedence
from tests.store.samples import NOW

FLASH, ROUTINE = Precedence.FLASH.rank, Precedence.ROUTINE.rank


def waiting(tx: sqlite3.Connection, *asked: tuple[str, int]) -> None:
    """Rows of these originators and precedences, the oldest first."""
    rows = (
        TrafficRow(
            *(number, micros(NOW), None, originator, None, "ALERT", rank, "TEST", None, "", "", "", None),
            *("CURRENT", 1, 1),
        )
        for number, (originator, rank) in enumerate(asked, 1)
    )
    traffic.add(tx, rows)


def test_a_flood_of_one_originator_hides_nothing_that_another_asks(tx: sqlite3.Connection) -> None:
    waiting(tx, *[("XBB", FLASH)] * 105, ("XCC", FLASH), *[("XBB", FLASH)] * 105)
    listed = traffic_search.awaiting(tx, Asker(NOW), [FLASH], 100)
    assert len(listed) == 100
    assert listed[:6] == [1, 106, 211, 2, 210, 3]
    assert traffic_search.count_awaiting(tx, Asker(NOW)) == {FLASH: 211}


def test_what_is_urgent_comes_first_whoever_asks(tx: sqlite3.Connection) -> None:
    waiting(tx, ("XCC", ROUTINE), ("XBB", FLASH), ("XBB", FLASH), ("XBB", FLASH), ("XCC", ROUTINE))
    both = [FLASH, ROUTINE]
    assert traffic_search.awaiting(tx, Asker(NOW), both, 100) == [2, 4, 3, 1, 5]
    assert traffic_search.awaiting(tx, Asker(NOW), both, 2) == [2, 4]
    assert traffic_search.awaiting(tx, Asker(NOW), [ROUTINE], 100) == [1, 5]
