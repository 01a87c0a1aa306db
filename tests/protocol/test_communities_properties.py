"""Communities by property: a member exactly when the data says so, and the past stays as it was."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bus.protocol.communities import expand
from bus.protocol.release import plan_release
from bus.protocol.trust import TrustStore
from schemas.community import Community, Membership
from schemas.known import DatedMember
from tests.protocol.messages import draft_header, draft_label
from tests.realm_fixtures import NOW, community_document, make_realm

SEATED = ("XAA", "XBB", "XCC", "XDD")
REALM = make_realm(SEATED, policies=("NATO",))
BASE = REALM.trust
NATIONS = (*SEATED, "XYY", "XZZ")
"""The last two have no place in the realm."""
TICK = timedelta(microseconds=1)
instants = st.integers(-4, 4).map(lambda day: NOW + timedelta(days=day))
moments = st.tuples(instants, st.sampled_from((-TICK, timedelta(), TICK))).map(lambda pair: pair[0] + pair[1])


@st.composite
def memberships(draw: st.DrawFn) -> tuple[Membership, ...]:
    """Periods of several nations: founding members, later ones, some that left, some that came back."""
    made = []
    for nation in draw(st.lists(st.sampled_from(NATIONS), min_size=1, unique=True)):
        cuts = sorted(draw(st.lists(instants, unique=True, max_size=5)))
        edges: list[datetime | None] = [*([None] if draw(st.booleans()) else []), *cuts]
        if not edges or edges == [None]:
            made.append(Membership(nation=nation))
            continue
        for at in range(0, len(edges), 2):
            until = edges[at + 1] if at + 1 < len(edges) else None
            made.append(Membership(nation=nation, since=edges[at], until=until))
    return tuple(draw(st.permutations(made)))


def community(members: tuple[Membership, ...], version: int = 1) -> Community:
    """The community NORDIC."""
    return community_document(BASE.realm, "NORDIC", members, version)


def trust_with(members: tuple[Membership, ...]) -> TrustStore:
    """The realm with that community."""
    return replace(BASE, communities=MappingProxyType({"NORDIC": community(members)}))


@given(memberships(), moments)
def test_a_nation_is_meant_exactly_when_a_period_of_it_holds_and_it_has_a_place(
    members: tuple[Membership, ...], at: datetime
) -> None:
    expected = set()
    for period in members:
        begun = period.since is None or not at < period.since
        over = period.until is not None and not at < period.until
        if begun and not over and period.nation in SEATED:
            expected.add(period.nation)
    assert set(expand(["NORDIC"], trust_with(members), "", at)) == expected


@given(memberships(), moments, instants)
def test_a_later_member_never_changes_an_earlier_expansion(
    members: tuple[Membership, ...], at: datetime, joined: datetime
) -> None:
    newcomers = tuple(
        Membership(nation=nation, since=joined)
        for nation in NATIONS
        if nation not in {period.nation for period in members}
    )
    before, after = trust_with(members), trust_with((*members, *newcomers))
    if at < joined:
        assert expand(["NORDIC"], before, "", at) == expand(["NORDIC"], after, "", at)
    else:
        assert set(expand(["NORDIC"], before, "", at)) <= set(expand(["NORDIC"], after, "", at))


@given(memberships(), moments, instants)
def test_leaving_never_changes_an_earlier_expansion(
    members: tuple[Membership, ...], at: datetime, left: datetime
) -> None:
    ended = tuple(
        period.model_copy(update={"until": left})
        if period.until is None and (period.since is None or period.since < left)
        else period
        for period in members
    )
    if at < left:
        assert expand(["NORDIC"], trust_with(members), "", at) == expand(
            ["NORDIC"], trust_with(ended), "", at
        )


@given(memberships(), moments)
def test_the_order_of_periods_says_nothing(members: tuple[Membership, ...], at: datetime) -> None:
    assert community(members).members_at(at) == community(tuple(reversed(members))).members_at(at)


@given(memberships())
def test_a_nation_without_a_place_is_in_no_release_set_and_no_recipient(
    members: tuple[Membership, ...],
) -> None:
    label = draft_label("NORDIC", "XBB")
    plan = plan_release(draft_header(), label, originator="XAA", trust=trust_with(members), now=NOW)
    assert {*plan.label.release_set, *plan.recipients} <= set(SEATED)


@given(memberships())
def test_members_as_people_write_them_become_the_same_periods(members: tuple[Membership, ...]) -> None:
    for period in members:
        written = DatedMember.model_validate_json(period.encode())
        assert written.membership() == period


@pytest.mark.parametrize(
    "periods",
    [
        pytest.param([("XBB", None, None), ("XBB", 1, None)], id="a member for ever and again"),
        pytest.param([("XBB", 0, 2), ("XBB", 1, 3)], id="two periods that overlap"),
        pytest.param([("XBB", 0, None), ("XBB", 1, 2)], id="a period within an open one"),
        pytest.param([("XBB", None, 2), ("XBB", None, 1)], id="two beginnings before all time"),
        pytest.param([("XBB", 1, 1)], id="a period of no time"),
        pytest.param([("XBB", 2, 1)], id="an end before the beginning"),
        pytest.param([], id="nobody at all"),
    ],
)
def test_contradictory_membership_is_refused(periods: list[tuple[str, int | None, int | None]]) -> None:
    def day(number: int | None) -> datetime | None:
        return None if number is None else NOW + timedelta(days=number)

    with pytest.raises(ValidationError):
        community(tuple(Membership(nation=n, since=day(a), until=day(b)) for n, a, b in periods))


def test_a_nation_may_leave_and_come_back_the_same_instant() -> None:
    returned = (Membership(nation="XBB", until=NOW), Membership(nation="XBB", since=NOW))
    assert community(returned).members_at(NOW) == {"XBB"}
