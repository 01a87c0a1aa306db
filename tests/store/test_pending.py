"""Publications that wait for a second person: which do, until when, and that a wait ends once."""

import sqlite3
from datetime import timedelta

import pytest

from bus.store import backlog, pending
from bus.store.new_publications import insert
from bus.store.pending import Outcome, SecondPersonWanted, WaitingRelease
from bus.store.waiting import take_waiting
from tests.store.samples import NOW, publication

Tx = sqlite3.Connection

MINUTE = timedelta(minutes=1)


def held(tx: Tx, number: int, minutes: int) -> WaitingRelease:
    new = publication(number, ("XBB", "XCC"))
    pending.hold(tx, insert(tx, new), SecondPersonWanted("because", NOW + minutes * MINUTE))
    found = pending.find(tx, new.publication_id)
    assert found is not None
    return found


def test_nothing_that_waits_is_taken_or_counted_until_it_is_let_go(tx: Tx) -> None:
    wait = held(tx, 1, 5).wait
    assert not take_waiting(tx, limit=10).deliveries
    assert backlog.queued(tx) == 0
    assert [row.recipient for row in pending.held_back(tx, wait)] == ["XBB", "XCC"]
    let_go = pending.let_go(tx, wait)
    assert take_waiting(tx, limit=10).deliveries == let_go
    assert pending.held_back(tx, wait) == ()


def test_a_wait_ends_once(tx: Tx) -> None:
    found = held(tx, 1, 5)
    pending.settle(tx, found.wait, Outcome.CONFIRMED, "operator:rita", NOW, "read twice")
    with pytest.raises(ValueError, match="no longer"):
        pending.settle(tx, found.wait, Outcome.LAPSED, "gateway", NOW)
    ended = pending.of_publication(tx, found.publication_id)
    assert ended is not None
    assert (ended.outcome, ended.decided_by, ended.note) == (Outcome.CONFIRMED, "operator:rita", "read twice")


def test_only_what_still_waits_is_listed_overdue_and_counted(tx: Tx) -> None:
    late, early, ended = held(tx, 1, 9), held(tx, 2, 3), held(tx, 3, 1)
    pending.settle(tx, ended.wait, Outcome.REFUSED, "operator:rita", NOW)
    assert pending.outlook(tx) == (2, NOW + 3 * MINUTE)
    assert pending.waiting(tx) == (late, early)
    assert pending.waiting(tx, after=late.wait.publication_seq) == (early,)
    assert pending.overdue(tx, NOW + 3 * MINUTE) == (early,)
    assert pending.overdue(tx, NOW + 9 * MINUTE) == (early, late)
    assert [pending.count_of_author(tx, author) for author in (late.author, "somebody else")] == [2, 0]


def test_one_that_never_waited_has_no_wait(tx: Tx) -> None:
    new = publication(1, ("XBB",))
    insert(tx, new)
    assert pending.find(tx, new.publication_id) is None
    assert pending.outlook(tx) == (0, None)
