"""What waits for an acknowledgement: no originator's flood hides what another asks."""

import random
import sqlite3
from collections import defaultdict
from datetime import timedelta

from bus.store import traffic, traffic_search
from bus.store.columns import micros
from bus.store.traffic import TrafficRow
from bus.store.traffic_conditions import Asker
from schemas.header import Mode, Precedence
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


def test_only_what_still_waits_takes_a_turn(tx: sqlite3.Connection) -> None:
    drawn = random.Random(7)
    asker = Asker(NOW, modes=[Mode.TEST, Mode.EXERCISE])
    waiting_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    for seq in range(1, 301):
        originator, rank = drawn.choice(("XBB", "XBB", "XBB", "XCC", "XDD")), drawn.choice((FLASH, ROUTINE))
        status, mode = drawn.choice(("CURRENT", "CURRENT", "UPDATED")), drawn.choice(tuple(Mode))
        expires_at = drawn.choice((None, NOW, NOW + timedelta(seconds=1)))
        owing = drawn.choice((1, 1, 0))
        end = None if expires_at is None else micros(expires_at)
        row = TrafficRow(
            *(seq, micros(NOW), end, originator, None, "ALERT", rank, mode.value, None, "", "", "", None),
            *(status, 1, owing),
        )
        traffic.add(tx, [row])
        if owing and status == "CURRENT" and mode is not Mode.OPERATION and expires_at != NOW:
            waiting_of[rank, originator].append(seq)
    wanted = []
    for (rank, _), seqs in waiting_of.items():
        for place, seq in enumerate(seqs):
            wanted.append((rank, min(2 * place + 1, 2 * (len(seqs) - place)), seq))
    wanted.sort()
    for limit in (1, 7, 40, 1000):
        listed = traffic_search.awaiting(tx, asker, [ROUTINE, FLASH], limit)
        assert listed == [seq for *_, seq in wanted][:limit]


def test_no_more_rows_are_looked_at_than_are_listed(tx: sqlite3.Connection) -> None:
    waiting(tx, *[("XBB", FLASH)] * 5000, ("XCC", FLASH))
    seen, steps = list[str](), 0

    def step() -> None:
        nonlocal steps
        steps += 1

    tx.set_trace_callback(seen.append)
    tx.set_progress_handler(step, 100)
    assert len(traffic_search.awaiting(tx, Asker(NOW), [FLASH], 100)) == 100
    tx.set_progress_handler(None, 0)
    tx.set_trace_callback(None)
    assert steps < 100, "hundreds of instructions for each row that is listed, none for the thousands more"
    plans = [row[3] for text in seen for row in tx.execute(f"EXPLAIN QUERY PLAN {text}")]
    assert not [plan for plan in plans if "TEMP B-TREE" in plan or plan.startswith("SCAN t")]
