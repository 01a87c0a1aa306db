"""By when a message should have arrived and been answered: from its release on, by precedence and realm."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.deadlines import BIT, DEFAULT_OBJECTIVES, MET_BY, OPEN_IN, Awaited, acknowledgers, deadlines
from bus.protocol.delivery_states import RANK
from bus.protocol.release import PlanRow, ReleaseDecision
from schemas.header import AcknowledgementPolicy, Precedence
from schemas.reasons import ReasonCode
from schemas.trust import DeliveryObjectives

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ASKED = AcknowledgementPolicy(required=True)
TIMES = st.integers(0, 60 * 365 * 24 * 3600).map(lambda seconds: AT + timedelta(seconds=seconds))
OBJECTIVES = st.builds(
    DeliveryObjectives,
    **{
        f"{precedence.value.lower()}_seconds": st.none() | st.integers(30, 30 * 24 * 3600)
        for precedence in Precedence
    },
)


@pytest.mark.parametrize(
    ("precedence", "minutes"), [("FLASH", 10), ("IMMEDIATE", 30), ("PRIORITY", 180), ("ROUTINE", 360)]
)
def test_where_the_realm_says_nothing_the_usual_speed_of_service_holds(precedence: str, minutes: int) -> None:
    made = deadlines(AT, Precedence(precedence), AcknowledgementPolicy(), None)
    assert made == (AT, AT + timedelta(minutes=minutes), None)


def test_a_realm_changes_what_it_names_and_leaves_the_rest() -> None:
    realm = DeliveryObjectives(flash_seconds=300)
    assert deadlines(AT, Precedence.FLASH, ASKED, realm).deliver_by == AT + timedelta(minutes=5)
    assert deadlines(AT, Precedence.ROUTINE, ASKED, realm).deliver_by == AT + timedelta(hours=6)


def test_an_acknowledgement_is_due_when_the_message_says_or_with_the_delivery() -> None:
    by = AT + timedelta(minutes=3)
    asked = AcknowledgementPolicy(required=True, by=by)
    assert deadlines(AT, Precedence.FLASH, asked, None).acknowledge_by == by
    assert deadlines(AT, Precedence.FLASH, ASKED, None).acknowledge_by == AT + timedelta(minutes=10)
    assert deadlines(AT, Precedence.FLASH, AcknowledgementPolicy(), None).acknowledge_by is None


@given(TIMES, st.sampled_from(Precedence), st.none() | OBJECTIVES)
def test_a_deadline_lies_after_the_release_and_moves_with_it(
    at: datetime, precedence: Precedence, realm: DeliveryObjectives | None
) -> None:
    made = deadlines(at, precedence, ASKED, realm)
    later = deadlines(at + timedelta(hours=1), precedence, ASKED, realm)
    assert made.deliver_by > made.released_at == at
    assert later.deliver_by - made.deliver_by == timedelta(hours=1)


def test_objectives_are_ordered_as_precedences_are() -> None:
    assert [DEFAULT_OBJECTIVES[each] for each in Precedence] == sorted(DEFAULT_OBJECTIVES.values())


def test_every_state_says_what_it_meets() -> None:
    assert MET_BY == {
        "delivered": 1,
        "read": 1,
        "acknowledged": 3,
        "actioned": 3,
        "refused": 3,
        "withheld": 3,
    }
    known = RANK.keys() - {"pending_release", "done"}
    for awaited in Awaited:
        met = {state for state, bits in MET_BY.items() if bits & BIT[awaited]}
        assert met | OPEN_IN[awaited] == known
        assert not met & OPEN_IN[awaited]


def test_those_addressed_for_action_who_may_have_it_owe_an_acknowledgement() -> None:
    permit = ReleaseDecision("", True, ReasonCode.RELEASE_PERMITTED, "")
    deny = ReleaseDecision("", False, ReasonCode.NO_AGREEMENT, "")
    rows = [
        PlanRow("XBB", "action", permit),
        PlanRow("XCC", "info", permit),
        PlanRow("XDD", "action", deny),
        PlanRow("XEE", "none", deny),
    ]
    assert acknowledgers(rows, ASKED) == {"XBB"}
    assert acknowledgers(rows, AcknowledgementPolicy()) == frozenset()
