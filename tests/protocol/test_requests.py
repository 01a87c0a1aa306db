"""The life of an information request, by property: the same end on both sides for every interleaving."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.requests import (
    ASKED_ACTS,
    ASKING_ACTS,
    ENDS,
    OVERALL_ORDER,
    TABLE,
    SignedAct,
    legal_acts,
    overall,
    settle,
    takes_effect,
)
from schemas.request_acts import CloseOutcome, RequestAct, RequestState

A, S = RequestAct, RequestState
START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LTIOV = START + timedelta(minutes=30)
OPEN_AT_LTIOV = {S.SUBMITTED, S.ACKNOWLEDGED, S.ACCEPTED, S.PARTIALLY_ANSWERED}


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def signed(act: RequestAct, at: float, outcome: CloseOutcome | None = None, name: str = "") -> SignedAct:
    if act is A.CLOSE and outcome is None:
        outcome = CloseOutcome.SATISFIED
    return SignedAct(minute(at), name or f"{act.value}-{at}", act, outcome)


def state(acts: Sequence[SignedAct], now: float = 10) -> RequestState:
    return settle(acts, ltiov=LTIOV, now=minute(now)).state


everybodys = st.builds(
    signed,
    st.sampled_from([act for act in A if act is not A.EXPIRE]),
    st.integers(0, 60),
    st.sampled_from(CloseOutcome),
    st.sampled_from(["1", "2", "3"]),
)


@given(st.lists(everybodys, max_size=8), st.randoms(use_true_random=False), st.integers(0, 90))
def test_where_it_stands_depends_on_which_acts_are_known_and_on_nothing_else(
    acts: list[SignedAct], shuffler: object, now: int
) -> None:
    mixed = list(acts)
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]
    assert settle(mixed, ltiov=LTIOV, now=minute(now)) == settle(acts, ltiov=LTIOV, now=minute(now))


@given(st.lists(everybodys, max_size=8), st.integers(0, 90))
def test_whatever_the_asker_ends_is_ended_and_by_its_first_word(acts: list[SignedAct], now: int) -> None:
    found = settle(acts, ltiov=LTIOV, now=minute(now))
    closing = [act for act in acts if act.act in ASKING_ACTS]
    assert (found.state in ENDS) == bool(closing)
    if closing:
        first = min(closing, key=lambda each: (each.at, each.act_id, each.act.value, each.outcome or ""))
        assert found.state is (S.CANCELLED if first.act is A.CANCEL else S.CLOSED)
        told = {A.CANCEL: None, A.REPLACE: CloseOutcome.OVERTAKEN}.get(first.act, first.outcome)
        assert found.outcome is told


@given(st.lists(everybodys, max_size=8), st.integers(31, 90))
def test_after_ltiov_nothing_is_open_and_what_is_signed_later_by_the_asked_has_no_effect(
    acts: list[SignedAct], now: int
) -> None:
    assert state(acts, now) not in OPEN_AT_LTIOV
    in_time = [act for act in acts if act.at <= LTIOV or act.act in ASKING_ACTS]
    assert state(in_time, now) is state(acts, now)


@given(st.lists(everybodys, max_size=8), st.integers(0, 90))
def test_every_step_is_what_the_table_says_and_what_is_illegal_moves_nothing(
    acts: list[SignedAct], now: int
) -> None:
    before = S.SUBMITTED
    steps = settle(acts, ltiov=LTIOV, now=minute(now)).steps
    for step in steps:
        if step.legal:
            assert TABLE[before, step.signed.act] is step.state
        else:
            assert step.state is before
            late = step.signed.at > LTIOV and step.signed.act in ASKED_ACTS
            assert late or (before, step.signed.act) not in TABLE
        before = step.state
    told = sorted((each.at, each.act_id) for each in acts)
    assert [(each.signed.at, each.signed.act_id) for each in steps if each.signed.act is not A.EXPIRE] == told


def test_a_state_has_a_way_to_be_reached_and_every_end_is_final() -> None:
    assert set(TABLE.values()) | {S.SUBMITTED} == set(S)
    assert {before for before, _ in TABLE} == set(S) - ENDS
    assert {act for _, act in TABLE} == set(A)
    assert set(OVERALL_ORDER) == set(S)


@pytest.mark.parametrize("before", sorted(set(S) - ENDS))
@pytest.mark.parametrize("act", ASKING_ACTS)
def test_the_asker_may_end_it_from_every_state_that_is_no_end(before: RequestState, act: RequestAct) -> None:
    assert TABLE[before, act] in ENDS


def test_only_the_asker_closes_or_cancels() -> None:
    assert not {after for (_, act), after in TABLE.items() if act in ASKED_ACTS} & ENDS


@pytest.mark.parametrize(
    ("acts", "ends"),
    [
        ([signed(A.ACKNOWLEDGE, 1), signed(A.ACCEPT, 2), signed(A.ANSWER, 3)], S.ANSWERED),
        ([signed(A.ACCEPT, 2), signed(A.ANSWER_PARTLY, 3), signed(A.ANSWER_PARTLY, 4)], S.PARTIALLY_ANSWERED),
        ([signed(A.DECLINE, 2), signed(A.ANSWER, 3)], S.ANSWERED),
        ([signed(A.REDIRECT, 2), signed(A.ACCEPT, 3)], S.ACCEPTED),
        ([signed(A.ANSWER, 2), signed(A.DECLINE, 3)], S.ANSWERED),
        ([signed(A.ANSWER, 5), signed(A.CANCEL, 6)], S.CANCELLED),
        ([signed(A.ANSWER, 6), signed(A.CANCEL, 5)], S.CANCELLED),
        ([signed(A.ANSWER, 6), signed(A.CLOSE, 5)], S.CLOSED),
        ([signed(A.CANCEL, 6), signed(A.CLOSE, 5)], S.CLOSED),
        ([signed(A.CANCEL, 5), signed(A.CLOSE, 6)], S.CANCELLED),
        ([signed(A.REPLACE, 5), signed(A.ANSWER, 4)], S.CLOSED),
    ],
    ids=[
        "acknowledged, accepted, answered",
        "partly answered twice",
        "declined, and answered after all",
        "redirected, and taken up after all",
        "what is answered cannot be declined",
        "a cancel crosses an earlier answer",
        "a cancel crosses a later answer",
        "a closing crosses a later answer",
        "closed, then cancelled: it was closed",
        "cancelled, then closed: it was cancelled",
        "a new version of the question takes the place of the old one",
    ],
)
def test_known_lives(acts: list[SignedAct], ends: RequestState) -> None:
    for order in permutations(acts):
        assert state(order) is ends


def test_an_answer_of_before_ltiov_that_comes_late_counts() -> None:
    in_time, late = signed(A.ANSWER, 30), signed(A.ANSWER, 30.01)
    assert state([], 31) is S.EXPIRED
    assert state([in_time], 31) is S.ANSWERED
    assert state([late], 31) is S.EXPIRED
    assert [step.legal for step in settle([late], ltiov=LTIOV, now=minute(31)).steps] == [True, False]


def test_at_ltiov_itself_it_is_still_open() -> None:
    assert state([], 30) is S.SUBMITTED
    assert A.ANSWER in legal_acts(S.SUBMITTED, ASKED_ACTS, ltiov=LTIOV, now=LTIOV)
    assert legal_acts(S.SUBMITTED, ASKED_ACTS, ltiov=LTIOV, now=minute(31)) == ()


def test_what_expired_may_still_be_closed_with_its_outcome() -> None:
    found = settle([signed(A.CLOSE, 40, CloseOutcome.UNSATISFIED)], ltiov=LTIOV, now=minute(50))
    assert (found.state, found.outcome) == (S.CLOSED, CloseOutcome.UNSATISFIED)


@pytest.mark.parametrize(
    ("known", "new", "now", "wanted"),
    [
        ([], signed(A.ACCEPT, 5), 5, True),
        ([signed(A.ACCEPT, 1)], signed(A.ACCEPT, 5), 5, False),
        ([signed(A.CANCEL, 1)], signed(A.ANSWER, 5), 5, False),
        ([signed(A.CANCEL, 9)], signed(A.ANSWER, 5), 5, False),
        ([], signed(A.ANSWER, 31), 31, False),
        ([], signed(A.ANSWER, 29), 31, True),
        ([signed(A.CLOSE, 30)], signed(A.ANSWER, 29), 31, False),
        ([signed(A.ACCEPT, 8)], signed(A.DECLINE, 5), 9, False),
        ([signed(A.ACCEPT, 8)], signed(A.ANSWER, 5), 9, True),
    ],
    ids=[
        "a first acceptance",
        "accepting twice",
        "an answer after a cancel",
        "an answer after a cancel of a faster clock",
        "an answer after LTIOV",
        "an answer that waited for a second person beyond LTIOV",
        "one that waited while the request was closed",
        "declined by somebody who waited, while it was accepted",
        "answered by somebody who waited, while it was accepted",
    ],
)
def test_what_may_be_sent_is_what_will_have_an_effect(
    known: list[SignedAct], new: SignedAct, now: float, wanted: bool
) -> None:
    assert takes_effect(known, new, ltiov=LTIOV, now=minute(now)) is wanted


@given(st.sets(st.sampled_from(RequestState)))
def test_a_request_to_several_nations_is_open_while_it_is_open_with_any(states: set[RequestState]) -> None:
    found = overall(states)
    assert found in states or not states
    assert found not in ENDS or states <= ENDS


# -- two gateways and a network that delivers when and how it likes --------------------------------------


@dataclass
class Side:
    """One gateway's view: what it knows, and a clock of its own that may even go back."""

    skew: int
    mine: tuple[RequestAct, ...]
    known: dict[SignedAct, None] = field(default_factory=dict)

    def stands(self, now: int) -> RequestState:
        return settle(self.known, ltiov=LTIOV, now=minute(now + self.skew)).state


@given(
    st.tuples(st.integers(-5, 5), st.integers(-5, 5)),
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from(A), st.integers(0, 3)), max_size=25),
    st.sampled_from(CloseOutcome),
)
def test_both_sides_settle_the_same_for_every_interleaving(
    skews: tuple[int, int], plan: list[tuple[int, RequestAct, int]], outcome: CloseOutcome
) -> None:
    """Each step: one side does something legal by what it knows, or some act that travels arrives, late,
    twice or out of order. In the end everything has arrived.
    """
    asker, asked = sides = Side(skews[0], ASKING_ACTS), Side(skews[1], ASKED_ACTS)
    travelling: list[tuple[Side, SignedAct]] = []
    for now, (who, act, place) in enumerate(plan):
        side, other = sides[who], sides[1 - who]
        if act in side.mine:
            new = SignedAct(minute(now + side.skew), f"{who}{now}", act, outcome if act is A.CLOSE else None)
            if takes_effect(list(side.known), new, ltiov=LTIOV, now=new.at):
                side.known[new] = None
                travelling.append((other, new))
                assert (
                    side.stands(now)
                    is TABLE[
                        settle(
                            [each for each in side.known if each != new],
                            ltiov=LTIOV,
                            now=minute(now + side.skew),
                        ).state,
                        act,
                    ]
                )
        elif travelling:
            to, arriving = travelling[place % len(travelling)]
            to.known[arriving] = None
            if place:  # once in a while it comes again later
                travelling.remove((to, arriving))
    for to, arriving in travelling:
        to.known[arriving] = None
    assert asker.known.keys() == asked.known.keys()
    for now in (40, 100):
        assert settle(asker.known, ltiov=LTIOV, now=minute(now)) == settle(
            reversed(asked.known), ltiov=LTIOV, now=minute(now)
        )
    if any(act.act in ASKING_ACTS for act in asker.known):
        assert asked.stands(100) in ENDS
