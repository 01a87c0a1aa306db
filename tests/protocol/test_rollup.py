"""The roll-up of labels: what content drawn from several messages allows, by property and by case."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.classification import equivalent
from bus.protocol.errors import ReleaseRefused
from bus.protocol.label_rollup import (
    LabelBounds,
    bounds_of,
    check_within,
    roll_up,
    shortfalls,
    suggested,
)
from schemas.classification import Equivalence
from schemas.reasons import ReasonCode
from schemas.wire import Handling
from tests.protocol.messages import draft_label, label
from tests.protocol.release_questions import (
    BASE,
    CATEGORIES,
    LEVELS,
    NATIONS,
    classifications,
    equivalences,
    many,
    policies,
    trust_with,
)
from tests.realm_fixtures import NOW

R = ReasonCode
RELEASE, DISPLAY_ONLY = Handling.RELEASE, Handling.DISPLAY_ONLY


@st.composite
def bounds(draw: st.DrawFn) -> LabelBounds:
    """What any label allows."""
    policy, classification = draw(classifications)
    released = draw(st.frozensets(st.sampled_from(NATIONS)))
    return LabelBounds(
        policy,
        classification,
        released,
        released | draw(st.frozensets(st.sampled_from(NATIONS))),
        draw(st.frozensets(st.sampled_from(CATEGORIES))),
        draw(st.booleans()),
    )


parts = st.lists(bounds(), min_size=1, max_size=4)


def rolled(of: Sequence[LabelBounds], policy: str, equal: tuple[Equivalence, ...]) -> LabelBounds | None:
    """The roll-up, or None where it is refused."""
    try:
        return roll_up(of, policy, trust_with((), equal), NOW)
    except ReleaseRefused as refused:
        assert refused.code is R.CLASSIFICATION_UNMAPPED  # noqa: PT017
        return None


@many
@given(parts, policies, equivalences(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_a_roll_up(
    some: list[LabelBounds], policy: str, equal: tuple[Equivalence, ...], shuffler: object
) -> None:
    mixed = [*some, some[0]]
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]
    assert rolled(some, policy, equal) == rolled(mixed, policy, equal)


@many
@given(parts, parts, policies, equivalences())
def test_a_roll_up_of_roll_ups_is_the_roll_up_of_everything(
    some: list[LabelBounds], others: list[LabelBounds], policy: str, equal: tuple[Equivalence, ...]
) -> None:
    one, other = rolled(some, policy, equal), rolled(others, policy, equal)
    together = rolled([*some, *others], policy, equal)
    if one is None or other is None:
        assert together is None
    else:
        assert rolled([one, other], policy, equal) == together
        assert rolled([one], policy, equal) == one


@many
@given(parts, policies, equivalences())
def test_a_roll_up_is_never_wider_than_any_part(
    some: list[LabelBounds], policy: str, equal: tuple[Equivalence, ...]
) -> None:
    found, trust = rolled(some, policy, equal), trust_with((), equal)
    if found is None:
        return
    ranks = trust.ranks[policy]
    assert found.policy == policy
    assert found.released <= found.shown
    for part in some:
        assert found.released <= part.released
        assert found.shown <= part.shown
        assert found.restrictive >= part.restrictive
        assert found.originator_controlled >= part.originator_controlled
        own = part.classification
        if part.policy != policy:
            mapped = equivalent(part.policy, part.classification, policy, trust, NOW)
            assert mapped is not None
            own = mapped.classification
        assert ranks[found.classification] >= ranks[own]
    if all(part.policy == policy for part in some):
        assert found.classification in {part.classification for part in some}


@many
@given(parts, policies, equivalences(), st.sampled_from(NATIONS))
def test_the_label_that_is_suggested_is_no_lower_and_no_wider_than_the_roll_up(
    some: list[LabelBounds], policy: str, equal: tuple[Equivalence, ...], author: str
) -> None:
    found = rolled(some, policy, equal)
    if found is None:
        return
    made = suggested(found, author)
    assert shortfalls(made, found, trust_with((), equal)) == ()
    assert set(made.releasable_to) <= found.released - {author}
    assert {*made.releasable_to, *made.display_only_to} <= found.shown - {author}


def test_from_no_label_nothing_follows() -> None:
    with pytest.raises(ValueError, match="needs a label"):
        roll_up((), "NATO", BASE, NOW)


def test_a_release_list_that_is_missing_releases_to_nobody() -> None:
    """In the standard's generic model a tag that is absent restricts nothing; here it is an empty set."""
    missing = replace(bounds_of(label(()), "XAA"), released=frozenset(), shown=frozenset())
    found = roll_up([missing, bounds_of(label(("XBB",)), "XAA")], "NATO", BASE, NOW)
    assert found.released == found.shown == frozenset()
    assert suggested(found, "XBB").releasable_to == ()


def test_an_originator_may_have_what_is_drawn_from_its_own_messages_only() -> None:
    ours, theirs = bounds_of(label(("XBB", "XCC")), "XAA"), bounds_of(label(("XCC",)), "XBB")
    assert ours.released == {"XAA", "XBB", "XCC"}
    assert roll_up([ours, theirs], "NATO", BASE, NOW).released == {"XBB", "XCC"}


def test_who_may_look_at_one_and_have_the_other_may_look_at_what_is_drawn_from_both() -> None:
    looking = bounds_of(label(("XBB",), display_only_to=("XCC",), display_set=("XCC",)), "XAA")
    having = bounds_of(label(("XBB", "XCC")), "XAA")
    found = roll_up([looking, having], "NATO", BASE, NOW)
    assert (set(found.released), set(found.shown)) == ({"XAA", "XBB"}, {"XAA", "XBB", "XCC"})
    check_within({"XBB": RELEASE, "XCC": DISPLAY_ONLY}, found, R.REPLY_BEYOND_RELEASE)
    with pytest.raises(ReleaseRefused) as refused:
        check_within({"XBB": RELEASE, "XCC": RELEASE}, found, R.REPLY_BEYOND_RELEASE)
    assert (refused.value.code, refused.value.name) == (R.REPLY_BEYOND_RELEASE, "XCC")


def test_levels_of_another_policy_are_mapped_up_into_the_answers() -> None:
    """Sweden has nothing below BEGRÄNSAT HEMLIG."""
    unclassified = bounds_of(label(classification="NATO UNCLASSIFIED"), "XAA")
    assert roll_up([unclassified], "SWE", BASE, NOW).classification == "BEGRÄNSAT HEMLIG"
    secret = bounds_of(label(policy="SWE", classification="HEMLIG"), "XAA")
    assert roll_up([unclassified, secret], "NATO", BASE, NOW).classification == "NATO SECRET"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        pytest.param(
            label(policy="REALM", classification="OPEN"),
            R.CLASSIFICATION_UNMAPPED,
            id="of a policy that nothing leads from",
        ),
        pytest.param(label(classification="SECRETISH"), R.CLASSIFICATION_UNKNOWN, id="of an unknown level"),
        pytest.param(label(policy="XXX"), R.CLASSIFICATION_UNKNOWN, id="of an unknown policy"),
    ],
)
def test_a_label_that_cannot_be_read_refuses_the_roll_up(part: object, code: ReasonCode) -> None:
    with pytest.raises(ReleaseRefused) as refused:
        roll_up([bounds_of(label(), "XAA"), bounds_of(part, "XAA")], "NATO", BASE, NOW)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.pointer) == (code, "/label/policy")


def test_each_way_in_which_a_label_is_lower_is_named() -> None:
    strict = bounds_of(
        label(classification="NATO SECRET", restrictive=("CRYPTO",), originator_controlled=True), "XAA"
    )
    assert shortfalls(draft_label("XAA"), strict, BASE) == (
        "/label/classification",
        "/label/restrictive",
        "/label/originator_controlled",
    )
    same = draft_label(
        "XAA", classification="NATO SECRET", restrictive=("ATOMAL", "CRYPTO"), originator_controlled=True
    )
    assert shortfalls(same, strict, BASE) == ()
    assert LEVELS["NATO"][-1] == "COSMIC TOP SECRET"
    higher = same.model_copy(update={"classification": "COSMIC TOP SECRET"})
    assert shortfalls(higher, strict, BASE) == ()
