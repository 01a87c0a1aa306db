"""From queued to sent: order, serials, bundles, sending again, a new epoch."""

import sqlite3
from datetime import datetime, timedelta

import pytest

from bus.store import backlog, bundles, deliveries, epochs, resending, settlement
from bus.store.backlog import Backlog
from bus.store.bundles import NewBundle
from bus.store.columns import instant_or_none
from bus.store.deliveries import LanePosition, ResendPolicy
from bus.store.epochs import EPOCH_ORIGIN
from bus.store.new_publications import insert
from bus.store.waiting import Blocked, take_waiting
from schemas.header import Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.wire import ContentType, Lane
from tests.store.samples import NOW, SECOND, message_id, publication, published, sealed

Tx = sqlite3.Connection
POLICY = ResendPolicy(first=timedelta(seconds=30), ceiling=timedelta(seconds=100))


def numbers(tx: Tx, limit: int = 100, **options: object) -> list[int]:
    """What would be taken, by the number of its message."""
    batch = take_waiting(tx, limit=limit, **options)  # type: ignore[arg-type]
    return [int((row.message_id or "0")[-12:], 16) for row in batch.deliveries]


def state_of(tx: Tx, delivery_seq: int) -> str:
    return str(tx.execute("SELECT state FROM delivery WHERE delivery_seq = ?", (delivery_seq,)).fetchone()[0])


def test_highest_precedence_goes_first_and_oldest_first_within_one(tx: Tx) -> None:
    order = [Precedence.ROUTINE, Precedence.FLASH, Precedence.PRIORITY, Precedence.IMMEDIATE] * 3
    for number, precedence in enumerate(order, 1):
        insert(tx, publication(number, ("XBB",), precedence=precedence))
    assert numbers(tx) == [2, 6, 10, 4, 8, 12, 3, 7, 11, 1, 5, 9]
    assert numbers(tx, limit=4) == [2, 6, 10, 4]


def test_content_is_given_once_for_all_its_recipients(tx: Tx) -> None:
    new = publication(1, ("XBB", "XCC", "XDD"))
    insert(tx, new)
    batch = take_waiting(tx, limit=10)
    assert len(batch.deliveries) == 3
    assert list(batch.contents.values()) == [new.content]
    assert {row.content_id for row in batch.deliveries} == set(batch.contents)
    assert batch.deliveries[0].kind == new.kind
    assert batch.deliveries[0].publication_id == new.publication_id
    assert batch.deliveries[0].digest == new.digest


def test_what_is_taken_is_bounded_in_bytes_and_never_nothing(tx: Tx) -> None:
    for number in range(1, 6):
        insert(tx, publication(number, ("XBB",), size=1000))
    assert numbers(tx, max_bytes=3500) == [1, 2, 3]
    assert numbers(tx, max_bytes=10) == [1]


def test_a_blocked_recipient_holds_up_nobody(tx: Tx) -> None:
    insert(tx, publication(1, ("XBB", "XCC")))
    insert(tx, publication(2, ("XBB",), mode=Mode.EXERCISE))
    blocked = {Blocked("XBB", Mode.OPERATION, control=False)}
    taken = take_waiting(tx, limit=10, blocked=blocked).deliveries
    assert [(row.recipient, row.mode) for row in taken] == [("XCC", Mode.OPERATION), ("XBB", Mode.EXERCISE)]


def test_serials_are_contiguous_per_lane_in_the_order_taken(tx: Tx) -> None:
    insert(tx, publication(1, ("XBB", "XCC")))
    insert(tx, publication(2, ("XBB",), precedence=Precedence.FLASH))
    insert(tx, publication(3, ("XBB",), mode=Mode.TEST))
    insert(tx, publication(4, ("XBB",)))
    sealed(tx)
    insert(tx, publication(5, ("XBB", "XCC")))
    sealed(tx, bundle_seq=2)
    rows = tx.execute(
        "SELECT recipient, mode, lane, group_concat(serial) FROM"
        " (SELECT * FROM delivery ORDER BY serial) GROUP BY recipient, mode, lane ORDER BY 1, 2, 3"
    ).fetchall()
    assert rows == [
        ("XBB", "OPERATION", "normal", "1,2,3"),
        ("XBB", "OPERATION", "urgent", "1"),
        ("XBB", "TEST", "normal", "1"),
        ("XCC", "OPERATION", "normal", "1,2"),
    ]
    assert deliveries.lane_position(tx, "XBB", Mode.OPERATION, Lane.NORMAL) == (1, 4)
    assert deliveries.lane_position(tx, "XDD", Mode.OPERATION, Lane.NORMAL) == (1, 1)


def test_the_schema_refuses_the_same_serial_twice(tx: Tx) -> None:
    published(tx, 2)
    first, second = take_waiting(tx, limit=2).deliveries
    place = LanePosition(1, 1)
    deliveries.mark_sealed(tx, [deliveries.SealedDelivery(first.delivery_seq, 1, place, (), "ab")])
    with pytest.raises(sqlite3.IntegrityError):
        deliveries.mark_sealed(tx, [deliveries.SealedDelivery(second.delivery_seq, 1, place, (), "ab")])


def test_bundles_wait_in_order_until_confirmed_and_the_position_is_kept(tx: Tx) -> None:
    assert bundles.broker_position(tx) == 0
    new = [
        NewBundle(f"{number:032x}", "out.XAA.op.normal.XBB", bytes([number]) * 10) for number in range(100)
    ]
    seqs = bundles.insert(tx, new)
    window = bundles.unconfirmed(tx)
    assert [bundle.bundle_seq for bundle in window] == list(seqs[:64])
    assert (window[3].bundle_id, window[3].sealed) == (new[3].bundle_id, new[3].sealed)
    assert [bundle.bundle_seq for bundle in bundles.unconfirmed(tx, after=seqs[63])] == list(seqs[64:])
    bundles.confirm(tx, seqs[:64], 64)
    assert bundles.broker_position(tx) == 64
    assert bundles.count_unconfirmed(tx) == 36
    assert bundles.unconfirmed(tx)[0].bundle_seq == seqs[64]


def test_a_bundle_number_is_never_used_again(tx: Tx) -> None:
    (first,) = bundles.insert(tx, [NewBundle("a", "s", b"x")])
    bundles.confirm(tx, [first], 1)
    (second,) = bundles.insert(tx, [NewBundle("b", "s", b"x")])
    assert second > first


def next_overdue_at(tx: Tx) -> datetime | None:
    row = tx.execute("SELECT min(resend_at) FROM delivery WHERE state = 'sent'").fetchone()
    return instant_or_none(row[0])


def test_a_confirmed_bundle_makes_its_deliveries_sent_and_its_receipts_done(tx: Tx) -> None:
    published(tx, 2)
    content_id = deliveries.add_content(tx, ContentType.RECEIPTS, b"{}", "sha256:" + "00" * 32)
    deliveries.enqueue(tx, content_id, ["XBB"], mode=Mode.OPERATION, lane=Lane.CONTROL, awaits_receipt=False)
    sealed(tx, bundle_seq=5)
    published_later = publication(9, ("XBB",))
    insert(tx, published_later)
    sealed(tx, bundle_seq=6)
    assert deliveries.mark_sent(tx, [5], NOW, POLICY) == 3
    assert [state_of(tx, seq) for seq in (1, 2, 3, 4)] == ["sent", "sent", "done", "sealed"]
    assert next_overdue_at(tx) == NOW + POLICY.first
    # A receipts delivery that is done is never sent again, whatever happens to the broker.
    assert resending.requeue_unreceipted(tx) == 2
    assert state_of(tx, 3) == "done"


def test_waiting_for_a_receipt_doubles_with_each_attempt_up_to_the_ceiling(tx: Tx) -> None:
    published(tx, 1)
    now, waits = NOW, []
    for attempt in range(1, 30):
        sealed(tx, bundle_seq=attempt)
        deliveries.mark_sent(tx, [attempt], now, POLICY)
        due = next_overdue_at(tx)
        assert due is not None
        waits.append((due - now).total_seconds())
        assert resending.requeue_overdue(tx, due - timedelta(microseconds=1), 10) == ()
        assert len(resending.requeue_overdue(tx, due, 10)) == 1
        now = due
    assert waits[:4] == [30, 60, 100, 100]
    assert set(waits[3:]) == {100}


def test_what_is_sent_again_keeps_its_serial_and_new_messages_go_on_behind_it(tx: Tx) -> None:
    published(tx, 3)
    positions = sealed(tx, bundle_seq=1)
    deliveries.mark_sent(tx, [1], NOW, POLICY)
    insert(tx, publication(4, ("XBB",)))
    again = resending.requeue_overdue(tx, NOW + 3600 * SECOND, 2)
    assert [(row.delivery_seq, row.serial) for row in again] == [(1, 1), (2, 2)]
    assert again[0].message_id == message_id(1)
    positions = sealed(tx, bundle_seq=2)
    assert positions == {1: LanePosition(1, 1), 2: LanePosition(1, 2), 4: LanePosition(1, 4)}
    assert state_of(tx, 3) == "sent"


def test_the_longest_overdue_come_first(tx: Tx) -> None:
    published(tx, 2)
    sealed(tx, bundle_seq=1, limit=1)
    sealed(tx, bundle_seq=2, limit=1)
    deliveries.mark_sent(tx, [2], NOW, POLICY)
    deliveries.mark_sent(tx, [1], NOW + SECOND, POLICY)
    assert [row.delivery_seq for row in resending.requeue_overdue(tx, NOW + 999 * SECOND, 1)] == [2]


def test_a_lost_broker_store_brings_back_exactly_what_has_no_receipt(tx: Tx) -> None:
    published(tx, 4)
    positions = sealed(tx, bundle_seq=1, limit=3)
    deliveries.mark_sent(tx, [1], NOW, POLICY)
    digest = publication(1, ("XBB",)).digest
    claim = settlement.Claim(Lane.NORMAL, 1, positions[1].serial, digest, ReceiptStatus.DELIVERED)
    settlement.mark_settled(tx, "XBB", Mode.OPERATION, [claim], NOW)
    assert resending.requeue_unreceipted(tx) == 2
    assert [state_of(tx, seq) for seq in (1, 2, 3, 4)] == ["delivered", "queued", "queued", "queued"]
    assert sealed(tx, bundle_seq=2)[2] == positions[2]


def test_only_what_is_sent_and_unreceipted_is_queued_again_on_request(tx: Tx) -> None:
    published(tx, 3)
    sealed(tx, bundle_seq=1, limit=2)
    deliveries.mark_sent(tx, [1], NOW, POLICY)
    digest = publication(1, ("XBB",)).digest
    settlement.mark_settled(
        tx, "XBB", Mode.OPERATION, [settlement.Claim(Lane.NORMAL, 1, 1, digest, ReceiptStatus.DELIVERED)], NOW
    )
    assert [row.delivery_seq for row in resending.requeue(tx, [1, 2, 3, 99], NOW)] == [2]
    assert resending.requeue(tx, [1, 2, 3], NOW) == ()


def test_bundles_given_up_put_their_deliveries_back(tx: Tx) -> None:
    published(tx, 1)
    (bundle_seq,) = bundles.insert(tx, [NewBundle("a", "s", b"x")])
    sealed(tx, bundle_seq=bundle_seq)
    assert bundles.drop_all(tx) == bundle_seq
    assert bundles.drop_all(tx) == 0
    assert (state_of(tx, 1), bundles.count_unconfirmed(tx)) == ("queued", 0)


def test_a_new_epoch_starts_every_lane_at_one_and_sends_anew_what_has_no_receipt(tx: Tx) -> None:
    published(tx, 3)
    bundles.insert(tx, [NewBundle("a", "s", b"x")])
    sealed(tx, bundle_seq=1, limit=2)
    digest = publication(1, ("XBB",)).digest
    settlement.mark_settled(
        tx, "XBB", Mode.OPERATION, [settlement.Claim(Lane.NORMAL, 1, 1, digest, ReceiptStatus.DELIVERED)], NOW
    )
    assert epochs.begin_epoch(tx, EPOCH_ORIGIN) == 2
    assert bundles.count_unconfirmed(tx) == 0
    assert sealed(tx, bundle_seq=2) == {2: LanePosition(2, 1), 3: LanePosition(2, 2)}
    insert(tx, publication(4, ("XDD",)))
    assert sealed(tx, bundle_seq=3) == {4: LanePosition(2, 1)}
    assert epochs.begin_epoch(tx, EPOCH_ORIGIN + 90.5 * SECOND) == 90
    assert epochs.begin_epoch(tx, EPOCH_ORIGIN) == 91, "a clock set back repeats nothing"


def test_what_is_withheld_consumes_no_serial(tx: Tx) -> None:
    published(tx, 3)
    settlement.mark_withheld(tx, [2], ReasonCode.AGREEMENT_NOT_IN_FORCE, NOW)
    assert sealed(tx) == {1: LanePosition(1, 1), 3: LanePosition(1, 2)}
    assert state_of(tx, 2) == "withheld"
    settlement.mark_withheld(tx, [1], ReasonCode.AGREEMENT_NOT_IN_FORCE, NOW)
    assert state_of(tx, 1) == "sealed"  # too late: it is on its way


@pytest.fixture
def counted(tx: Tx) -> Tx:
    for number in range(1, 7):
        insert(tx, publication(number, ("XBB", "XCC") if number % 2 else ("XBB",)))
    sealed(tx, bundle_seq=1, limit=4)
    deliveries.mark_sent(tx, [1], NOW, POLICY)
    sealed(tx, bundle_seq=2, limit=2)
    return tx


def test_the_backlog_counts_every_stage_per_recipient(counted: Tx) -> None:
    assert backlog.per_recipient(counted) == (
        Backlog("XBB", queued=2, sealed=1, unreceipted=3),
        Backlog("XCC", queued=1, sealed=1, unreceipted=1),
    )
    assert backlog.queued(counted) == 3


def test_only_bundles_never_offered_are_taken_back_with_their_serials(tx: Tx) -> None:
    published(tx, 3)
    seqs = bundles.insert(tx, [NewBundle(name, "s", b"x") for name in "abc"])
    for seq in seqs:
        sealed(tx, bundle_seq=seq, limit=1)
    assert bundles.take_back(tx, seqs[0]) == seqs[2]
    assert [state_of(tx, seq) for seq in (1, 2, 3)] == ["sealed", "queued", "queued"]
    assert [bundle.bundle_seq for bundle in bundles.unconfirmed(tx)] == [seqs[0]]
    attempts = tx.execute("SELECT attempts FROM delivery ORDER BY delivery_seq").fetchall()
    assert attempts == [(1,), (0,), (0,)]
    assert sealed(tx, bundle_seq=9) == {2: LanePosition(1, 2), 3: LanePosition(1, 3)}
    assert bundles.take_back(tx, seqs[0]) == seqs[0]


def test_how_far_the_broker_was_offered_bundles_is_a_number_or_not_known(tx: Tx) -> None:
    assert bundles.offered_to(tx) is None
    for number in (0, 7, None):
        bundles.set_offered_to(tx, number)
        assert bundles.offered_to(tx) == number
