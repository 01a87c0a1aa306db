"""A partner is silent when nothing that it signed came since something sent to it that is overdue."""

import sqlite3
from datetime import timedelta

from bus.store import contacts
from tests.store.samples import NOW

Tx = sqlite3.Connection
HOUR = timedelta(hours=1)


def contact(tx: Tx) -> contacts.Contact:
    return contacts.of_all(tx)["XBB"]


def test_who_was_never_heard_falls_silent_once(tx: Tx) -> None:
    assert contacts.missed(tx, "XBB", NOW, NOW + HOUR)
    assert not contacts.missed(tx, "XBB", NOW + HOUR, NOW + 2 * HOUR)
    assert contact(tx) == contacts.Contact(None, NOW + HOUR)
    assert contacts.count_silent(tx) == 1


def test_who_was_heard_since_the_release_is_not_silent(tx: Tx) -> None:
    assert not contacts.heard(tx, "XBB", NOW + HOUR, NOW + 2 * HOUR)
    assert not contacts.missed(tx, "XBB", NOW, NOW + 3 * HOUR)
    assert contacts.missed(tx, "XBB", NOW + 2 * HOUR, NOW + 4 * HOUR)


def test_whoever_signs_again_is_heard_again_once(tx: Tx) -> None:
    contacts.missed(tx, "XBB", NOW, NOW + HOUR)
    assert contacts.heard(tx, "XBB", NOW + HOUR, NOW + HOUR)
    assert not contacts.heard(tx, "XBB", NOW + HOUR, NOW + HOUR)
    assert contact(tx) == contacts.Contact(NOW + HOUR, None)


def test_old_bundles_replayed_make_nobody_heard_of(tx: Tx) -> None:
    contacts.heard(tx, "XBB", NOW - HOUR, NOW)
    contacts.missed(tx, "XBB", NOW, NOW + HOUR)
    for _ in range(3):
        assert not contacts.heard(tx, "XBB", NOW - HOUR, NOW + 2 * HOUR)
    assert contact(tx) == contacts.Contact(NOW - HOUR, NOW + HOUR)


def test_what_was_signed_before_the_release_and_comes_after_shows_nothing(tx: Tx) -> None:
    contacts.missed(tx, "XBB", NOW, NOW + HOUR)
    assert not contacts.heard(tx, "XBB", NOW - timedelta(microseconds=1), NOW + HOUR)
    assert contacts.heard(tx, "XBB", NOW, NOW + HOUR)


def test_a_clock_ahead_counts_no_further_than_now(tx: Tx) -> None:
    contacts.heard(tx, "XBB", NOW + 9 * HOUR, NOW)
    assert contact(tx).heard_at == NOW
    assert contacts.missed(tx, "XBB", NOW + HOUR, NOW + 2 * HOUR)


def test_what_comes_often_is_written_once_a_second(tx: Tx) -> None:
    contacts.heard(tx, "XBB", NOW, NOW)
    before = tx.total_changes
    contacts.heard(tx, "XBB", NOW + timedelta(milliseconds=999), NOW + HOUR)
    assert tx.total_changes == before
    contacts.heard(tx, "XBB", NOW + timedelta(seconds=1), NOW + HOUR)
    assert tx.total_changes > before
