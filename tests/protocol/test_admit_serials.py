"""Serials, gaps, duplicates and equivocation: a lane's history (design 6, step 12)."""

from datetime import timedelta

import pytest

from bus.protocol.inbound import Outcome, Verdict
from schemas.header import Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.protocol.crafted_bundles import Bundle, craft, part, prepared, sent
from tests.protocol.memory_history import MemoryHistory
from tests.protocol.messages import message, outgoing
from tests.realm_fixtures import NOW, make_realm

REALM = make_realm()
R = ReasonCode


def said(verdicts: tuple[Verdict, ...]) -> list[tuple[Outcome, ReasonCode | None]]:
    return [(verdict.outcome, verdict.reason) for verdict in verdicts]


def honest(*serials: int) -> Bundle:
    (bundle,) = prepared(REALM, [outgoing(REALM, "XBB", serial) for serial in serials])
    return sent(bundle)


# -- equivocation --------------------------------------------------------------------------------------


def test_another_content_under_a_serial_is_equivocation_and_the_first_stays() -> None:
    history = MemoryHistory()
    honest(1).admitted_by(REALM, history=history)
    other = craft(REALM, [part(REALM, 1, message(2))])
    assert said(other.admitted_by(REALM, history=history)) == [(Outcome.EQUIVOCATION, R.SERIAL_REUSED)]
    assert said(honest(1).admitted_by(REALM, history=history)) == [(Outcome.DUPLICATE, None)]
    assert len(history.inbox) == 1


def test_another_content_under_a_message_id_is_equivocation_on_whatever_lane() -> None:
    history = MemoryHistory()
    honest(1).admitted_by(REALM, history=history)
    changed = message(1, precedence=Precedence.FLASH, body={"severity": "Minor"})
    bundle = craft(REALM, [part(REALM, 1, changed)], lane=Lane.URGENT)
    assert said(bundle.admitted_by(REALM, history=history)) == [(Outcome.EQUIVOCATION, R.EQUIVOCATION)]


def test_both_halves_of_an_equivocation_in_one_bundle() -> None:
    for document in (message(2), message(1, body={"severity": "Minor"})):
        bundle = craft(REALM, [part(REALM, 1), part(REALM, 1, document)])
        verdicts = bundle.admitted_by(REALM)
        assert [verdict.outcome for verdict in verdicts] == [Outcome.ADMITTED, Outcome.EQUIVOCATION]


def test_what_came_first_in_a_bundle_stays_whatever_equivocates_behind_it() -> None:
    first = part(REALM, 1)
    bundle = craft(REALM, [first, part(REALM, 1, message(2)), first])
    assert [verdict.outcome for verdict in bundle.admitted_by(REALM)] == [
        Outcome.ADMITTED,
        Outcome.EQUIVOCATION,
        Outcome.DUPLICATE,
    ]


def test_an_equivocation_by_message_id_takes_its_serial_and_leaves_no_gap() -> None:
    changed = message(1, body={"severity": "Minor"})
    bundle = craft(REALM, [part(REALM, 1), part(REALM, 2, changed), part(REALM, 3)])
    verdicts = bundle.admitted_by(REALM)
    assert [verdict.outcome for verdict in verdicts] == [
        Outcome.ADMITTED,
        Outcome.EQUIVOCATION,
        Outcome.ADMITTED,
    ]
    assert [verdict.gap for verdict in verdicts] == [None, None, None]


def test_the_same_message_under_another_serial_is_a_duplicate() -> None:
    history = MemoryHistory()
    honest(1).admitted_by(REALM, history=history)
    again = craft(REALM, [part(REALM, 2, message(1))])
    assert said(again.admitted_by(REALM, history=history)) == [(Outcome.DUPLICATE, None)]


def test_two_originators_may_use_one_message_id() -> None:
    history = MemoryHistory()
    honest(1).admitted_by(REALM, history=history)
    other = message(1, originator="XCC", release_set=("XAA", "XBB"))
    bundle = craft(REALM, [part(REALM, 1, other, originator="XCC")], originator="XCC")
    assert said(bundle.admitted_by(REALM, history=history)) == [(Outcome.ADMITTED, None)]


# -- serials and gaps ----------------------------------------------------------------------------------


def test_a_gap_is_named_once_and_what_fills_it_is_late() -> None:
    history = MemoryHistory()
    verdicts = honest(1, 4, 5).admitted_by(REALM, history=history)
    assert [verdict.gap for verdict in verdicts] == [None, (2, 3), None]
    assert not any(verdict.late for verdict in verdicts)
    filled = honest(2, 3).admitted_by(REALM, history=history)
    assert [(verdict.outcome, verdict.late, verdict.gap) for verdict in filled] == [
        (Outcome.ADMITTED, True, None)
    ] * 2
    assert history.lane("XAA", "OPERATION", "normal", 1).missing == ()


def test_a_lane_begins_at_one() -> None:
    (verdict,) = honest(3).admitted_by(REALM)
    assert verdict.gap == (1, 2)


def test_a_duplicate_under_a_new_serial_still_shows_the_gap_before_it() -> None:
    history = MemoryHistory()
    honest(1).admitted_by(REALM, history=history)
    (again,) = craft(REALM, [part(REALM, 5, message(1))]).admitted_by(REALM, history=history)
    assert (again.outcome, again.gap) == (Outcome.DUPLICATE, (2, 4))


def test_a_refused_delivery_takes_its_serial_and_shows_the_gap_before_it() -> None:
    broken = part(REALM, 3, content_digest="sha256:" + "0" * 64)
    verdicts = craft(REALM, [part(REALM, 1), broken, part(REALM, 4)]).admitted_by(REALM)
    assert said(verdicts) == [
        (Outcome.ADMITTED, None),
        (Outcome.REJECTED, R.DIGEST_MISMATCH),
        (Outcome.ADMITTED, None),
    ]
    assert [verdict.gap for verdict in verdicts] == [None, (2, 2), None]


def test_what_was_refused_stays_refused_with_its_reason() -> None:
    history = MemoryHistory()
    bundle = craft(REALM, [part(REALM, 1, message(1, release_set=("XCC",)))])
    for _ in range(2):
        assert said(bundle.admitted_by(REALM, history=history)) == [(Outcome.REJECTED, R.NOT_IN_RELEASE_SET)]


def test_a_voided_serial_that_comes_all_the_same_is_admitted_late() -> None:
    history = MemoryHistory()
    history.void("XAA", "OPERATION", "normal", 1, 1)
    honest(2).admitted_by(REALM, history=history)
    (verdict,) = honest(1).admitted_by(REALM, history=history)
    assert (verdict.outcome, verdict.late) == (Outcome.ADMITTED, True)


def test_a_new_epoch_counts_from_one_again() -> None:
    history = MemoryHistory()
    honest(1, 2).admitted_by(REALM, history=history)
    (verdict,) = craft(REALM, [part(REALM, 1, message(3), lane_epoch=2)]).admitted_by(REALM, history=history)
    assert (verdict.outcome, verdict.gap, verdict.late) == (Outcome.ADMITTED, None, False)


def test_lanes_and_modes_count_apart() -> None:
    history = MemoryHistory()
    honest(1).admitted_by(REALM, history=history)
    urgent = message(2, precedence=Precedence.FLASH)
    drill = message(3, mode=Mode.EXERCISE)
    for bundle in (
        craft(REALM, [part(REALM, 1, urgent)], lane=Lane.URGENT),
        craft(REALM, [part(REALM, 1, drill)], mode=Mode.EXERCISE),
    ):
        assert said(bundle.admitted_by(REALM, history=history)) == [(Outcome.ADMITTED, None)]


def held_and_good(*serials: int, held: int) -> Bundle:
    """Of these serials ``held`` was issued ahead of time."""
    ahead = message(held, issued_at=NOW + timedelta(minutes=30))
    return craft(REALM, [part(REALM, one, ahead if one == held else message(one)) for one in serials])


@pytest.mark.parametrize(
    ("serials", "late"),
    [
        pytest.param((1, 2, 3), True, id="later ones were filed in the meantime"),
        pytest.param((1, 2), False, id="it is still the last"),
    ],
)
def test_a_held_delivery_that_is_admitted_at_last_is_late_when(serials: tuple[int, ...], late: bool) -> None:
    history = MemoryHistory()
    bundle = held_and_good(*serials, held=2)
    assert bundle.admitted_by(REALM, history=history)[1].outcome is Outcome.HELD
    (verdict,) = [
        verdict
        for verdict in bundle.admitted_by(REALM, history=history, now=NOW + timedelta(hours=1))
        if verdict.outcome is Outcome.ADMITTED
    ]
    assert verdict.delivery is not None
    assert (verdict.delivery.serial, verdict.late) == (2, late)


def test_what_comes_after_later_ones_that_were_only_held_is_not_late() -> None:
    history = MemoryHistory()
    held_and_good(2, held=2).admitted_by(REALM, history=history)
    (verdict,) = honest(1).admitted_by(REALM, history=history)
    assert (verdict.outcome, verdict.late) == (Outcome.ADMITTED, False)
