"""What receipts leave: the times that were signed, and happenings, whatever order they come in."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.store import deliveries, events, new_publications, progress, settlement
from bus.store.epochs import begin_epoch
from bus.store.settlement import Claim, mark_settled
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.wire import ContentType, Lane
from tests.store.founded import in_memory
from tests.store.samples import NATION, NOW, REALM, SECOND, message_id, publication, sealed
from tests.store.test_settlement import CLAIM, DIGEST, Tx, sent, states

__all__ = ["sent"]


def test_each_state_keeps_when_it_was_signed_and_when_that_was_recorded(sent: Tx) -> None:
    for hours, status in ((1, "delivered"), (2, "read"), (3, "acknowledged"), (4, "actioned")):
        signed = NOW + timedelta(hours=hours)
        claim = replace(CLAIM, status=ReceiptStatus(status), at=signed)
        mark_settled(sent, "XBB", Mode.OPERATION, [claim], signed + SECOND)
    told = progress_of_first(sent).told
    assert [(entry.status.value, entry.at - NOW, entry.noted_at - entry.at) for entry in told] == [
        ("delivered", timedelta(hours=1), SECOND),
        ("read", timedelta(hours=2), SECOND),
        ("acknowledged", timedelta(hours=3), SECOND),
        ("actioned", timedelta(hours=4), SECOND),
    ]


STATEMENTS = st.lists(
    st.builds(
        Claim,
        st.just(Lane.NORMAL),
        st.just(1),
        st.just(1),
        st.just(DIGEST),
        st.sampled_from(ReceiptStatus),
        at=st.integers(-5, 5).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(STATEMENTS, st.randoms(use_true_random=False), st.integers(1, 6))
def test_receipts_in_any_order_and_number_end_the_same(
    claims: list[Claim], random: Random, at_once: int
) -> None:
    shuffled = [*claims, *claims]
    random.shuffle(shuffled)
    assert _ends(shuffled, at_once) == _ends(claims, len(claims))


def _ends(claims: list[Claim], at_once: int) -> tuple[str, list[tuple[str, datetime]]]:
    connection = in_memory(NATION, REALM)
    new_publications.insert(connection, publication(1, ("XBB",)))
    sealed(connection)
    for start in range(0, len(claims), at_once):
        mark_settled(connection, "XBB", Mode.OPERATION, claims[start : start + at_once], NOW)
    state = states(connection)["XBB"]
    told = progress_of_first(connection).told
    connection.close()
    return state, [(entry.status.value, entry.at) for entry in told]


def progress_of_first(tx: Tx) -> progress.Progress:
    (row,) = progress.list_newest(tx, nation="XBB", publication_id=publication(1).publication_id)
    return row.progress


def test_news_is_told_once_and_a_repetition_leaves_nothing(sent: Tx) -> None:
    read = replace(CLAIM, status=ReceiptStatus.READ, at=NOW)
    first = mark_settled(sent, "XBB", Mode.OPERATION, [read, CLAIM], NOW).matched
    # That it was delivered is news also where it was read already; the state stays.
    assert [(entry.state, entry.changed, entry.news) for entry in first] == [
        ("read", True, True),
        ("read", False, True),
    ]
    before = len(happened(sent))
    again = mark_settled(sent, "XBB", Mode.OPERATION, [read, CLAIM], NOW + SECOND).matched
    assert not any(entry.changed or entry.news for entry in again)
    assert len(happened(sent)) == before


def test_what_was_sent_under_an_epoch_that_is_over_is_known_by_its_message(sent: Tx) -> None:
    begin_epoch(sent, NOW)
    assert mark_settled(sent, "XBB", Mode.OPERATION, [CLAIM], NOW).matched == ()
    named = replace(CLAIM, message_id=message_id(1), status=ReceiptStatus.READ)
    (settled,) = mark_settled(sent, "XBB", Mode.OPERATION, [named], NOW).matched
    assert settled.state == "read"
    assert states(sent) == {"XBB": "read", "XCC": "queued"}


@pytest.mark.parametrize(
    ("recipient", "mode", "change"),
    [
        pytest.param("XDD", Mode.OPERATION, {}, id="by a nation it was not sent to"),
        pytest.param("XBB", Mode.TEST, {}, id="under another mode"),
        pytest.param("XBB", Mode.OPERATION, {"digest": publication(2).digest}, id="with another's digest"),
        pytest.param("XBB", Mode.OPERATION, {"message_id": message_id(2)}, id="under another's id"),
        pytest.param("XBB", Mode.OPERATION, {"message_id": message_id(9)}, id="under an id never used"),
    ],
)
def test_a_message_is_not_told_of(sent: Tx, recipient: str, mode: Mode, change: dict[str, str]) -> None:
    named = replace(CLAIM, epoch=9, **{"message_id": message_id(1), **change})  # type: ignore[arg-type]
    before = sent.total_changes
    assert mark_settled(sent, recipient, mode, [named], NOW).unmatched == (named,)
    assert sent.total_changes == before


def test_what_was_never_sent_is_not_told_of_by_its_message(tx: Tx) -> None:
    new_publications.insert(tx, publication(1, ("XBB",)))
    named = replace(CLAIM, message_id=message_id(1))
    assert mark_settled(tx, "XBB", Mode.OPERATION, [named], NOW).unmatched == (named,)


def test_claims_of_one_batch_by_serial_and_by_message_speak_of_one_delivery(sent: Tx) -> None:
    named = replace(CLAIM, epoch=9, message_id=message_id(1), status=ReceiptStatus.ACTIONED)
    result = mark_settled(sent, "XBB", Mode.OPERATION, [named, CLAIM, named], NOW)
    assert [(entry.state, entry.changed) for entry in result.matched] == [
        ("actioned", True),
        ("actioned", False),
        ("actioned", False),
    ]
    assert states(sent)["XBB"] == "actioned"


def happened(tx: Tx) -> list[tuple[str | None, str | None, str | None]]:
    page = events.look(tx, limit=500)
    return [(event.nation, event.state, event.reason) for event in page.events]


def test_every_change_of_a_message_is_told_once_in_the_feed(sent: Tx) -> None:
    refused = replace(CLAIM, status=ReceiptStatus.REFUSED, reason=ReasonCode.NO_AGREEMENT)
    mark_settled(sent, "XBB", Mode.OPERATION, [refused], NOW)
    mark_settled(sent, "XBB", Mode.OPERATION, [refused, CLAIM], NOW)
    sent.execute("UPDATE delivery SET state = 'queued' WHERE recipient = 'XCC' AND publication_seq = 1")
    settlement.mark_withheld(sent, [2], ReasonCode.NATION_SUSPENDED, NOW)
    settlement.mark_withheld(sent, [2], ReasonCode.NATION_SUSPENDED, NOW)
    assert happened(sent) == [
        ("XBB", "refused", "NO_AGREEMENT"),
        ("XBB", "delivered", None),
        ("XCC", "withheld", "NATION_SUSPENDED"),
    ]


def test_control_content_is_not_in_the_feed(tx: Tx) -> None:
    content_id = deliveries.add_content(tx, ContentType.CONTROL, b"{}", DIGEST)
    deliveries.enqueue(tx, content_id, ["XBB"], mode=Mode.OPERATION, lane=Lane.CONTROL)
    sealed(tx)
    claim = replace(CLAIM, lane=Lane.CONTROL)
    assert mark_settled(tx, "XBB", Mode.OPERATION, [claim], NOW).matched[0].changed
    assert happened(tx) == []
