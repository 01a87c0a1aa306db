"""What is asked often costs no more in a store that holds much: counted in steps of SQLite, not in time."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial

import pytest

from bus.protocol.deadlines import Awaited, Deadlines
from bus.store import (
    backlog,
    deadlines,
    epochs,
    held,
    lanes,
    new_publications,
    progress,
    request_list,
    requests,
)
from bus.store.held import NewHeld, Quota
from bus.store.lanes import Arrival, LaneKey
from bus.store.migrations import bring_forward
from bus.store.requests import NewParty, NewRequest
from bus.store.writer import Transaction
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from schemas.request_acts import RequestState
from schemas.wire import Lane
from tests.store.samples import NATION, NOW, REALM, message_id, publication

FEW, MANY = 40, 640
LATER = NOW + timedelta(days=1)


def overdue(tx: Transaction, rows: int) -> None:
    """So many deliveries to XBB that are overdue, and one to XCC."""
    due = Deadlines(NOW, NOW + timedelta(hours=6), None)
    for number in range(1, rows + 1):
        to = ("XBB",) if number > 1 else ("XBB", "XCC")
        new_publications.insert(tx, publication(number, to)._replace(deadlines=due))
    deadlines.note_passed(tx, LATER, rows)


def settled(tx: Transaction, rows: int) -> None:
    """So many deliveries to XBB that were receipted, and one to XCC."""
    overdue(tx, rows)
    tx.execute("UPDATE delivery SET state = 'delivered', serial = delivery_seq, lane_epoch = 1, overdue = 0")


def to_another(tx: Transaction, rows: int) -> None:
    """So many urgent deliveries to XCC that wait, and as many that were sent."""
    for number in range(1, 2 * rows + 1):
        new_publications.insert(tx, publication(number, ("XCC",)))
    tx.execute("UPDATE delivery SET precedence_rank = 0, state = iif(delivery_seq % 2, 'queued', 'sent')")


def closed(tx: Transaction, rows: int) -> None:
    """So many requests of ours, all closed."""
    for number in range(1, rows + 1):
        inserted = new_publications.insert(tx, publication(number, kind=Kind.INFORMATION_REQUEST))
        party = NewParty("XBB", message_id(number), "d", "action")
        requests.add(tx, request(number, inserted), [party])
    tx.execute("UPDATE request_party SET state = 'CLOSED'")


def not_due(tx: Transaction, rows: int) -> None:
    """So many requests of ours, all open, none with its LTIOV passed."""
    closed(tx, rows)
    tx.execute("UPDATE request_party SET state = 'SUBMITTED'")


def request(number: int, publication_seq: int) -> NewRequest:
    return NewRequest(
        originator=NATION,
        message_id=message_id(number),
        publication_seq=publication_seq,
        mode=Mode.OPERATION,
        exercise_id=None,
        display_only=False,
        issued_at=NOW,
        ltiov=LATER,
        answer_by=None,
    )


def gaps(tx: Transaction, rows: int) -> None:
    """So many gaps in XBB's lanes, none asked for yet."""
    for epoch in range(rows // 10):
        key = LaneKey("XBB", Mode.EXERCISE, Lane.NORMAL, epoch)
        lanes.record(tx, key, [Arrival(2 * n, "d", None, "admitted") for n in range(1, 11)], NOW)


def holding(tx: Transaction, rows: int) -> None:
    """So many bundles of XBB, held."""
    for number in range(rows):
        held.hold(tx, bundle(number), Quota())


def bundle(number: int) -> NewHeld:
    return NewHeld("XBB", Mode.TEST, Lane.NORMAL, "s", str(number).encode(), ReasonCode.KEY_UNKNOWN, NOW)


Fill = Callable[[Transaction, int], None]
COSTS: dict[str, tuple[Fill, Callable[[Transaction], object]]] = {
    "counting what is overdue": (overdue, deadlines.count_overdue),
    "listing the receipts of a nation with few": (settled, partial(progress.list_newest, nation="XCC")),
    "beginning an epoch towards one partner": (
        settled,
        lambda tx: epochs.begin_epoch_towards(tx, "XBB", NOW, 1),
    ),
    "counting what answers wait for a partner": (to_another, lambda tx: backlog.control_queued(tx, "XBB", 9)),
    "counting what a partner did not receipt": (
        to_another,
        lambda tx: backlog.control_unreceipted(tx, "XBB", 9),
    ),
    "holding a bundle": (holding, lambda tx: held.hold(tx, bundle(-1), Quota())),
    "counting what is held": (holding, held.count_by_originator),
    "gaps asked for in vain": (gaps, lambda tx: lanes.asked_often(tx, 2)),
    "listing open requests": (
        closed,
        lambda tx: request_list.list_newest(tx, NOW, states=[RequestState.SUBMITTED, RequestState.EXPIRED]),
    ),
    "the next request to expire": (closed, requests.next_expiry),
    "the next open request to expire": (not_due, requests.next_expiry),
    "requests that expire": (closed, lambda tx: requests.expiring(tx, LATER, 9)),
    "open requests that do not expire yet": (not_due, lambda tx: requests.expiring(tx, NOW, 9)),
}


@pytest.mark.parametrize(("fill", "act"), COSTS.values(), ids=COSTS.keys())
def test_it_costs_no_more_in_a_store_that_holds_much(
    fill: Fill, act: Callable[[Transaction], object]
) -> None:
    few, many = (steps(fill, act, rows) for rows in (FEW, MANY))
    assert many <= few + FEW, "it walks through rows that it is not about"


def steps(fill: Fill, act: Callable[[Transaction], object], rows: int) -> int:
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    for tx in _store():
        fill(tx, rows)
        tx.set_progress_handler(step, 1)
        act(tx)
        tx.set_progress_handler(None, 1)
    assert taken
    return taken


def _store() -> Iterator[Transaction]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as tx:
        bring_forward(tx, NATION, REALM)
        yield tx


@pytest.fixture
def tx() -> Iterator[Transaction]:
    yield from _store()


def test_a_new_epoch_towards_a_partner_queues_what_it_has_no_receipt_for_and_nothing_else(
    tx: Transaction,
) -> None:
    settled(tx, 8)
    for seq, state in enumerate(("queued", "sealed", "sent", "delivered", "refused", "withheld"), start=1):
        tx.execute("UPDATE delivery SET state = ?, recipient = 'XBB' WHERE delivery_seq = ?", (state, seq))
    tx.execute("UPDATE delivery SET state = 'refused', reason = 'SERIAL_REUSED' WHERE delivery_seq = 7")
    tx.execute("UPDATE delivery SET state = 'sent', recipient = 'XCC' WHERE delivery_seq = 8")
    epochs.begin_epoch_towards(tx, "XBB", NOW, 1)
    rows = tx.execute(
        "SELECT delivery_seq FROM delivery WHERE state = 'queued' AND serial IS NULL AND attempts = 1"
    )
    assert sorted(row[0] for row in rows) == [1, 3, 7]


def test_a_new_epoch_towards_a_partner_queues_a_bounded_number_of_sent_copies_at_once(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs, "MOST_SENT", 2)
    settled(tx, 5)
    tx.execute("UPDATE delivery SET state = 'sent'")
    epochs.begin_epoch_towards(tx, "XBB", NOW, 1)
    rows = tx.execute(
        "SELECT state, serial IS NULL, count(*) FROM delivery GROUP BY 1, 2 ORDER BY 1"
    ).fetchall()
    assert rows == [("queued", 1, 2), ("sent", 0, 4)], (
        "what is left keeps its serial, and is sent again by it"
    )


def test_what_is_counted_is_what_a_recount_finds(tx: Transaction) -> None:
    overdue(tx, 9)
    holding(tx, 9)
    deadlines.waive(tx, [1, 2])
    tx.execute("UPDATE delivery SET overdue = 3 WHERE publication_seq = 3")
    tx.execute("UPDATE delivery SET overdue = overdue & ~1 WHERE publication_seq IN (3, 4)")
    held.discharge(tx, [1, 2, 3])
    found = {(row[0], row[1]): row[2] for row in tx.execute("SELECT * FROM overdue_count WHERE count > 0")}
    recount = tx.execute(
        "SELECT recipient, overdue, count(*) FROM delivery WHERE overdue > 0 GROUP BY recipient, overdue"
    )
    assert found == {(row[0], row[1]): row[2] for row in recount} == {("XBB", 1): 5, ("XBB", 2): 1}
    assert deadlines.count_overdue(tx) == {("XBB", Awaited.DELIVERY): 5, ("XBB", Awaited.ACKNOWLEDGEMENT): 1}
    octets = tx.execute("SELECT sum(size) FROM held").fetchone()[0]
    assert (held.usage(tx, "XBB"), held.count_by_originator(tx)) == ((6, octets), {"XBB": 6})
    held.discharge(tx, range(4, 10))
    assert (held.usage(tx, "XBB"), held.count_by_originator(tx)) == ((0, 0), {})
