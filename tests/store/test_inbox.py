"""The inbox: each message once, in order of filing, found by id and by reference."""

import sqlite3
from dataclasses import replace

import pytest

from bus.store import inbox, receipts
from schemas.header import Kind, Mode
from schemas.receipt import Receipt, ReceiptStatus
from schemas.wire import Lane
from tests.store.samples import NOW, SECOND, inbox_message, message_id

Tx = sqlite3.Connection


def test_what_was_filed_comes_back_exactly(tx: Tx) -> None:
    new = inbox_message(1)
    (seq,) = inbox.file(tx, [new])
    (found,) = inbox.list_after(tx)
    for name in type(new).__slots__:
        assert getattr(found, name) == getattr(new, name), name
    assert (found.inbox_seq, found.acknowledged_at) == (seq, None)
    assert inbox.by_message_id(tx, new.message_id) == (found,)


def test_listing_goes_on_where_it_stopped(tx: Tx) -> None:
    assert inbox.latest_seq(tx) == 0
    seqs = inbox.file(tx, [inbox_message(number) for number in range(1, 31)])
    assert list(seqs) == sorted(seqs)
    seen: list[int] = []
    after = 0
    while page := inbox.list_after(tx, after, limit=7):
        seen += [message.inbox_seq for message in page]
        after = page[-1].inbox_seq
    assert seen == list(seqs)
    assert inbox.latest_seq(tx) == seqs[-1]


def test_a_page_ends_before_it_holds_too_much_and_always_goes_on(tx: Tx) -> None:
    messages = [replace(inbox_message(number), content=bytes([65 + number]) * 40) for number in range(5)]
    inbox.file(tx, messages)
    found, after, pages = [], 0, []
    while page := inbox.list_after(tx, after, max_octets=100):
        pages.append(len(page))
        found += [entry.content for entry in page]
        after = page[-1].inbox_seq
    assert pages == [2, 2, 1]
    assert found == [message.content for message in messages]
    assert len(inbox.list_after(tx, max_octets=1)) == 1


def test_filters_narrow_the_list(tx: Tx) -> None:
    inbox.file(tx, [inbox_message(number) for number in range(1, 7)])
    alerts = inbox.list_after(tx, kinds=(Kind.THREAT_ALERT,))
    assert [message.serial for message in alerts] == [2, 4, 6]
    assert [message.serial for message in inbox.list_after(tx, 2, kinds=(Kind.THREAT_ALERT,), limit=1)] == [4]
    assert len(inbox.list_after(tx, modes=(Mode.EXERCISE, Mode.TEST))) == 6
    assert inbox.list_after(tx, modes=(Mode.OPERATION,)) == ()


def test_a_message_stands_in_the_inbox_once(tx: Tx) -> None:
    inbox.file(tx, [inbox_message(1)])
    with pytest.raises(sqlite3.IntegrityError):
        inbox.file(tx, [inbox_message(1)])


def test_two_originators_may_use_one_message_id(tx: Tx) -> None:
    inbox.file(tx, [inbox_message(1, "XCC"), inbox_message(1, "XBB")])
    assert [message.originator for message in inbox.by_message_id(tx, message_id(1))] == ["XBB", "XCC"]


def test_a_reference_needs_originator_id_and_digest(tx: Tx) -> None:
    new = inbox_message(1)
    inbox.file(tx, [new])
    found = inbox.reference(tx, new.originator, new.message_id, new.digest)
    assert found is not None
    assert (found.release_set, found.mode, found.exercise_id) == (new.release_set, new.mode, new.exercise_id)
    assert inbox.reference(tx, "XCC", new.message_id, new.digest) is None
    assert inbox.reference(tx, new.originator, message_id(2), new.digest) is None
    assert inbox.reference(tx, new.originator, new.message_id, "sha256:" + "0" * 64) is None


def test_acknowledging_is_recorded_once(tx: Tx) -> None:
    inbox.file(tx, [inbox_message(1)])
    place = ("XBB", message_id(1))
    assert inbox.mark_acknowledged(tx, *place, NOW + SECOND)
    assert not inbox.mark_acknowledged(tx, *place, NOW)
    assert not inbox.mark_acknowledged(tx, "XCC", message_id(1), NOW)
    (found,) = inbox.list_after(tx)
    assert found.acknowledged_at == NOW + SECOND
    reference = inbox.reference(tx, *place, found.digest)
    assert reference is not None
    assert reference.acknowledged_at == NOW + SECOND


def _receipt(serial: int) -> Receipt:
    return Receipt(
        mode=Mode.TEST,
        lane=Lane.NORMAL,
        lane_epoch=1,
        serial=serial,
        content_digest="sha256:" + "ab" * 32,
        status=ReceiptStatus.DELIVERED,
        at=NOW,
    )


def test_receipts_owed_are_taken_oldest_first_and_once(tx: Tx) -> None:
    receipts.add(tx, "XBB", Mode.TEST, [_receipt(serial) for serial in range(1, 6)])
    receipts.add(tx, "XCC", Mode.TEST, [_receipt(9)])
    receipts.add(tx, "XBB", Mode.OPERATION, [_receipt(8)])
    owed = [(due.partner, due.mode, due.count) for due in receipts.due(tx)]
    assert owed == [("XBB", Mode.OPERATION, 1), ("XBB", Mode.TEST, 5), ("XCC", Mode.TEST, 1)]
    first = receipts.take(tx, "XBB", Mode.TEST, limit=3)
    assert [Receipt.model_validate_json(data).serial for data in first] == [1, 2, 3]
    receipts.add(tx, "XBB", Mode.TEST, [_receipt(6)])
    rest = receipts.take(tx, "XBB", Mode.TEST)
    assert rest == tuple(_receipt(serial).encode() for serial in (4, 5, 6))
    assert receipts.take(tx, "XBB", Mode.TEST) == ()
    assert [(due.partner, due.count) for due in receipts.due(tx)] == [("XBB", 1), ("XCC", 1)]
