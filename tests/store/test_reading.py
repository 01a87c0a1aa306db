"""Reading is noted once and not of what was recalled; receipts of people are owed apart from the others."""

import sqlite3

from bus.store import inbox, reading, receipts, withdrawals
from bus.store.receipts import ReceiptsDue
from schemas.header import Mode
from schemas.recall import RecallReason
from schemas.receipt import Receipt, ReceiptStatus
from schemas.wire import Lane
from tests.store.samples import NOW, SECOND, digest_of, inbox_message, message_id

Tx = sqlite3.Connection


def test_the_first_who_opens_a_message_is_kept(tx: Tx) -> None:
    inbox.file(tx, [inbox_message(1), inbox_message(2)])
    place = reading.note(tx, 2, "operator:anna", NOW)
    assert place is not None
    assert (place.message_id, place.serial, place.exercise_id) == (message_id(2), 2, "STEADY 26")
    assert reading.note(tx, 2, "operator:rita", NOW + SECOND) is None
    assert tx.execute("SELECT read_by FROM inbox ORDER BY inbox_seq").fetchall() == [
        (None,),
        ("operator:anna",),
    ]
    assert [row.read_at for row in inbox.list_after(tx)] == [None, NOW]


def test_what_was_recalled_is_read_by_nobody(tx: Tx) -> None:
    inbox.file(tx, [inbox_message(1)])
    withdrawals.withdraw(tx, 1, RecallReason.UNSPECIFIED, NOW)
    assert reading.note(tx, 1, "operator:anna", NOW) is None
    assert reading.note(tx, 9, "operator:anna", NOW) is None


def test_a_place_is_that_of_exactly_this_message(tx: Tx) -> None:
    new = inbox_message(1)
    inbox.file(tx, [new])
    assert reading.place_of(tx, "XBB", message_id(1), new.digest) is not None
    assert reading.place_of(tx, "XCC", message_id(1), new.digest) is None
    assert reading.place_of(tx, "XBB", message_id(1), digest_of(b"other")) is None


def receipt(serial: int, status: ReceiptStatus) -> Receipt:
    return Receipt(
        mode=Mode.TEST,
        lane=Lane.NORMAL,
        lane_epoch=1,
        serial=serial,
        content_digest=digest_of(b"x"),
        status=status,
        at=NOW,
    )


def test_what_people_did_is_taken_apart_from_what_gateways_say(tx: Tx) -> None:
    statuses = list(ReceiptStatus)
    made = [receipt(serial, status) for serial, status in enumerate(statuses, 1)]
    receipts.add(tx, "XBB", Mode.TEST, made)
    assert receipts.due(tx) == (
        ReceiptsDue("XBB", Mode.TEST, 2, lasting=False),
        ReceiptsDue("XBB", Mode.TEST, 3, lasting=True),
    )

    def taken(lasting: bool) -> set[ReceiptStatus]:
        page = receipts.take(tx, "XBB", Mode.TEST, lasting=lasting)
        return {Receipt.model_validate_json(each).status for each in page}

    assert taken(lasting=True) == {ReceiptStatus.READ, ReceiptStatus.ACKNOWLEDGED, ReceiptStatus.ACTIONED}
    assert taken(lasting=True) == set()
    assert taken(lasting=False) == {ReceiptStatus.DELIVERED, ReceiptStatus.REFUSED}
    assert receipts.due(tx) == ()
