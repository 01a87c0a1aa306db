"""Deadlines in the store: each is looked at once, and what is met in time or cannot be met is not told of."""

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from bus.protocol.deadlines import Awaited, Deadlines
from bus.store import deadlines, deliveries, new_publications, pending, progress
from bus.store.deadlines import note_passed
from bus.store.deliveries import ResendPolicy
from bus.store.new_publications import NewPublication
from bus.store.pending import SecondPersonWanted
from bus.store.settlement import Claim, mark_settled, mark_withheld
from bus.store.writer import Store
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.wire import Lane
from tests.store.samples import NATION, NOW, REALM, publication, sealed

Tx = sqlite3.Connection
MINUTE = timedelta(minutes=1)
DUE = Deadlines(NOW, NOW + 10 * MINUTE, None)
BOTH = Deadlines(NOW, NOW + 10 * MINUTE, NOW + 20 * MINUTE)


def due(number: int = 1, of: Deadlines = DUE, acknowledgers: Collection[str] = ()) -> NewPublication:
    return publication(number)._replace(deadlines=of, acknowledgers=frozenset(acknowledgers))


def sent(tx: Tx, new: NewPublication) -> None:
    new_publications.insert(tx, new)
    sealed(tx)
    deliveries.mark_sent(tx, [1], NOW, ResendPolicy())


def passed(tx: Tx, minutes: int, limit: int = 50) -> list[tuple[str, str, bool]]:
    found = note_passed(tx, NOW + minutes * MINUTE, limit)
    return [(each.recipient, each.awaited.value, each.sent) for each in found]


def receipt(status: str, serial: int = 1, at: datetime = NOW) -> Claim:
    return Claim(Lane.NORMAL, 1, serial, publication(serial).digest, ReceiptStatus(status), at=at)


def overdue(tx: Tx) -> dict[tuple[str, str], int]:
    return {(nation, awaited.value): n for (nation, awaited), n in deadlines.count_overdue(tx).items()}


def test_what_is_not_delivered_in_time_is_told_once(tx: Tx) -> None:
    sent(tx, due())
    assert deadlines.next_watch(tx) == NOW + 10 * MINUTE
    assert passed(tx, 9) == []
    assert passed(tx, 10) == [("XBB", "delivery", True), ("XCC", "delivery", True)]
    assert passed(tx, 10) == passed(tx, 999) == []
    assert deadlines.next_watch(tx) is None
    assert overdue(tx) == {("XBB", "delivery"): 1, ("XCC", "delivery"): 1}


def test_what_came_in_time_is_not_told_of_and_what_comes_later_is_overdue_no_more(tx: Tx) -> None:
    sent(tx, due())
    assert not mark_settled(tx, "XBB", Mode.OPERATION, [receipt("delivered")], NOW).overdue_met
    assert passed(tx, 10) == [("XCC", "delivery", True)]
    assert mark_settled(tx, "XCC", Mode.OPERATION, [receipt("read")], NOW).overdue_met
    assert overdue(tx) == {}


def test_each_of_two_deadlines_is_told_when_it_passes(tx: Tx) -> None:
    sent(tx, due(of=BOTH, acknowledgers={"XBB"}))
    assert passed(tx, 10) == [("XBB", "delivery", True), ("XCC", "delivery", True)]
    assert deadlines.next_watch(tx) == NOW + 20 * MINUTE
    assert passed(tx, 20) == [("XBB", "acknowledgement", True)]
    (row,) = progress.list_newest(tx, nation="XBB")
    assert row.progress.overdue == (Awaited.DELIVERY, Awaited.ACKNOWLEDGEMENT)
    assert row.progress.overdue_since == NOW + 10 * MINUTE
    mark_settled(tx, "XBB", Mode.OPERATION, [receipt("delivered")], NOW)
    assert overdue(tx) == {("XBB", "acknowledgement"): 1, ("XCC", "delivery"): 1}
    mark_settled(tx, "XBB", Mode.OPERATION, [receipt("acknowledged")], NOW)
    assert overdue(tx) == {("XCC", "delivery"): 1}


def test_a_gateway_that_was_away_tells_of_both_at_once(tx: Tx) -> None:
    sent(tx, due(of=BOTH, acknowledgers={"XBB"}))
    assert passed(tx, 30) == [
        ("XBB", "delivery", True),
        ("XCC", "delivery", True),
        ("XBB", "acknowledgement", True),
    ]
    assert deadlines.next_watch(tx) is None


def test_an_acknowledgement_may_be_due_before_the_delivery(tx: Tx) -> None:
    sent(tx, due(of=DUE._replace(acknowledge_by=NOW + MINUTE), acknowledgers={"XBB"}))
    assert passed(tx, 1) == [("XBB", "acknowledgement", True)]
    assert passed(tx, 10) == [("XBB", "delivery", True), ("XCC", "delivery", True)]


def test_only_those_asked_owe_an_acknowledgement_and_only_they_see_a_deadline_for_it(tx: Tx) -> None:
    sent(tx, due(of=BOTH, acknowledgers={"XBB"}))
    by = {row.nation: row.progress.acknowledge_by for row in progress.list_newest(tx)}
    assert by == {"XBB": NOW + 20 * MINUTE, "XCC": None}


def test_what_nobody_can_expect_any_longer_is_not_overdue(tx: Tx) -> None:
    sent(tx, due(of=BOTH, acknowledgers={"XBB", "XCC"}))
    passed(tx, 10)
    mark_settled(tx, "XBB", Mode.OPERATION, [receipt("refused")], NOW)
    tx.execute("UPDATE delivery SET state = 'queued' WHERE recipient = 'XCC'")
    mark_withheld(tx, [1, 2], ReasonCode.NATION_SUSPENDED, NOW)
    assert overdue(tx) == {}
    assert passed(tx, 20) == []


def test_what_is_waived_is_told_of_no_more(tx: Tx) -> None:
    sent(tx, due(of=BOTH, acknowledgers={"XBB"}))
    passed(tx, 10)
    deadlines.waive(tx, [1])
    assert overdue(tx) == {}
    assert passed(tx, 99) == []


def test_what_waits_for_a_second_person_has_no_deadline_until_it_is_released(tx: Tx) -> None:
    seq = new_publications.insert(tx, due())
    pending.hold(tx, seq, SecondPersonWanted("FLASH", NOW + 15 * MINUTE))
    assert deadlines.next_watch(tx) is None
    assert passed(tx, 99) == []
    (wait,) = pending.waiting(tx)
    pending.let_go(tx, wait.wait)
    deadlines.begin(tx, seq, DUE._replace(released_at=NOW + MINUTE, deliver_by=NOW + 11 * MINUTE))
    assert passed(tx, 10) == []
    assert passed(tx, 11) == [("XBB", "delivery", False), ("XCC", "delivery", False)]


def test_few_at_a_time_the_longest_overdue_first(tx: Tx) -> None:
    for number in (1, 2, 3):
        new_publications.insert(tx, due(number, DUE._replace(deliver_by=NOW + (13 - number) * MINUTE)))
    found = [note_passed(tx, NOW + 20 * MINUTE, limit=1) for _ in range(4)]
    assert [{each.publication_id for each in page} for page in found] == [
        *({publication(number).publication_id} for number in (3, 2, 1)),
        set(),
    ]


async def test_a_store_that_is_opened_again_tells_nothing_twice_and_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store.open(path, NATION, REALM)
    await store.write(lambda tx: new_publications.insert(tx, due(1)))
    await store.write(lambda tx: new_publications.insert(tx, due(2, replace_due(12))))
    assert len(await store.write(lambda tx: note_passed(tx, NOW + 10 * MINUTE))) == 2
    await store.close()
    store = Store.open(path, NATION, REALM)
    assert await store.read(deadlines.next_watch) == NOW + 12 * MINUTE
    assert await store.write(lambda tx: note_passed(tx, NOW + 11 * MINUTE)) == ()
    assert len(await store.write(lambda tx: note_passed(tx, NOW + 12 * MINUTE))) == 2
    assert sum((await store.read(deadlines.count_overdue)).values()) == 4
    await store.close()


def replace_due(minutes: int) -> Deadlines:
    return DUE._replace(deliver_by=NOW + minutes * MINUTE)


def test_lists_narrow_and_go_backwards_page_by_page(tx: Tx) -> None:
    for number in (1, 2, 3):
        new_publications.insert(tx, due(number))
    seqs = [row.delivery_seq for row in progress.list_newest(tx, limit=4)]
    assert seqs == [6, 5, 4, 3]
    assert [row.delivery_seq for row in progress.list_newest(tx, before=3)] == [2, 1]
    assert [row.delivery_seq for row in progress.list_newest(tx, nation="XCC")] == [6, 4, 2]
    wanted = publication(2).publication_id
    assert [row.delivery_seq for row in progress.list_newest(tx, publication_id=wanted)] == [4, 3]
    assert progress.list_newest(tx, publication_id="f" * 32) == ()
    assert progress.list_newest(tx, mode=Mode.TEST) == progress.list_newest(tx, overdue=True) == ()
    passed(tx, 10)
    assert len(progress.list_newest(tx, overdue=True, nation="XBB", mode=Mode.OPERATION)) == 3


def test_a_copy_that_was_cancelled_for_its_recipient_is_awaited_no_more(tx: Tx) -> None:
    sent(tx, due())
    tx.execute("UPDATE delivery SET cancelled_at = 1 WHERE recipient = 'XBB'")
    assert passed(tx, 10) == [("XCC", "delivery", True)]
