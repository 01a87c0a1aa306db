"""The state of agreements by property: the same for every order, repetition and subset of papers."""

import re
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.release import ReleaseDecision, decide
from bus.protocol.standings import AgreementState, Standing
from bus.protocol.trust import TrustStore
from schemas.agreement import ActKind
from schemas.header import Kind, Mode
from tests.protocol.agreement_papers import PLAN, act, found, proposal, with_papers
from tests.protocol.messages import label
from tests.realm_fixtures import NATIONS, NOW, AgreementPlan, make_realm

REALM = make_realm(agreements=())
ROTATED = REALM.rotate("XBB", revoke_old=True)
"""XBB's first key is revoked; what it signs now is signed with the second."""
TRIPLE = AgreementPlan(id="triple", parties=NATIONS, highest=(("NATO", "NATO SECRET"),))
AGREED = (proposal(REALM), proposal(REALM, TRIPLE, "XCC"), proposal(REALM, version=2))
BASE = ROTATED.trust

acts = st.builds(
    lambda agreed, nation, kind, number, old, later: (
        act(
            REALM if old else ROTATED, AGREED[agreed], nation, kind, number, later=timedelta(seconds=later)
        ).envelope
    ),
    st.sampled_from(range(3)),
    st.sampled_from(NATIONS),
    st.sampled_from(ActKind),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 1),
)
papers = st.lists(st.one_of(acts, st.sampled_from([each.envelope for each in AGREED])), max_size=12)
everything = settings(deadline=None, max_examples=60)


def states(trust: TrustStore) -> dict[str, tuple[AgreementState, dict[str, Standing]]]:
    return {
        digest: (trusted.state(NOW), dict(trusted.standings))
        for digest, trusted in trust.book.by_digest.items()
    }


def decision(trust: TrustStore, one: str, other: str) -> ReleaseDecision:
    """On an alert of the one to the other."""
    return decide(
        originator=one,
        kind=Kind.THREAT_ALERT,
        mode=Mode.OPERATION,
        label=label(NATIONS),
        nation=other,
        trust=trust,
        now=NOW,
    )


def recipients(trust: TrustStore) -> set[tuple[str, str]]:
    return {
        (one, other)
        for one in NATIONS
        for other in NATIONS
        if one != other and decision(trust, one, other).permit
    }


@everything
@given(papers, st.randoms(use_true_random=False), st.integers(0, 12))
def test_order_repetition_and_parts_make_no_difference(
    drawn: list[bytes], shuffler: object, cut: int
) -> None:
    at_once = BASE.updated(drawn)
    mixed = [*drawn, *drawn[:cut]]
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]
    one_by_one = BASE
    for envelope in mixed:
        one_by_one = one_by_one.updated([envelope])
    in_two = BASE.updated(mixed[cut:]).updated(mixed[:cut])
    assert states(one_by_one) == states(at_once) == states(in_two)
    assert recipients(one_by_one) == recipients(at_once)
    # What is kept is all that is needed, and opening it again gives the same.
    again = TrustStore.open(REALM.id, at_once.envelopes)
    assert again == at_once
    assert again.updated(drawn) is again


@everything
@given(papers)
def test_every_permit_names_an_agreement_that_every_party_agreed_to(drawn: list[bytes]) -> None:
    trust = BASE.updated(drawn)
    for one, other in recipients(trust):
        (basis,) = decision(trust, one, other).basis
        trusted = trust.book.by_digest[basis.digest]
        assert trusted.state(NOW) is AgreementState.IN_FORCE
        assert set(trusted.standings.values()) == {Standing.AGREED}
        for nation, made in trusted.acts.items():
            assert made[0].act.nation == nation
            assert made[0].act.act in (ActKind.COUNTERSIGN, ActKind.RESUME)
            assert not all(each.revoked for each in made)


@everything
@given(papers, st.sampled_from(AGREED))
def test_taking_an_agreement_and_its_acts_away_adds_no_recipient_of_a_lone_version(
    drawn: list[bytes], removed: object
) -> None:
    """A lone version: what superseded another may of course not be undone by losing it (they are kept)."""
    trust = BASE.updated(drawn)
    digest = removed.digest  # type: ignore[attr-defined]
    if digest == AGREED[2].digest or digest not in trust.book.by_digest:
        return
    gone = trust.book.by_digest[digest]
    dropped = {each.signed.encoded for made in gone.acts.values() for each in made} | {gone.encoded}
    without = TrustStore.open(REALM.id, [each for each in trust.envelopes if each not in dropped])
    assert recipients(without) <= recipients(trust)


@everything
@given(papers, st.sampled_from(NATIONS), st.sampled_from(AGREED))
def test_who_has_left_never_comes_back(drawn: list[bytes], nation: str, agreed: object) -> None:
    left = act(ROTATED, agreed, nation, ActKind.LEAVE)  # type: ignore[arg-type]
    trust = BASE.updated([*drawn, agreed.envelope, left.envelope])  # type: ignore[attr-defined]
    trusted = found(trust, agreed)  # type: ignore[arg-type]
    if nation in trusted.parties:
        assert trusted.standings[nation] is Standing.LEFT
        assert trusted.state(NOW) in (AgreementState.LEFT, AgreementState.SUPERSEDED)


def test_the_life_of_an_agreement_from_proposal_to_leaving() -> None:
    pact = proposal(REALM)
    steps = [
        ([], AgreementState.PROPOSED),
        ([act(REALM, pact, "XAA")], AgreementState.PROPOSED),
        ([act(REALM, pact, "XBB")], AgreementState.IN_FORCE),
        ([act(REALM, pact, "XBB", ActKind.SUSPEND, 2)], AgreementState.SUSPENDED),
        ([act(REALM, pact, "XAA", ActKind.SUSPEND, 2)], AgreementState.SUSPENDED),
        ([act(REALM, pact, "XBB", ActKind.RESUME, 3)], AgreementState.SUSPENDED),
        ([act(REALM, pact, "XAA", ActKind.RESUME, 3)], AgreementState.IN_FORCE),
        ([act(REALM, pact, "XAA", ActKind.LEAVE, 4)], AgreementState.LEFT),
        ([act(REALM, pact, "XAA", ActKind.COUNTERSIGN, 5)], AgreementState.LEFT),
    ]
    trust = REALM.trust.updated([pact.envelope])
    for made, state in steps:
        trust = trust.updated([each.envelope for each in made])
        assert found(trust, pact).state(NOW) is state


def test_an_agreement_is_in_force_in_its_time_only() -> None:
    plan = AgreementPlan(id="soon", parties=("XAA", "XBB"), not_before=NOW + timedelta(days=1))
    pact = proposal(REALM, plan)
    agreed = found(with_papers(REALM, pact, act(REALM, pact, "XAA"), act(REALM, pact, "XBB")), pact)
    end = pact.document.not_after
    assert agreed.state(NOW) is AgreementState.NOT_YET_VALID
    assert agreed.state(NOW + timedelta(days=1)) is AgreementState.IN_FORCE
    assert agreed.state(end - timedelta(microseconds=1)) is AgreementState.IN_FORCE
    assert agreed.state(end) is AgreementState.EXPIRED


def test_a_newer_version_takes_over_once_all_agreed_and_its_time_has_come() -> None:
    one = proposal(REALM)
    tomorrow = AgreementPlan(id="pact", parties=("XAA", "XBB"), not_before=NOW + timedelta(days=1))
    two = proposal(REALM, tomorrow, version=2)
    both = [act(REALM, one, "XAA"), act(REALM, one, "XBB"), act(REALM, two, "XAA")]
    assert found(with_papers(REALM, one, two, *both), one).superseded_from is None
    trust = with_papers(REALM, one, two, *both, act(REALM, two, "XBB"))
    assert found(trust, one).state(NOW) is AgreementState.IN_FORCE
    assert found(trust, one).state(NOW + timedelta(days=1)) is AgreementState.SUPERSEDED
    left = trust.updated([act(REALM, two, "XBB", ActKind.LEAVE, 2).envelope])
    assert found(left, one).state(NOW + timedelta(days=1)) is AgreementState.SUPERSEDED


def test_two_parties_of_three_cannot_supersede_what_the_third_is_party_to() -> None:
    three = proposal(REALM, AgreementPlan(id="pact", parties=NATIONS))
    two = proposal(REALM, PLAN, version=2)
    acts_on = [act(REALM, three, nation) for nation in NATIONS]
    trust = with_papers(REALM, three, two, *acts_on, act(REALM, two, "XAA"), act(REALM, two, "XBB"))
    assert found(trust, three).state(NOW) is AgreementState.IN_FORCE
    assert found(trust, two).state(NOW) is AgreementState.IN_FORCE


def test_the_page_lists_every_state_and_act() -> None:
    page = (Path(__file__).parents[2] / "docs" / "agreements.md").read_text(encoding="utf-8")
    first = re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)
    assert sorted(first) == sorted([*(state.value for state in AgreementState), *ActKind])
