"""What would have to change: every way that is named turns the answer, and no part of it does."""

from datetime import timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.changes import OF_AUTHOR
from bus.protocol.release_case import Bound, ReleaseCase
from bus.protocol.standings import AgreementTrust, Standing
from bus.protocol.ways import after, ways
from schemas.label import ConfidentialityLabel
from schemas.reasons import ReasonCode
from tests.protocol.release_questions import (
    BASE,
    KINDS,
    MODES,
    NATIONS,
    agreements,
    classifications,
    equivalences,
    many,
    mostly,
    nation_sets,
    questions,
    standing,
    trust_with,
    trusted_as,
)
from tests.realm_fixtures import NOW, AgreementPlan

INCURABLE = frozenset({ReasonCode.ORIGINATOR_IS_RECIPIENT})

few, third_parties, last_days = st.integers(0, 3), st.sampled_from([(), ("XCC",)]), st.integers(2, 4)
near_kinds, near_modes = (mostly(st.just(all_), st.just(all_[1:])) for all_ in (KINDS, MODES))
near_categories = mostly(st.just(("CRYPTO",)), st.just(()))
near_begin = mostly(st.just(timedelta(days=-1)), st.just(timedelta(days=1)))
near_standing = mostly(st.just(Standing.AGREED), standing)
near_released = mostly(st.just(("XBB", "XCC")), nation_sets)
known_level = mostly(st.just(True), st.just(False))
restrictive = st.sampled_from([(), ("CRYPTO",)])
near_display = mostly(st.just(()), st.just(("XBB",)))
near_addressed = mostly(st.just("action"), st.just("none"))
near_suspended = mostly(st.just(frozenset()), st.just(frozenset({"XBB"})))
near_bounds = mostly(st.just(()), st.just((Bound("/header/references/0", "XCC", frozenset({"XCC"})),)))
any_bounds = st.lists(nation_sets, max_size=2)
any_suspended = st.frozensets(st.sampled_from(NATIONS), max_size=2)
any_addressed = st.sampled_from(["action", "info", "none"])
any_agreements, any_equivalences, any_question = agreements(), equivalences(), questions()


@st.composite
def near_agreements(draw: st.DrawFn) -> tuple[AgreementTrust, ...]:
    """Agreements between XAA and XBB, each of which lacks little or nothing to cover a threat alert."""
    made = []
    for number in range(draw(few)):
        third = draw(third_parties)
        document = AgreementPlan(
            id=f"near-{number}",
            parties=("XAA", "XBB", *third),
            kinds=draw(near_kinds),
            modes=draw(near_modes),
            highest=(draw(classifications),),
            categories=draw(near_categories),
            not_before=NOW + draw(near_begin),
            not_after=NOW + timedelta(days=draw(last_days)),
        ).document(BASE.realm, NOW)
        standings = {name: draw(near_standing) for name in document.parties}
        made.append(trusted_as(document, standings))
    return tuple(made)


near_trusted = near_agreements()


@st.composite
def near_cases(draw: st.DrawFn) -> ReleaseCase:
    """May XBB have a threat alert of XAA? Often, or but for one or two things."""
    policy, classification = draw(classifications)
    released = draw(near_released)
    return ReleaseCase(
        originator="XAA",
        kind=KINDS[0],
        mode=MODES[0],
        label=ConfidentialityLabel(
            policy=policy,
            classification=classification if draw(known_level) else "NO SUCH LEVEL",
            releasable_to=tuple(released),
            restrictive=draw(restrictive),
            release_set=tuple(sorted(released)),
            display_set=draw(near_display),
        ),
        nation="XBB",
        addressed=draw(near_addressed),
        trust=trust_with(draw(near_trusted), suspended=draw(near_suspended)),
        now=NOW,
        bounds=draw(near_bounds),
    )


@st.composite
def any_cases(draw: st.DrawFn) -> ReleaseCase:
    """Any question of release in a realm of four nations."""
    asked = draw(any_question)
    bounds = tuple(
        Bound(f"/header/references/{number}", "XBB", frozenset(allowed))
        for number, allowed in enumerate(draw(any_bounds))
    )
    suspended = draw(any_suspended)
    return ReleaseCase(
        **asked,  # type: ignore[arg-type]
        addressed=draw(any_addressed),
        trust=trust_with(draw(any_agreements), draw(any_equivalences), suspended),
        bounds=bounds,
    )


def cases() -> st.SearchStrategy[ReleaseCase]:
    """Near ones mostly, and any."""
    return mostly(near_cases(), any_cases())


@settings(deadline=None, max_examples=120)
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
