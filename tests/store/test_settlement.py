"""What a recipient's receipts do: they count only for exactly what was sent to that nation."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from bus.store import deliveries, epochs, new_publications, publications, settlement
from bus.store.deliveries import ResendPolicy
from bus.store.settlement import Claim, for_serials, mark_settled
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.wire import Lane
from tests.store.samples import NOW, SECOND, message_id, publication, sealed

Tx = sqlite3.Connection
DIGEST = publication(1).digest
CLAIM = Claim(Lane.NORMAL, 1, 1, DIGEST, ReceiptStatus.DELIVERED)


@pytest.fixture
def sent(tx: Tx) -> Tx:
    """Message 1 as serial 1 and message 2 as serial 2 to XBB and to XCC, confirmed by the broker."""
    new_publications.insert(tx, publication(1))
    new_publications.insert(tx, publication(2))
    sealed(tx)
    deliveries.mark_sent(tx, [1], NOW, ResendPolicy())
    return tx


def states(tx: Tx, number: int = 1) -> dict[str, str]:
    return {row.nation: row.state for row in settlement.states(tx, publication(number).publication_id)}


def test_a_receipt_settles_its_delivery_and_no_other(sent: Tx) -> None:
    result = mark_settled(sent, "XBB", Mode.OPERATION, [CLAIM], NOW + SECOND)
    assert result.unmatched == ()
    (settled,) = result.matched
    assert (settled.state, settled.changed, settled.message_id) == ("delivered", True, message_id(1))
    assert settled.publication_id == publication(1).publication_id
    assert states(sent) == {"XBB": "delivered", "XCC": "sent"}
    assert states(sent, 2) == {"XBB": "sent", "XCC": "sent"}
    assert settlement.states(sent, publication(1).publication_id)[0].settled_at == NOW + SECOND


@pytest.mark.parametrize(
    ("recipient", "mode", "claim"),
    [
        pytest.param("XDD", Mode.OPERATION, CLAIM, id="from a nation it was not sent to"),
        pytest.param("XBB", Mode.EXERCISE, CLAIM, id="under another mode"),
        pytest.param("XBB", Mode.OPERATION, replace(CLAIM, lane=Lane.URGENT), id="for another lane"),
        pytest.param("XBB", Mode.OPERATION, replace(CLAIM, epoch=2), id="for another epoch"),
        pytest.param("XBB", Mode.OPERATION, replace(CLAIM, serial=2), id="for another serial"),
        pytest.param("XBB", Mode.OPERATION, replace(CLAIM, serial=9), id="for a serial never used"),
        pytest.param(
            "XBB", Mode.OPERATION, replace(CLAIM, digest="sha256:" + "0" * 64), id="for another digest"
        ),
        pytest.param("XBB", Mode.OPERATION, replace(CLAIM, digest=DIGEST[:-1]), id="for a shortened digest"),
        pytest.param(
            "XBB", Mode.OPERATION, replace(CLAIM, digest=DIGEST.upper()), id="for a digest in capitals"
        ),
    ],
)
def test_a_receipt_that_names_nothing_sent_changes_nothing(
    sent: Tx, recipient: str, mode: Mode, claim: Claim
) -> None:
    before = sent.total_changes
    result = mark_settled(sent, recipient, mode, [claim], NOW)
    assert (result.matched, result.unmatched) == ((), (claim,))
    assert sent.total_changes == before


def test_matching_and_other_receipts_of_one_batch_are_told_apart(sent: Tx) -> None:
    wrong = replace(CLAIM, serial=2)
    right = Claim(Lane.NORMAL, 1, 2, publication(2).digest, ReceiptStatus.DELIVERED)
    result = mark_settled(sent, "XBB", Mode.OPERATION, [wrong, CLAIM, right, CLAIM], NOW)
    assert result.unmatched == (wrong,)
    assert [(row.claim, row.changed) for row in result.matched] == [
        (CLAIM, True),
        (right, True),
        (CLAIM, False),
    ]


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["delivered", "read"], "read"),
        (["read", "delivered"], "read"),
        (["delivered", "refused"], "delivered"),
        (["refused", "delivered"], "delivered"),
        (["refused"], "refused"),
        (["refused", "refused"], "refused"),
    ],
)
def test_receipts_move_a_delivery_forward_only(sent: Tx, statuses: list[str], state: str) -> None:
    for status in statuses:
        claim = replace(CLAIM, status=ReceiptStatus(status))
        mark_settled(sent, "XBB", Mode.OPERATION, [claim], NOW)
    assert states(sent)["XBB"] == state


def test_a_refusal_keeps_its_reason(sent: Tx) -> None:
    claim = replace(CLAIM, status=ReceiptStatus.REFUSED, reason=ReasonCode.NO_AGREEMENT)
    mark_settled(sent, "XBB", Mode.OPERATION, [claim], NOW)
    detail = publications.get(sent, publication(1).publication_id)
    assert detail is not None
    assert detail.publication.deliveries[0].reason is ReasonCode.NO_AGREEMENT


def test_a_refusal_for_a_serial_of_an_epoch_that_is_over_leaves_the_message_alone(sent: Tx) -> None:
    """It has, or will have, another serial by now: only the old one was refused."""
    epochs.begin_epoch_towards(sent, "XBB", NOW, 1)
    refused = replace(
        CLAIM, status=ReceiptStatus.REFUSED, reason=ReasonCode.SERIAL_REUSED, message_id=message_id(1)
    )
    assert mark_settled(sent, "XBB", Mode.OPERATION, [refused], NOW + SECOND).unmatched == (refused,)
    assert states(sent) == {"XBB": "queued", "XCC": "sent"}


def test_a_temporary_refusal_leaves_the_delivery_to_be_sent_again(sent: Tx) -> None:
    claim = replace(CLAIM, status=ReceiptStatus.REFUSED, reason=ReasonCode.HELD_QUOTA, temporary=True)
    (settled,) = mark_settled(sent, "XBB", Mode.OPERATION, [claim], NOW).matched
    assert (settled.state, settled.changed) == ("sent", False)
    assert states(sent)["XBB"] == "sent"


def test_a_receipt_that_outruns_the_brokers_confirmation_counts(tx: Tx) -> None:
    new_publications.insert(tx, publication(1, ("XBB",)))
    sealed(tx)
    assert mark_settled(tx, "XBB", Mode.OPERATION, [CLAIM], NOW).matched[0].changed
    assert deliveries.mark_sent(tx, [1], NOW, ResendPolicy()) == 0
    assert states(tx) == {"XBB": "delivered"}


def test_a_receipt_for_a_copy_sent_before_takes_it_out_of_the_queue(sent: Tx) -> None:
    sent.execute("UPDATE delivery SET state = 'queued', resend_at = NULL")
    mark_settled(sent, "XBB", Mode.OPERATION, [CLAIM], NOW)
    assert states(sent) == {"XBB": "delivered", "XCC": "queued"}
    assert len(sealed(sent, 2)) == 3


def test_a_copy_filed_before_its_withdrawal_is_told_as_delivered(sent: Tx) -> None:
    sent.execute("UPDATE delivery SET state = 'queued', resend_at = NULL")
    settlement.mark_withheld(sent, [1], ReasonCode.NATION_SUSPENDED, NOW)
    assert states(sent)["XBB"] == "withheld"
    mark_settled(sent, "XBB", Mode.OPERATION, [CLAIM], NOW)
    assert states(sent)["XBB"] == "delivered"


def test_an_acknowledgement_counts_for_the_exact_message_sent_to_that_nation(sent: Tx) -> None:
    later = NOW + timedelta(hours=1)
    assert not settlement.mark_acknowledged(
        sent, message_id(1), "sha256:" + "0" * 64, "XBB", Mode.OPERATION, None, later
    )
    assert not settlement.mark_acknowledged(sent, message_id(1), DIGEST, "XDD", Mode.OPERATION, None, later)
    assert not settlement.mark_acknowledged(sent, message_id(3), DIGEST, "XBB", Mode.OPERATION, None, later)
    assert not settlement.mark_acknowledged(sent, message_id(1), DIGEST, "XBB", Mode.TEST, None, later)
    assert not settlement.mark_acknowledged(sent, message_id(1), DIGEST, "XBB", Mode.EXERCISE, "EX-1", later)
    assert not settlement.mark_acknowledged(sent, message_id(1), DIGEST, "XBB", Mode.OPERATION, "EX-1", later)
    assert states(sent) == {"XBB": "sent", "XCC": "sent"}
    assert settlement.mark_acknowledged(sent, message_id(1), DIGEST, "XBB", Mode.OPERATION, None, later)
    assert states(sent) == {"XBB": "acknowledged", "XCC": "sent"}
    mark_settled(sent, "XBB", Mode.OPERATION, [CLAIM], NOW)
    assert states(sent)["XBB"] == "acknowledged"


def test_an_acknowledgement_of_what_was_never_sent_does_not_count(tx: Tx) -> None:
    new_publications.insert(tx, publication(1, ("XBB",)))
    assert not settlement.mark_acknowledged(tx, message_id(1), DIGEST, "XBB", Mode.OPERATION, None, NOW)
    assert states(tx) == {"XBB": "queued"}


def test_serials_asked_for_are_found_with_their_state(sent: Tx) -> None:
    mark_settled(sent, "XBB", Mode.OPERATION, [CLAIM], NOW)
    place = ("XBB", Mode.OPERATION, Lane.NORMAL)
    found = for_serials(sent, *place, 1, [(1, 1), (2, 2**53)])
    assert [(row.serial, row.state, row.awaits_receipt) for row in found] == [
        (1, "delivered", True),
        (2, "sent", True),
    ]
    assert [row.serial for row in for_serials(sent, *place, 1, [(1, 9)], limit=1)] == [1]
    assert for_serials(sent, *place, 2, [(1, 9)]) == ()
    assert for_serials(sent, "XDD", Mode.OPERATION, Lane.NORMAL, 1, [(1, 9)]) == ()
    assert for_serials(sent, "XBB", Mode.TEST, Lane.NORMAL, 1, [(1, 9)]) == ()
