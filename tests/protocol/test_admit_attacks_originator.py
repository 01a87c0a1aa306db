"""A malicious originator's gateway signs and sends what no agreement allows, or what is not meant for us.

The recipient decides again by its own trust store and refuses, discarding the plaintext and telling why.
"""

from typing import Any

import pytest

from bus.protocol.inbound import Outcome
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from tests.protocol.crafted_bundles import Part, alone_among_good_ones, craft, part
from tests.protocol.messages import message
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

R = ReasonCode
REALM = make_realm(communities={"NORDIC": ("XBB", "XCC"), "SOUTH": ("XCC",)})
HELD, REJECTED = Outcome.HELD, Outcome.REJECTED
NOUGHT = "sha256:" + "0" * 64
UNKNOWN_PACT = [{"id": "pact", "digest": NOUGHT}]


def stating(**members: Any) -> Part:
    return part(REALM, 2, **members)


def saying(**options: Any) -> Part:
    return part(REALM, 2, message(2, **options))


Case = tuple[str, Part, Outcome, ReasonCode]

RELEASES: list[Case] = [
    ("releases to others only", saying(release_set=("XCC",)), REJECTED, R.NOT_IN_RELEASE_SET),
    ("releases to nobody", saying(release_set=()), REJECTED, R.RELEASE_SET_EMPTY),
    ("releases to its own author only", saying(release_set=("XAA",)), REJECTED, R.NOT_IN_RELEASE_SET),
    (
        "names us in releasable_to but not in its release set",
        saying(labelled={"release_set": ["XCC"]}),
        REJECTED,
        R.NOT_IN_RELEASE_SET,
    ),
    (
        "names us in its release set but not in releasable_to",
        saying(labelled={"releasable_to": ["XCC"]}),
        REJECTED,
        R.RELEASE_SET_MISMATCH,
    ),
    (
        "puts us in its release set by a community we are not in",
        saying(labelled={"releasable_to": ["SOUTH"]}),
        REJECTED,
        R.RELEASE_SET_MISMATCH,
    ),
    (
        "is releasable to a community nobody knows",
        saying(labelled={"releasable_to": ["XBB", "BALTIC"]}),
        HELD,
        R.COMMUNITY_UNKNOWN,
    ),
    (
        "is releasable to a nation nobody knows",
        saying(labelled={"releasable_to": ["XBB", "XZZ"]}),
        HELD,
        R.NATION_UNKNOWN,
    ),
    ("is addressed to others only", saying(header={"action_addressees": ["XCC"]}), REJECTED, R.NOT_ADDRESSED),
    (
        "is addressed to a community we are not in",
        saying(header={"info_addressees": ["SOUTH"]}),
        REJECTED,
        R.NOT_ADDRESSED,
    ),
    (
        "is addressed to a community nobody knows",
        saying(header={"info_addressees": ["BALTIC"]}),
        HELD,
        R.COMMUNITY_UNKNOWN,
    ),
    (
        "is classified too high",
        saying(labelled={"classification": "COSMIC TOP SECRET"}),
        REJECTED,
        R.CLASSIFICATION_TOO_HIGH,
    ),
    (
        "has a classification nobody knows",
        saying(labelled={"classification": "SECRETISH"}),
        REJECTED,
        R.CLASSIFICATION_UNKNOWN,
    ),
    (
        "has a policy nothing leads from",
        saying(labelled={"policy": "REALM", "classification": "OPEN"}),
        REJECTED,
        R.CLASSIFICATION_UNMAPPED,
    ),
    (
        "is display only to us but says that it is released",
        saying(release_set=["XCC"], labelled={"display_only_to": ["XBB"], "display_set": ["XBB"]}),
        REJECTED,
        R.HANDLING_MISMATCH,
    ),
    (
        "is released to us but says that it is display only",
        stating(handling="DISPLAY_ONLY"),
        REJECTED,
        R.HANDLING_MISMATCH,
    ),
    (
        "names us in its display set but not in display_only_to",
        part(
            REALM,
            2,
            message(2, release_set=("XCC",), labelled={"display_only_to": ["XCC"], "display_set": ["XBB"]}),
            handling="DISPLAY_ONLY",
        ),
        REJECTED,
        R.RELEASE_SET_MISMATCH,
    ),
    (
        "names us in display_only_to but not in its display set",
        part(
            REALM,
            2,
            message(2, release_set=("XCC",), labelled={"display_only_to": ["XBB"]}),
            handling="DISPLAY_ONLY",
        ),
        REJECTED,
        R.NOT_IN_RELEASE_SET,
    ),
    (
        "is displayed to us by a community nobody knows",
        part(
            REALM,
            2,
            message(
                2, release_set=("XCC",), labelled={"display_only_to": ["BALTIC"], "display_set": ["XBB"]}
            ),
            handling="DISPLAY_ONLY",
        ),
        HELD,
        R.COMMUNITY_UNKNOWN,
    ),
    (
        "has a restrictive category that its agreement does not name",
        saying(labelled={"restrictive": ["CRYPTO"]}),
        REJECTED,
        R.CATEGORY_NOT_COVERED,
    ),
    (
        "has a restrictive category and rests on an agreement nobody knows",
        part(REALM, 2, message(2, labelled={"restrictive": ["CRYPTO"]}), basis=UNKNOWN_PACT),
        HELD,
        R.AGREEMENT_UNKNOWN,
    ),
    ("rests on nothing", stating(basis=[]), REJECTED, R.BASIS_MISMATCH),
    ("rests on an agreement nobody signed", stating(basis=UNKNOWN_PACT), HELD, R.AGREEMENT_UNKNOWN),
    (
        "rests on another version of the agreement",
        stating(basis=[{"id": "everything", "digest": NOUGHT}]),
        HELD,
        R.AGREEMENT_UNKNOWN,
    ),
    (
        "releases to others on an agreement nobody knows",
        part(REALM, 2, message(2, release_set=("XCC",)), basis=UNKNOWN_PACT),
        REJECTED,
        R.NOT_IN_RELEASE_SET,
    ),
    ("rests on a trust version of the future", stating(trust_version=7), HELD, R.TRUST_VERSION_UNKNOWN),
    ("comes from the future", saying(header={"issued_at": "2026-03-02T09:35:01Z"}), HELD, R.ISSUED_IN_FUTURE),
]


def cases(table: list[Case]) -> list[Any]:
    return [pytest.param(*case[1:], id=f"a message that {case[0]}") for case in table]


@pytest.mark.parametrize(
    ("bad", "outcome", "reason"),
    cases(RELEASES),
)
def test_one_bad_delivery_among_good_ones(bad: Part, outcome: Outcome, reason: ReasonCode) -> None:
    verdict = alone_among_good_ones(REALM, bad)
    assert (verdict.outcome, verdict.reason, verdict.verified) == (outcome, reason, True)
    assert verdict.mismatch == (outcome is REJECTED), "a refused release calls for an alarm"


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        pytest.param(AgreementPlan(parties=("XAA", "XCC")), R.NO_AGREEMENT, id="with others only"),
        pytest.param(AgreementPlan(modes=(Mode.EXERCISE,)), R.MODE_NOT_COVERED, id="for exercises only"),
        pytest.param(AgreementPlan(kinds=(Kind.EXERCISE_NOTICE,)), R.KIND_NOT_COVERED, id="for notices only"),
        pytest.param(
            AgreementPlan(not_before=NOW, not_after=NOW.replace(hour=9, minute=31)), None, id="in force"
        ),
    ],
)
def test_a_message_sent_all_the_same_under_an_agreement(
    plan: AgreementPlan, reason: ReasonCode | None
) -> None:
    realm = make_realm(agreements=(plan,))
    (verdict,) = craft(realm, [part(realm)]).admitted_by(realm)
    assert (verdict.outcome, verdict.reason) == (REJECTED if reason else Outcome.ADMITTED, reason)


def test_a_suspended_recipient_admits_nothing() -> None:
    realm = REALM.suspend("XBB")
    (verdict,) = craft(realm, [part(realm)]).admitted_by(realm)
    assert (verdict.outcome, verdict.reason) == (REJECTED, R.NATION_SUSPENDED)


def test_a_message_passed_off_in_the_test_mode_of_an_agreement_for_tests() -> None:
    realm = make_realm(agreements=(AgreementPlan(modes=(Mode.TEST,)),))
    live = craft(realm, [part(realm, 1, message(1), mode="TEST")], mode=Mode.TEST)
    (verdict,) = live.admitted_by(realm)
    assert verdict.reason is R.CONTENT_MISMATCH
