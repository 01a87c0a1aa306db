"""Held and refused bundles: kept under quotas, so that nobody fills another nation's disk."""

import sqlite3
from dataclasses import replace

from bus.store import held, rejected
from bus.store.held import HoldResult, NewHeld, Quota
from bus.store.rejected import NewRejected
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.store.samples import NOW, SECOND

Tx = sqlite3.Connection
QUOTA = Quota(count=3, octets=1000)


def bundle(number: int, size: int = 100) -> NewHeld:
    sealed = f"sealed {number}".encode().ljust(size, b"\0")
    subject = "out.XBB.op.normal.XAA"
    return NewHeld(
        "XBB", Mode.OPERATION, Lane.NORMAL, subject, sealed, ReasonCode.KEY_UNKNOWN, NOW + number * SECOND
    )


def refusal(number: int, size: int = 100, serial: int | None = None) -> NewRejected:
    return NewRejected(
        originator="XBB",
        mode=Mode.OPERATION,
        lane=Lane.NORMAL,
        subject="out.XBB.op.normal.XAA",
        serial=serial,
        bundle_id=f"{number:032x}",
        sealed=f"refused {number}".encode().ljust(size, b"\0"),
        reason=ReasonCode.SIGNATURE_INVALID,
        outcome="REJECTED",
        at=NOW,
    )


def test_held_bundles_over_the_count_are_refused(tx: Tx) -> None:
    results = [held.hold(tx, bundle(number), QUOTA) for number in range(5)]
    assert results == [HoldResult.HELD] * 3 + [HoldResult.REFUSED] * 2
    assert held.usage(tx, "XBB") == (3, 300)


def test_held_bundles_over_the_bytes_are_refused(tx: Tx) -> None:
    assert held.hold(tx, bundle(1, 600), QUOTA) is HoldResult.HELD
    assert held.hold(tx, bundle(2, 401), QUOTA) is HoldResult.REFUSED
    assert held.hold(tx, bundle(3, 400), QUOTA) is HoldResult.HELD
    assert held.usage(tx, "XBB") == (2, 1000)


def test_the_quota_of_one_originator_is_not_another_s(tx: Tx) -> None:
    for number in range(3):
        held.hold(tx, bundle(number), QUOTA)
    assert held.hold(tx, bundle(4), QUOTA) is HoldResult.REFUSED
    assert held.hold(tx, replace(bundle(5), originator="XCC"), QUOTA) is HoldResult.HELD
    assert held.count_by_originator(tx) == {"XBB": 3, "XCC": 1}


def test_the_same_bytes_are_held_once_even_over_the_quota(tx: Tx) -> None:
    for number in range(3):
        held.hold(tx, bundle(number), QUOTA)
    again = replace(bundle(1), reason=ReasonCode.KEY_REVOKED)
    assert held.hold(tx, again, QUOTA) is HoldResult.ALREADY
    assert [row.reason for row in held.to_retry(tx)] == [
        ReasonCode.KEY_UNKNOWN,
        ReasonCode.KEY_REVOKED,
        ReasonCode.KEY_UNKNOWN,
    ]


def test_retry_goes_through_in_order_of_holding_and_discharge_makes_room(tx: Tx) -> None:
    for number in range(3):
        held.hold(tx, bundle(number), QUOTA)
    first, second = held.to_retry(tx, limit=2)
    assert (first.sealed, first.subject, first.held_at) == (bundle(0).sealed, bundle(0).subject, NOW)
    (third,) = held.to_retry(tx, after=second.held_seq)
    held.mark_retried(tx, third.held_seq, ReasonCode.TRUST_STALE, NOW)
    held.discharge(tx, [first.held_seq, second.held_seq])
    assert [(row.held_seq, row.reason) for row in held.to_retry(tx)] == [
        (third.held_seq, ReasonCode.TRUST_STALE)
    ]
    assert held.hold(tx, bundle(9), QUOTA) is HoldResult.HELD


def test_what_is_held_too_long_or_for_a_reason_that_passes_is_due(tx: Tx) -> None:
    for number in range(3):
        held.hold(tx, bundle(number), QUOTA)
    assert held.due(tx, [ReasonCode.ISSUED_IN_FUTURE], NOW - SECOND) == ()
    due = held.due(tx, [ReasonCode.ISSUED_IN_FUTURE], NOW + SECOND)
    assert [row.sealed for row in due] == [bundle(0).sealed, bundle(1).sealed]
    assert held.due(tx, [], NOW + SECOND, after=due[0].held_seq, limit=1) == due[1:]
    assert len(held.due(tx, [bundle(0).reason, ReasonCode.TRUST_STALE], NOW - SECOND)) == 3


def test_a_refusal_comes_back_exactly(tx: Tx) -> None:
    seq = rejected.add(tx, refusal(1, serial=7))
    (found,) = rejected.list_newest(tx)
    assert (found.rejected_seq, found.originator, found.mode, found.lane) == (
        seq,
        "XBB",
        Mode.OPERATION,
        Lane.NORMAL,
    )
    assert (found.serial, found.bundle_id, found.size, found.kept) == (7, refusal(1).bundle_id, 100, True)
    assert (found.reason, found.outcome, found.at) == (ReasonCode.SIGNATURE_INVALID, "REJECTED", NOW)
    assert rejected.sealed_bytes(tx, seq) == refusal(1).sealed


def test_the_oldest_refused_bytes_are_dropped_first_and_their_rows_stay(tx: Tx) -> None:
    seqs = [rejected.add(tx, refusal(number, 400), kept_octets=1000) for number in range(5)]
    assert [row.kept for row in rejected.list_newest(tx)] == [True, True, False, False, False]
    assert rejected.kept_octets(tx, "XBB") == 800
    assert rejected.sealed_bytes(tx, seqs[0]) is None
    assert rejected.sealed_bytes(tx, seqs[4]) == refusal(4, 400).sealed


def test_bytes_above_the_whole_quota_are_not_kept_and_drop_nobody_else_s(tx: Tx) -> None:
    rejected.add(tx, refusal(1, 400), kept_octets=1000)
    rejected.add(tx, refusal(2, 1001), kept_octets=1000)
    rejected.add(tx, replace(refusal(3, 900), originator=None, mode=None, lane=None), kept_octets=1000)
    assert [row.kept for row in rejected.list_newest(tx)] == [True, False, True]
    assert rejected.kept_octets(tx, None) == 900


def test_one_bundle_refused_several_times_is_kept_once_and_found_by_each(tx: Tx) -> None:
    seqs = [rejected.add(tx, refusal(1, serial=serial)) for serial in (1, 2, 3)]
    assert rejected.kept_octets(tx, "XBB") == 100
    assert [rejected.sealed_bytes(tx, seq) for seq in seqs] == [refusal(1).sealed] * 3
    assert [row.serial for row in rejected.list_newest(tx)] == [3, 2, 1]


def test_refusals_are_listed_by_pages_and_originator(tx: Tx) -> None:
    for number in range(10):
        rejected.add(tx, replace(refusal(number), originator="XBB" if number % 2 else "XCC"))
    page = rejected.list_newest(tx, limit=4)
    rest = rejected.list_newest(tx, before=page[-1].rejected_seq, limit=100)
    assert [row.rejected_seq for row in (*page, *rest)] == list(range(10, 0, -1))
    assert [row.rejected_seq for row in rejected.list_newest(tx, originator="XCC")] == [9, 7, 5, 3, 1]


def test_an_originator_s_oldest_refusals_go_and_nobody_else_s(tx: Tx) -> None:
    for number in range(6):
        rejected.add(tx, refusal(number))
    rejected.add(tx, replace(refusal(6), originator="XCC"))
    rejected.add(tx, replace(refusal(7), originator=None, mode=None, lane=None))
    assert rejected.trim(tx, "XBB", 6) == 0
    assert rejected.trim(tx, "XBB", 4) == 2
    assert rejected.trim(tx, None, 4) == 0
    assert [row.rejected_seq for row in rejected.list_newest(tx)] == [8, 7, 6, 5, 4, 3]
    assert rejected.kept_octets(tx, "XBB") == 400
    assert rejected.trim(tx, None, 0) == 1
