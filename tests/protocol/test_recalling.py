"""What a recall does to a copy, and what answers make known of it: in whatever order, however often."""

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.recalling import (
    ANSWER_IN,
    ASKED_LIFE,
    COPY_LIFE,
    AskedState,
    Confirmation,
    CopyAct,
    CopyState,
    KnownCopy,
    joined,
    recall_fault,
)
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.recall import RecallOutcome
from tests.realm_fixtures import NOW

READABLE = frozenset({CopyState.FILED})
ANSWERS = st.builds(
    Confirmation,
    st.sampled_from(RecallOutcome),
    st.sampled_from([None, False, True]),
    st.integers(0, 3).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)


def after(acts: Sequence[CopyAct]) -> CopyState:
    return reduce(lambda state, act: COPY_LIFE[state, act], acts, CopyState.ABSENT)


def test_the_tables_say_what_follows_from_every_state() -> None:
    assert COPY_LIFE.keys() == {(state, act) for state in CopyState for act in CopyAct}
    assert ASKED_LIFE.keys() == {(state, outcome) for state in AskedState for outcome in RecallOutcome}


@given(acts=st.lists(st.sampled_from(CopyAct)))
def test_once_a_recall_is_known_nothing_can_be_read_whatever_came_before_or_comes_later(
    acts: list[CopyAct],
) -> None:
    state = after(acts)
    assert (state in READABLE) == (CopyAct.MESSAGE in acts and CopyAct.RECALL not in acts)
    if CopyAct.RECALL in acts:
        came_first = CopyAct.MESSAGE in acts[: acts.index(CopyAct.RECALL)]
        assert ANSWER_IN[state] is (RecallOutcome.WITHDRAWN if came_first else RecallOutcome.NOT_HELD)


@given(acts=st.lists(st.sampled_from(CopyAct)), data=st.data())
def test_repeating_what_came_changes_nothing(acts: list[CopyAct], data: st.DataObject) -> None:
    if acts:
        again = data.draw(st.sampled_from(acts))
        assert COPY_LIFE[after(acts), again] is after(acts)


@given(answers=st.lists(ANSWERS, min_size=1, max_size=5), data=st.data())
def test_answers_come_to_the_same_in_every_order_and_however_often(
    answers: list[Confirmation], data: st.DataObject
) -> None:
    def together(said: Sequence[Confirmation]) -> Confirmation | None:
        return reduce(joined, said, None)

    repeated = answers + data.draw(st.lists(st.sampled_from(answers), max_size=4))
    assert together(data.draw(st.permutations(repeated))) == together(answers)


@given(known=ANSWERS, said=ANSWERS)
def test_what_is_known_of_a_copy_only_grows(known: Confirmation, said: Confirmation) -> None:
    now = joined(known, said)
    assert now.outcome is RecallOutcome.WITHDRAWN or known.outcome is RecallOutcome.NOT_HELD
    assert now.already_read is not None or known.already_read is None
    assert now.already_read is True or known.already_read is not True


OURS = KnownCopy("XAA", "sha256:1", Mode.OPERATION)
THEIRS = KnownCopy("XCC", "sha256:1", Mode.OPERATION)


@pytest.mark.parametrize(
    ("copies", "fault"),
    [
        pytest.param([], False, id="nothing came under the id: the recall may be ahead of its message"),
        pytest.param([OURS], False, id="its own message, as it sent it"),
        pytest.param([OURS, THEIRS], False, id="its own, beside another nation's of the same id"),
        pytest.param([THEIRS], True, id="another nation's message"),
        pytest.param([KnownCopy("XAA", "sha256:2", Mode.OPERATION)], True, id="another digest"),
        pytest.param([KnownCopy("XAA", "sha256:1", Mode.EXERCISE)], True, id="another mode"),
    ],
)
def test_a_recall_that_no_honest_gateway_sends_is_told_from_the_others(
    copies: list[KnownCopy], *, fault: bool
) -> None:
    found = recall_fault("XAA", "sha256:1", Mode.OPERATION, copies)
    assert found == (ReasonCode.RECALL_MISMATCH if fault else None)
