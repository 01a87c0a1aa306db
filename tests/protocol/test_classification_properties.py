"""Equivalence by property: whatever an equivalence says, a level maps up or is refused, never down."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.classification import Equivalent, equivalent, within
from bus.protocol.trust import TrustStore
from schemas.agreement import Ceiling
from schemas.classification import Equivalence, EquivalentLevel
from schemas.reasons import ReasonCode
from tests.realm_fixtures import NOW, make_realm

BASE = make_realm(agreements=(), policies=())
OURS = ("A0", "A1", "A2", "A3", "A4")
THEIRS = ("B0", "B1", "B2", "B3", "B4")
pairs = st.lists(st.tuples(st.sampled_from(OURS), st.sampled_from(THEIRS)), min_size=1, max_size=8)
DAY = timedelta(days=1)


def table(levels: list[tuple[str, str]], begin: timedelta = -DAY, end: timedelta = DAY) -> Equivalence:
    """From A's levels to B's, orderly or not."""
    return Equivalence(
        type="equivalence",
        v=1,
        realm=BASE.id,
        id="A-to-B",
        version=1,
        rests_on="Agreement of A and B",
        source="test",
        from_policy="A",
        to_policy="B",
        levels=tuple(EquivalentLevel(classification=own, equivalent=other) for own, other in levels),
        not_before=NOW + begin,
        not_after=NOW + end,
    )


def trust_with(*tables: Equivalence) -> TrustStore:
    """A realm of two policies of five levels each."""
    ranks = {
        name: MappingProxyType({text: int(text[1]) for text in texts}) for name, texts in POLICIES.items()
    }
    return replace(BASE.trust, ranks=MappingProxyType(ranks), equivalences=tables)


POLICIES = {"A": OURS, "B": THEIRS}


def reading(classification: str, trust: TrustStore) -> Equivalent | None:
    """How a level of A reads in B."""
    return equivalent("A", classification, "B", trust, NOW)


@given(st.lists(pairs, min_size=1, max_size=3))
def test_a_higher_level_never_reads_lower(tables: list[list[tuple[str, str]]]) -> None:
    trust = trust_with(*(table(levels) for levels in tables))
    read = [reading(text, trust) for text in OURS]
    reached = [THEIRS.index(found.classification) for found in read if found is not None]
    assert reached == sorted(reached)
    # Once a level is not reached, none above it is: else the higher one could pass where the lower may not.
    assert [found is None for found in read] == sorted(found is None for found in read)


@given(pairs)
def test_a_named_level_never_reads_below_what_it_is_named_equal_to(levels: list[tuple[str, str]]) -> None:
    trust = trust_with(table(levels))
    for own, other in levels:
        found = reading(own, trust)
        assert found is not None
        assert found.classification >= other


@given(pairs, st.sampled_from(OURS))
def test_a_level_not_named_reads_as_the_next_higher_one_or_not_at_all(
    levels: list[tuple[str, str]], text: str
) -> None:
    trust = trust_with(table(levels))
    above = [own for own, _ in levels if own >= text]
    found = reading(text, trust)
    if not above:
        assert found is None
        return
    assert found == reading(min(above), trust) or (found is not None and "mapped up" in found.rests_on)
    nearest = reading(min(above), trust)
    assert found is not None
    assert nearest is not None
    assert found.classification == nearest.classification


@given(st.lists(pairs, min_size=1, max_size=3), st.sampled_from(OURS), st.sampled_from(THEIRS))
def test_what_is_shown_is_what_is_decided_by(
    tables: list[list[tuple[str, str]]], text: str, ceiling: str
) -> None:
    """The reading and the release decision rest on the same rule: no label shows lower than it is judged."""
    trust = trust_with(*(table(levels) for levels in tables))
    found = reading(text, trust)
    judged = within("A", text, (Ceiling(policy="B", classification=ceiling),), trust, NOW)
    if found is None:
        assert judged is ReasonCode.CLASSIFICATION_UNMAPPED
    else:
        assert (judged is None) == (found.classification <= ceiling)


@given(pairs, pairs)
def test_another_equivalence_never_lowers_a_reading(
    levels: list[tuple[str, str]], more: list[tuple[str, str]]
) -> None:
    one, both = trust_with(table(levels)), trust_with(table(levels), table(more))
    for text in OURS:
        before, after = reading(text, one), reading(text, both)
        if before is None:
            assert after is None
        elif after is not None:
            assert after.classification >= before.classification


@given(pairs, st.integers(-2, 2))
def test_out_of_force_there_is_no_reading(levels: list[tuple[str, str]], days: int) -> None:
    begin = timedelta(days=days)
    trust = trust_with(table(levels, begin, begin + DAY))
    assert (reading("A0", trust) is not None) == (begin <= timedelta() < begin + DAY)


@given(pairs)
def test_a_label_in_the_readers_own_policy_needs_no_equivalent(levels: list[tuple[str, str]]) -> None:
    trust = trust_with(table(levels))
    assert all(equivalent("B", text, "B", trust, NOW) is None for text in THEIRS)
    assert equivalent("A", "A9", "B", trust, NOW) is None
    assert equivalent("C", "A1", "B", trust, NOW) is None
