"""The release decision by property: monotone, closed on empties, blind to order, resting on law in force."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import ReleaseDecision, plan_release
from bus.protocol.standings import AgreementState, AgreementTrust, Standing
from schemas.classification import Equivalence
from schemas.header import DraftHeader
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode
from schemas.wire import Handling
from tests.protocol.messages import draft_header
from tests.protocol.release_questions import (
    CATEGORIES,
    COMMUNITIES,
    LEVELS,
    NATIONS,
    agreements,
    ask,
    equivalences,
    label_of,
    many,
    mostly,
    names,
    one_nation,
    questions,
    trust_with,
)

any_question, any_agreements = questions(), agreements()


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("a permit", lambda question, decision: decision.permit),
        (
            "a permit under a category",
            lambda question, decision: decision.permit and label_of(question).restrictive,
        ),
        ("a copy to look at", lambda question, decision: decision.handling is Handling.DISPLAY_ONLY),
        ("a refusal", lambda question, decision: not decision.permit),
    ],
)
def test_what_the_properties_speak_of_is_drawn(
    what: str, wanted: Callable[[dict[str, object], ReleaseDecision], bool]
) -> None:
    """A property of permits says nothing where nothing is ever permitted."""
    cases = st.tuples(any_agreements, any_question)
    seen = find(
        cases,
        lambda case: bool(wanted(case[1], ask(trust_with(case[0]), case[1]))),
        settings=settings(max_examples=10_000, phases=[Phase.generate]),
    )
    assert seen, what


@many
@given(agreements(), agreements(), equivalences(), questions())
def test_more_agreements_never_take_a_permit_away(
    few: tuple[AgreementTrust, ...],
    others: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
) -> None:
    renamed = tuple(
        replace(trusted, agreement=trusted.agreement.model_copy(update={"id": f"more-{number}"}))
        for number, trusted in enumerate(others)
    )
    if ask(trust_with(few, equal), question).permit:
        assert ask(trust_with((*few, *renamed), equal), question).permit
        assert ask(trust_with((*renamed, *few), equal), question).permit


@many
@given(agreements(), equivalences(), questions(), st.sampled_from(NATIONS))
def test_more_nations_in_the_release_set_never_take_a_permit_away_nor_give_one_to_others(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
    added: str,
) -> None:
    trust, before = trust_with(agreed, equal), label_of(question)
    wider = before.model_copy(update={"release_set": tuple(sorted({*before.release_set, added}))})
    decision = ask(trust, question)
    if decision.permit:
        assert ask(trust, question, label=wider).permit
    elif question["nation"] != added:
        assert not ask(trust, question, label=wider).permit


@many
@given(agreements(), equivalences(), questions(), st.sampled_from(CATEGORIES))
def test_a_restrictive_category_or_originator_control_never_gives_a_permit(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
    category: str,
) -> None:
    trust, before = trust_with(agreed, equal), label_of(question)
    narrower = before.model_copy(update={"restrictive": tuple({*before.restrictive, category})})
    controlled = before.model_copy(update={"originator_controlled": True})
    decision = ask(trust, question)
    if not decision.permit:
        assert not ask(trust, question, label=narrower).permit
    assert ask(trust, question, label=controlled) == decision


@many
@given(agreements(), equivalences(), questions(), st.sampled_from(NATIONS))
def test_display_only_gives_nobody_a_copy_to_keep_and_takes_none_away(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
    shown: str,
) -> None:
    trust, before = trust_with(agreed, equal), label_of(question)
    more = before.model_copy(update={"display_set": tuple(sorted({*before.display_set, shown}))})
    one, other = ask(trust, question), ask(trust, question, label=more)
    if one.permit or question["nation"] != shown:
        assert (one.permit, one.basis, one.handling) == (other.permit, other.basis, other.handling)
    elif other.permit:
        assert other.handling is Handling.DISPLAY_ONLY


@many
@given(agreements(), equivalences(), questions(), st.sampled_from(NATIONS))
def test_who_may_only_look_never_gets_more_than_if_it_were_released_to(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
    moved: str,
) -> None:
    trust, before = trust_with(agreed, equal), label_of(question)
    looking = before.model_copy(
        update={
            "release_set": tuple(name for name in before.release_set if name != moved),
            "display_set": tuple(sorted({*before.display_set, moved})),
        }
    )
    having = before.model_copy(update={"release_set": tuple(sorted({*before.release_set, moved}))})
    if question["nation"] == moved:
        assert ask(trust, question, label=looking).permit is ask(trust, question, label=having).permit


@many
@given(agreements(), equivalences(), questions(), st.data())
def test_a_higher_classification_never_gives_a_permit(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
    data: st.DataObject,
) -> None:
    trust, before = trust_with(agreed, equal), label_of(question)
    levels = LEVELS[before.policy]
    higher = data.draw(st.sampled_from(levels[levels.index(before.classification) :]))
    if not ask(trust, question).permit:
        raised = before.model_copy(update={"classification": higher})
        assert not ask(trust, question, label=raised).permit


@many
@given(agreements(), equivalences(), questions(), st.randoms(use_true_random=False))
def test_the_order_of_agreements_and_equivalences_changes_no_decision(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
    shuffler: object,
) -> None:
    mixed, mixed_equal = list(agreed), list(equal)
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]
    shuffler.shuffle(mixed_equal)  # type: ignore[attr-defined]
    one, other = (
        ask(trust_with(agreed, equal), question),
        ask(trust_with(tuple(mixed), tuple(mixed_equal)), question),
    )
    assert (one.permit, one.code) == (other.permit, other.code)


@settings(many, max_examples=250)
@given(
    agreements(),
    equivalences(),
    questions(),
    mostly(st.just(frozenset()), st.frozensets(one_nation, max_size=2)),
)
def test_every_permit_rests_on_an_agreement_in_force_and_breaks_no_rule(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...],
    question: dict[str, object],
    suspended: frozenset[str],
) -> None:
    trust = trust_with(agreed, equal, suspended)
    decision = ask(trust, question)
    labelled, nation, originator = label_of(question), question["nation"], question["originator"]
    if not decision.permit:
        assert decision.basis == ()
        assert decision.code is not ReasonCode.RELEASE_PERMITTED
        return
    assert nation != originator
    released = nation in labelled.release_set
    assert released or nation in labelled.display_set
    assert decision.handling is (Handling.RELEASE if released else Handling.DISPLAY_ONLY)
    assert not {nation, originator} & suspended
    for basis in decision.basis:
        agreement = trust.agreements[basis.id].agreement
        assert basis.digest == trust.agreements[basis.id].digest
        assert {nation, originator} <= set(agreement.parties)
        assert agreement.not_before <= question["now"] < agreement.not_after  # type: ignore[operator]
        assert question["kind"] in agreement.kinds
        assert question["mode"] in agreement.modes
        assert set(labelled.restrictive) <= set(agreement.categories)
        own = [c.classification for c in agreement.highest if c.policy == labelled.policy]
        for ceiling in own:
            levels = LEVELS[labelled.policy]
            assert levels.index(labelled.classification) <= levels.index(ceiling)
        trusted = trust.agreements[basis.id]
        assert set(trusted.standings.values()) == {Standing.AGREED}
        assert trusted.state(question["now"]) is AgreementState.IN_FORCE  # type: ignore[arg-type]
    assert decision.basis


@many
@given(agreements(), questions())
def test_an_empty_release_set_and_a_realm_without_agreements_release_to_nobody(
    agreed: tuple[AgreementTrust, ...], question: dict[str, object]
) -> None:
    nobody = label_of(question).model_copy(update={"release_set": (), "display_set": ()})
    assert not ask(trust_with(agreed), question, label=nobody).permit
    assert not ask(trust_with(()), question).permit


@many
@given(agreements(), questions(), names, names, names)
def test_a_plan_gives_copies_only_to_whom_decide_permits_the_label_releases_and_the_header_addresses(
    agreed: tuple[AgreementTrust, ...],
    question: dict[str, object],
    releasable: list[str],
    action: list[str],
    info: list[str],
) -> None:
    trust, given_label = trust_with(agreed), label_of(question)
    header: DraftHeader = draft_header(
        action,
        [name for name in info if name not in action],
        kind=question["kind"],  # type: ignore[arg-type]
        mode=question["mode"],  # type: ignore[arg-type]
    )
    author: str = question["originator"]  # type: ignore[assignment]
    labelled = DraftLabel(
        policy=given_label.policy,
        classification=given_label.classification,
        releasable_to=tuple(releasable),
    )

    def meant(listed: list[str]) -> set[str]:
        return {nation for name in listed for nation in COMMUNITIES.get(name, (name,))}

    try:
        made = plan_release(header, labelled, originator=author, trust=trust, now=question["now"])  # type: ignore[arg-type]
    except ReleaseRefused as refused:
        assert refused.code is not ReasonCode.RELEASE_PERMITTED  # noqa: PT017
        return
    assert set(made.label.release_set) == meant(releasable) - {author}
    assert made.recipients
    for nation in made.recipients:
        assert nation in made.label.release_set
        assert not (action or info) or nation in meant(action) | meant(info)
        assert ask(trust, question, label=made.label, nation=nation).permit
    named = [name for name in (action + info or releasable) if len(name) == 3 and name != author]
    assert set(named) <= set(made.recipients), "who was named by name gets it, or the draft is refused"
