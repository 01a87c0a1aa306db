"""A backfill shows what a new member missed, sends nothing it may not have and changes nothing issued."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from bus.protocol.backfill import LeftOut, OwnMessage, plan_backfill
from bus.protocol.errors import ReleaseRefused
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import digest_of
from schemas.community import Membership
from schemas.message import parse_message
from schemas.reasons import ReasonCode
from tests.protocol.messages import encoded, message, message_id
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

NATIONS = ("XAA", "XBB", "XCC", "XDD")
JOINED = NOW - timedelta(days=1)
BEFORE = JOINED - timedelta(days=1)
COMMUNITIES: dict[str, Sequence[str | Membership]] = {
    "NORDIC": ("XAA", "XBB", Membership(nation="XDD", since=JOINED)),
    "SOUTH": ("XCC", "XDD"),
}
TRUST = make_realm(NATIONS, agreements=(AgreementPlan(parties=NATIONS),), communities=COMMUNITIES).trust


def own(
    number: int = 1,
    *,
    issued_at: datetime = BEFORE,
    release_set: Sequence[str] = ("XBB",),
    releasable_to: Sequence[str] = ("NORDIC",),
    originator: str = "XAA",
    labelled: dict[str, Any] | None = None,
    **header: Any,
) -> OwnMessage:
    """A message as XAA's store has it; by default to NORDIC, before XDD joined."""
    content = encoded(
        message(
            number,
            originator=originator,
            release_set=release_set,
            issued_at=issued_at,
            header={"expires_at": "2026-04-01T00:00:00Z"} | header,
            labelled={"releasable_to": list(releasable_to)} | (labelled or {}),
        )
    )
    read = parse_message(content)
    return OwnMessage(read.header, read.label, digest_of(content))


def planned(
    *published: OwnMessage, trust: TrustStore = TRUST, withdrawn: Sequence[str] = (), nation: str = "XDD"
) -> dict[str, tuple[bool, object]]:
    """Message id to whether it is sent, and why not."""
    rows = plan_backfill("NORDIC", nation, published, withdrawn, originator="XAA", trust=trust, now=NOW)
    return {
        row.message_id: (row.sends, row.left_out or (None if row.decision.permit else row.decision.code))
        for row in rows
    }


def test_what_was_released_to_the_community_before_the_nation_joined_is_shown_and_sent() -> None:
    assert planned(own()) == {message_id(1): (True, None)}


def test_rows_come_in_the_order_of_issue_with_digest_and_basis() -> None:
    late, early = own(1), own(2, issued_at=BEFORE - timedelta(hours=1))
    rows = plan_backfill("NORDIC", "XDD", (late, early), (), originator="XAA", trust=TRUST, now=NOW)
    assert [row.message_id for row in rows] == [message_id(2), message_id(1)]
    assert rows[1].digest == late.digest
    assert [basis.id for basis in rows[1].decision.basis] == ["everything"]


def test_what_was_issued_keeps_its_release_set() -> None:
    issued = own()
    planned(issued)
    assert issued.label.release_set == ("XBB",)


@pytest.mark.parametrize(
    "missed_by_another_cause",
    [
        pytest.param(own(releasable_to=("XBB",)), id="released to nations by name, not to the community"),
        pytest.param(own(releasable_to=("SOUTH",), release_set=("XCC",)), id="released to another community"),
        pytest.param(own(release_set=("XBB", "XDD")), id="released to the nation at the time"),
        pytest.param(own(action_addressees=["XBB"]), id="addressed to others only"),
        pytest.param(own(originator="XBB", release_set=("XAA",)), id="another nation's message"),
    ],
)
def test_what_membership_would_not_have_brought_is_not_shown(missed_by_another_cause: OwnMessage) -> None:
    assert planned(missed_by_another_cause) == {}


@pytest.mark.parametrize(
    "addressees",
    [
        pytest.param({"action_addressees": ["NORDIC"]}, id="to the community for action"),
        pytest.param({"info_addressees": ["NORDIC"]}, id="to the community for information"),
        pytest.param({"action_addressees": ["SOUTH"]}, id="to another community the nation was in"),
    ],
)
def test_what_was_addressed_so_that_a_member_got_it_is_shown(addressees: dict[str, Any]) -> None:
    assert planned(own(**addressees)) == {message_id(1): (True, None)}


REFERENCE = {"message_id": message_id(9), "digest": "sha256:" + "0" * 64}


@pytest.mark.parametrize(
    ("published", "withdrawn", "why"),
    [
        pytest.param(own(expires_at="2026-03-02T09:30:00Z"), (), LeftOut.EXPIRED, id="expired this instant"),
        pytest.param(own(), (message_id(1),), LeftOut.WITHDRAWN, id="recalled"),
        pytest.param(
            own(references=[REFERENCE | {"originator": "XBB", "relation": "replies"}]),
            (),
            LeftOut.NOT_OURS_TO_WIDEN,
            id="a reply to another nation",
        ),
        pytest.param(
            own(references=[REFERENCE | {"originator": "XBB", "relation": "relates"}]),
            (),
            LeftOut.NOT_OURS_TO_WIDEN,
            id="it refers to another nation's message",
        ),
        pytest.param(
            own(labelled={"classification": "COSMIC TOP SECRET"}),
            (),
            ReasonCode.CLASSIFICATION_TOO_HIGH,
            id="no agreement carries its classification",
        ),
    ],
)
def test_what_may_not_be_sent_is_shown_with_the_reason(
    published: OwnMessage, withdrawn: Sequence[str], why: object
) -> None:
    assert planned(published, withdrawn=withdrawn) == {message_id(1): (False, why)}


def test_a_reference_to_an_own_message_is_no_obstacle() -> None:
    updating = own(references=[REFERENCE | {"originator": "XAA", "relation": "updates"}])
    assert planned(updating) == {message_id(1): (True, None)}


def test_the_decision_is_that_of_today() -> None:
    """It was permitted to the others then; the nation has no agreement with us now."""
    agreed = AgreementPlan(parties=("XAA", "XBB", "XCC"))
    trust = make_realm(NATIONS, agreements=(agreed,), communities=COMMUNITIES).trust
    assert planned(own(), trust=trust) == {message_id(1): (False, ReasonCode.NO_AGREEMENT)}
    suspended = make_realm(
        NATIONS, agreements=(AgreementPlan(parties=NATIONS),), communities=COMMUNITIES
    ).suspend("XDD")
    assert planned(own(), trust=suspended.trust) == {message_id(1): (False, ReasonCode.NATION_SUSPENDED)}


@pytest.mark.parametrize(
    ("community", "nation", "code"),
    [
        pytest.param("EASTERN", "XDD", ReasonCode.COMMUNITY_UNKNOWN, id="an unknown community"),
        pytest.param("NORDIC", "XZZ", ReasonCode.NATION_UNKNOWN, id="a nation without a place in the realm"),
        pytest.param("NORDIC", "XCC", ReasonCode.NOT_IN_RELEASE_SET, id="a nation that is no member"),
    ],
)
def test_a_backfill_is_for_members_only(community: str, nation: str, code: ReasonCode) -> None:
    with pytest.raises(ReleaseRefused) as refused:
        plan_backfill(community, nation, (own(),), (), originator="XAA", trust=TRUST, now=NOW)
    assert refused.value.code is code


def test_a_nation_that_will_join_or_has_left_gets_no_backfill() -> None:
    for period in (
        Membership(nation="XDD", since=NOW + timedelta(microseconds=1)),
        Membership(nation="XDD", until=NOW),
    ):
        trust = make_realm(NATIONS, communities={"NORDIC": ("XAA", "XBB", period)}).trust
        with pytest.raises(ReleaseRefused):
            planned(own(), trust=trust)
