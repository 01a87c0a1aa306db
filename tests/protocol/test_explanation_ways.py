"""What would have to change: every way that is named turns the answer, and no part of it does."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.changes import OF_AUTHOR
from bus.protocol.release_case import Bound, ReleaseCase
from bus.protocol.standings import AgreementTrust
from bus.protocol.ways import after, ways
from schemas.classification import Equivalence
from schemas.reasons import ReasonCode
from tests.protocol.test_release_properties import (
    NATIONS,
    agreements,
    equivalences,
    label_of,
    many,
    nation_sets,
    questions,
    trust_with,
)

INCURABLE = frozenset({ReasonCode.ORIGINATOR_IS_RECIPIENT})


@st.composite
def cases(draw: st.DrawFn) -> ReleaseCase:
    """Any question of release in a realm of four nations."""
    asked = draw(questions())
    agreed: tuple[AgreementTrust, ...] = draw(agreements())
    equal: tuple[Equivalence, ...] = draw(equivalences())
    suspended = draw(st.frozensets(st.sampled_from(NATIONS), max_size=2))
    label = label_of(asked)
    if draw(st.integers(0, 3)) == 0:
        label = label.model_copy(update={"originator_controlled": True})
    if draw(st.integers(0, 5)) == 0:
        label = label.model_copy(update={"classification": "NO SUCH LEVEL"})
    bounds = tuple(
        Bound(f"/header/references/{number}", "XBB", frozenset(allowed))
        for number, allowed in enumerate(draw(st.lists(nation_sets, max_size=2)))
    )
    return ReleaseCase(
        **{**asked, "label": label},  # type: ignore[arg-type]
        addressed=draw(st.sampled_from(["action", "info", "none"])),
        trust=trust_with(agreed, equal, suspended),
        bounds=bounds,
    )


@settings(deadline=None, max_examples=150)
@given(cases())
def test_a_way_turns_the_answer_and_no_part_of_it_does(case: ReleaseCase) -> None:
    permit = case.decision().permit
    for way in ways(case):
        assert after(case, way).decision().permit is not permit
        for size in range(len(way)):
            for part in combinations(way, size):
                assert after(case, part).decision().permit is permit, part


@many
@given(cases())
def test_every_answer_has_a_way_but_that_a_nation_does_not_send_to_itself(case: ReleaseCase) -> None:
    decision = case.decision()
    assert bool(ways(case)) == (decision.code not in INCURABLE)


@many
@given(cases())
def test_ways_for_what_was_issued_change_nothing_of_the_message(case: ReleaseCase) -> None:
    for way in ways(case, issued=True):
        changed = after(case, way)
        assert (changed.label, changed.addressed, changed.bounds) == (case.label, case.addressed, case.bounds)
        assert not any(change.kind in OF_AUTHOR for change in way)


@many
@given(cases())
def test_every_change_of_a_way_has_words(case: ReleaseCase) -> None:
    for way in ways(case):
        for change in way:
            assert change.text(case)
