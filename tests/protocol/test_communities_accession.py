"""Joining and leaving a community: what was issued stays released to whom it was released to, nobody else.

Both ends judge membership at the instant of issue. The originator's list is the signed release set; a
recipient looks the community up for itself, so an originator cannot back-date an accession.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from bus.protocol.errors import ReleaseRefused
from bus.protocol.inbound import Outcome
from bus.protocol.release import ReleasePlan, decide, plan_release
from schemas.community import Membership
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from schemas.trust import DocumentType
from tests.protocol.crafted_bundles import craft, part
from tests.protocol.messages import draft_header, draft_label, message
from tests.realm_fixtures import NOW, TestRealm, community_document, make_realm

NATIONS = ("XAA", "XBB", "XCC")
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def planned(realm: TestRealm, at: datetime, *releasable_to: str, action: Sequence[str] = ()) -> ReleasePlan:
    """XAA's plan at an instant."""
    return plan_release(
        draft_header(action), draft_label(*releasable_to), originator="XAA", trust=realm.trust, now=at
    )


def realm_with(*members: str | Membership) -> TestRealm:
    """Three nations and the community NORDIC; snapshot and agreements hold at NOW and around."""
    return make_realm(NATIONS, communities={"NORDIC": members})


@pytest.mark.parametrize(
    ("period", "instants"),
    [
        pytest.param(
            Membership(nation="XCC", since=NOW),
            {-TICK: False, TICK * 0: True, HOUR: True},
            id="it joins at NOW",
        ),
        pytest.param(
            Membership(nation="XCC", until=NOW),
            {-TICK: True, TICK * 0: False, HOUR: False},
            id="it leaves at NOW",
        ),
    ],
)
def test_the_boundary_is_an_instant(period: Membership, instants: dict[timedelta, bool]) -> None:
    realm = realm_with("XAA", "XBB", period)
    for delta, member in instants.items():
        plan = planned(realm, NOW + delta, "NORDIC")
        assert ("XCC" in plan.label.release_set) is member
        assert ("XCC" in plan.recipients) is member


def test_an_addressee_that_is_no_member_yet_is_an_error_that_names_it() -> None:
    realm = realm_with("XAA", "XBB", Membership(nation="XCC", since=NOW + HOUR))
    with pytest.raises(ReleaseRefused) as refused:
        planned(realm, NOW, "NORDIC", action=["XCC"])
    assert refused.value.code is ReasonCode.ADDRESSEE_NOT_RELEASABLE
    assert planned(realm, NOW + HOUR, "NORDIC", action=["XCC"]).recipients == ("XCC",)


def test_a_community_whose_members_have_all_left_releases_to_nobody() -> None:
    realm = realm_with(Membership(nation="XBB", until=NOW), Membership(nation="XCC", until=NOW))
    with pytest.raises(ReleaseRefused) as refused:
        planned(realm, NOW, "NORDIC")
    assert refused.value.code is ReasonCode.RELEASE_SET_EMPTY


def test_a_member_without_a_place_in_the_realm_is_no_recipient_and_not_in_the_release_set() -> None:
    realm = realm_with("XAA", "XBB", "XZZ")
    assert planned(realm, NOW, "NORDIC").label.release_set == ("XBB",)
    with pytest.raises(ReleaseRefused) as refused:
        planned(realm, NOW, "NORDIC", action=["XZZ"])
    assert refused.value.code is ReasonCode.NATION_UNKNOWN


def test_a_release_set_fixed_at_issue_never_grows_whatever_the_community_becomes() -> None:
    """The relay decides again by the stored label: the accession is in force, the label is what it was."""
    realm = realm_with("XAA", "XBB")
    label = planned(realm, NOW, "NORDIC").label
    joined = community_document(realm.id, "NORDIC", ("XAA", "XBB", Membership(nation="XCC", since=NOW)), 2)
    later = realm.next(realm.realm.with_document(joined, realm.authority)).trust
    assert later.communities["NORDIC"].version == 2
    decision = decide(
        originator="XAA",
        kind=Kind.THREAT_ALERT,
        mode=Mode.OPERATION,
        label=label,
        nation="XCC",
        trust=later,
        now=NOW + HOUR,
    )
    assert decision.code is ReasonCode.NOT_IN_RELEASE_SET
    assert (DocumentType.COMMUNITY.value, "NORDIC", 2) in {
        (entry.type.value, entry.id, entry.version) for entry in later.snapshot.documents
    }


LATE = realm_with("XAA", Membership(nation="XBB", since=NOW - HOUR), Membership(nation="XCC"))
GONE = realm_with("XAA", Membership(nation="XBB", until=NOW - HOUR), Membership(nation="XCC"))
BEFORE, AFTER = NOW - 2 * HOUR, NOW - HOUR


def to_nordic(issued_at: datetime, **header: Any) -> dict[str, Any]:
    """A message to NORDIC that says XBB is in its release set."""
    return message(2, issued_at=issued_at, header=header, labelled={"releasable_to": ["NORDIC"]})


@pytest.mark.parametrize(
    ("realm", "stated", "outcome", "reason"),
    [
        pytest.param(
            LATE,
            to_nordic(BEFORE),
            Outcome.REJECTED,
            ReasonCode.RELEASE_SET_MISMATCH,
            id="from before we joined",
        ),
        pytest.param(
            LATE,
            to_nordic(AFTER - TICK),
            Outcome.REJECTED,
            ReasonCode.RELEASE_SET_MISMATCH,
            id="from the instant before we joined",
        ),
        pytest.param(LATE, to_nordic(AFTER), Outcome.ADMITTED, None, id="from the instant we joined"),
        pytest.param(GONE, to_nordic(BEFORE), Outcome.ADMITTED, None, id="from when we still were a member"),
        pytest.param(
            GONE, to_nordic(AFTER), Outcome.REJECTED, ReasonCode.RELEASE_SET_MISMATCH, id="from after we left"
        ),
        pytest.param(
            LATE,
            message(
                2,
                issued_at=BEFORE,
                header={"action_addressees": ["NORDIC"]},
                labelled={"releasable_to": ["XBB", "NORDIC"]},
            ),
            Outcome.REJECTED,
            ReasonCode.NOT_ADDRESSED,
            id="addressed to the community before we joined",
        ),
    ],
)
def test_a_recipient_judges_membership_at_the_time_of_issue(
    realm: TestRealm, stated: dict[str, Any], outcome: Outcome, reason: ReasonCode | None
) -> None:
    """Whatever release set the originator signed."""
    parts = [part(realm, 1), part(realm, 2, stated), part(realm, 3)]
    before, verdict, after = craft(realm, parts).admitted_by(realm)
    assert before.outcome is after.outcome is Outcome.ADMITTED
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
