"""Figures of partners: pace and clock from receipts, FLASH that waits, messages by the minute."""

import sqlite3
from datetime import timedelta

import pytest

from bus.store.columns import micros
from bus.store.new_publications import insert
from bus.store.partner_figures import Minutes, by_minute, flash_unacknowledged, minute_of, pace
from schemas.header import Precedence
from tests.store.samples import NOW, SECOND, publication

Tx = sqlite3.Connection
MINUTE = timedelta(minutes=1)


def publish(tx: Tx, number: int, *recipients: str, precedence: Precedence = Precedence.ROUTINE) -> int:
    insert(tx, publication(number, recipients, precedence=precedence))
    return int(tx.execute("SELECT max(publication_seq) FROM publication").fetchone()[0])


def told(
    tx: Tx,
    seq: int,
    nation: str,
    *,
    released: float,
    sent: float | None,
    said: float,
    noted: float,
    attempts: int = 1,
) -> None:
    """Delivered, in seconds after NOW."""
    at = {
        name: micros(NOW + value * SECOND) for name, value in (("r", released), ("said", said), ("n", noted))
    }
    tx.execute("UPDATE publication SET released_at = ? WHERE publication_seq = ?", (at["r"], seq))
    tx.execute(
        "UPDATE delivery SET state = 'delivered', sent_at = ?, attempts = ?, delivered_at = ?,"
        " delivered_noted_at = ? WHERE publication_seq = ? AND recipient = ?",
        (None if sent is None else micros(NOW + sent * SECOND), attempts, at["said"], at["n"], seq, nation),
    )


def test_pace_is_the_median_of_what_was_delivered(tx: Tx) -> None:
    for number, took in enumerate((1, 2, 9), 1):
        seq = publish(tx, number, "XBB", "XCC")
        told(tx, seq, "XBB", released=0, sent=0, said=took, noted=took)
    tx.execute(
        "UPDATE delivery SET acknowledged_noted_at = ? WHERE delivery_seq = 1", (micros(NOW + 60 * SECOND),)
    )
    found = pace(tx, "XBB")
    assert (found.measured, found.delivery, found.acknowledgement) == (3, 2 * SECOND, 60 * SECOND)
    assert pace(tx, "XCC").measured == 0
    assert pace(tx, "XCC").delivery is None


@pytest.mark.parametrize(
    ("sent", "attempts", "ahead", "within"),
    [
        pytest.param(8.0, 1, 21.0, 1.0, id="between sending and the receipt's arrival"),
        pytest.param(None, 1, 25.0, 5.0, id="without a confirmation: between release and arrival"),
        pytest.param(8.0, 2, 25.0, 5.0, id="sent twice: nobody knows which came"),
        pytest.param(12.0, 1, 25.0, 5.0, id="confirmed after the receipt came"),
    ],
)
def test_a_clock_is_off_by_what_a_receipt_shows(
    tx: Tx, sent: float | None, attempts: int, ahead: float, within: float
) -> None:
    seq = publish(tx, 1, "XBB")
    told(tx, seq, "XBB", released=0, sent=sent, said=30, noted=10, attempts=attempts)
    offset = pace(tx, "XBB").offset
    assert offset is not None
    assert (offset.ahead, offset.within) == (ahead * SECOND, within * SECOND)


def test_the_quickest_receipt_tells_of_the_clock(tx: Tx) -> None:
    for number, (said, noted) in enumerate(((100, 200), (-4, 2), (50, 90)), 1):
        told(tx, publish(tx, number, "XBB"), "XBB", released=0, sent=0, said=said, noted=noted)
    offset = pace(tx, "XBB").offset
    assert offset is not None
    assert (offset.ahead, offset.within) == (-5 * SECOND, SECOND)


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        pytest.param("UPDATE delivery SET state = 'queued'", True, id="one that has not left"),
        pytest.param("UPDATE delivery SET state = 'read'", True, id="one that was read"),
        pytest.param("UPDATE delivery SET state = 'acknowledged'", False, id="not one that was acknowledged"),
        pytest.param("UPDATE delivery SET state = 'withheld'", False, id="not one that was withheld"),
        pytest.param("UPDATE delivery SET owes_acknowledgement = 0", False, id="not one nobody asked about"),
        pytest.param("UPDATE publication SET status = 'SUPERSEDED'", False, id="not one that was replaced"),
        pytest.param("UPDATE publication SET precedence = 'IMMEDIATE'", False, id="only FLASH"),
    ],
)
def test_flash_that_waits_for_an_acknowledgement(tx: Tx, change: str, waits: bool) -> None:
    publish(tx, 1, "XBB", "XCC", precedence=Precedence.FLASH)
    tx.execute("UPDATE publication SET acknowledge_by = 1")
    tx.execute("UPDATE delivery SET owes_acknowledgement = 1 WHERE recipient = 'XBB'")
    tx.execute(change)
    assert flash_unacknowledged(tx) == ({"XBB": 1} if waits else {})


def test_messages_are_counted_in_the_minute_they_were_accepted(tx: Tx) -> None:
    for number, minutes in enumerate((-30, -2, 0, 0), 1):
        seq = publish(tx, number, "XBB", "XCC")
        at = micros(NOW + minutes * MINUTE)
        tx.execute("UPDATE publication SET accepted_at = ? WHERE publication_seq = ?", (at, seq))
    tx.execute("UPDATE delivery SET state = 'withheld' WHERE recipient = 'XCC' AND publication_seq = 4")
    now = minute_of(NOW)
    found = by_minute(tx, now - 5)
    assert found == Minutes({("XBB", now - 2): 1, ("XBB", now): 2, ("XCC", now - 2): 1, ("XCC", now): 1}, {})
