"""Caveats case by case: what a label says, and what that makes of each copy on its way and on arrival."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bus.protocol.caveats import handling_for, national_only
from bus.protocol.errors import ReleaseRefused
from bus.protocol.frame import read_deliveries, read_root
from bus.protocol.inbound import Outcome
from bus.protocol.outbound import prepare
from bus.protocol.release import ReleasePlan, plan_release
from bus.protocol.seal_header import SealHeader, split_sealed
from bus.protocol.sealing import open_sealed, seal
from schemas.community import Membership
from schemas.header import Mode
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import ContentType, Handling, Lane
from tests.protocol.crafted_bundles import Bundle, Part, craft, part
from tests.protocol.messages import basis_of, draft_header, draft_label, label, message, outgoing, trust_of
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, make_realm

R = ReasonCode
RELEASE, DISPLAY_ONLY = Handling.RELEASE, Handling.DISPLAY_ONLY
FOUR = ("XAA", "XBB", "XCC", "XDD")
TWO_AGREEMENTS = make_realm(
    FOUR,
    agreements=(
        AgreementPlan(id="all", parties=FOUR),
        AgreementPlan(id="keys", parties=("XAA", "XBB"), categories=("ATOMAL", "CRYPTO")),
        AgreementPlan(id="one", parties=("XAA", "XCC"), categories=("CRYPTO",)),
    ),
    communities={
        "NORDIC": ("XAA", "XCC", "XDD"),
        "ALONE": ("XAA",),
        "EMPTY": (Membership(nation="XBB", until=NOW),),
    },
)


def planned(
    labelled: DraftLabel, action: Sequence[str] = (), realm: TestRealm = TWO_AGREEMENTS
) -> ReleasePlan:
    return plan_release(draft_header(action), labelled, originator="XAA", trust=trust_of(realm), now=NOW)


def codes(plan: ReleasePlan) -> dict[str, ReasonCode]:
    return {row.nation: row.decision.code for row in plan.rows}


# -- national only -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labelled", "code"),
    [
        pytest.param(draft_label(), R.NATIONAL_ONLY, id="names nobody"),
        pytest.param(draft_label("XAA"), R.NATIONAL_ONLY, id="names its own nation"),
        pytest.param(
            draft_label("XAA", display_only_to=("XAA",)), R.NATIONAL_ONLY, id="names its own nation twice"
        ),
        pytest.param(
            draft_label("XAA", restrictive=("CRYPTO",), originator_controlled=True),
            R.NATIONAL_ONLY,
            id="has other caveats besides",
        ),
        pytest.param(
            draft_label("ALONE"), R.RELEASE_SET_EMPTY, id="names a community of its own nation alone"
        ),
        pytest.param(draft_label("EMPTY"), R.RELEASE_SET_EMPTY, id="names a community that all have left"),
    ],
)
def test_nothing_leaves_under_a_label_that(labelled: DraftLabel, code: ReasonCode) -> None:
    with pytest.raises(ReleaseRefused) as refused:
        planned(labelled)
    assert (refused.value.code, refused.value.pointer) == (code, "/label/releasable_to")


def test_a_label_that_names_another_nation_or_a_community_is_not_national_only() -> None:
    assert national_only(draft_label("XAA"), "XAA")
    assert not national_only(draft_label("XAA", "XBB"), "XAA")
    assert not national_only(draft_label("XAA", display_only_to=("XBB",)), "XAA")
    assert not national_only(draft_label("NORDIC"), "XAA")
    assert not national_only(draft_label("XAA"), "XBB")


# -- restrictive categories --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("restrictive", "permitted"),
    [
        ((), {"XBB", "XCC", "XDD"}),
        (("CRYPTO",), {"XBB", "XCC"}),
        (("CRYPTO", "ATOMAL"), {"XBB"}),
        (("BOHEMIA",), set()),
        (("crypto",), set()),
        (("CRYPTO", "BOHEMIA"), set()),
    ],
)
def test_a_nation_gets_it_where_one_agreement_names_every_category(
    restrictive: tuple[str, ...], permitted: set[str]
) -> None:
    labelled = draft_label("XBB", "NORDIC", restrictive=restrictive)
    if "XBB" not in permitted:
        with pytest.raises(ReleaseRefused) as refused:
            planned(labelled)
        assert (refused.value.code, refused.value.name) == (R.CATEGORY_NOT_COVERED, "XBB")
        return
    found = codes(planned(labelled))
    assert {nation for nation, code in found.items() if code is R.RELEASE_PERMITTED} == permitted
    assert {code for nation, code in found.items() if nation not in permitted} <= {R.CATEGORY_NOT_COVERED}


def test_a_permit_under_a_category_rests_on_an_agreement_that_names_it() -> None:
    (row,) = [row for row in planned(draft_label("XBB", restrictive=("CRYPTO",))).rows if row.nation == "XBB"]
    assert [basis.id for basis in row.decision.basis] == ["keys"]


def test_categories_of_two_agreements_do_not_add_up() -> None:
    realm = make_realm(
        ("XAA", "XBB"),
        agreements=(
            AgreementPlan(id="one", parties=("XAA", "XBB"), categories=("CRYPTO",)),
            AgreementPlan(id="two", parties=("XAA", "XBB"), categories=("ATOMAL",)),
        ),
    )
    with pytest.raises(ReleaseRefused) as refused:
        planned(draft_label("XBB", restrictive=("CRYPTO", "ATOMAL")), realm=realm)
    assert refused.value.code is R.CATEGORY_NOT_COVERED


# -- display only ------------------------------------------------------------------------------------


def test_the_release_set_comes_before_the_display_set() -> None:
    both = label(("XBB",), display_only_to=("XBB", "XCC"), display_set=("XBB", "XCC"))
    assert handling_for(both, "XBB") is RELEASE
    assert handling_for(both, "XCC") is DISPLAY_ONLY
    assert handling_for(both, "XDD") is None


def test_display_only_to_is_evaluated_at_issue_and_needs_an_agreement_as_any_release() -> None:
    realm = make_realm(
        FOUR,
        agreements=(AgreementPlan(parties=("XAA", "XBB", "XCC")),),
        communities={"SOUTH": ("XAA", "XCC", "XDD", Membership(nation="XBB", since=NOW + timedelta(days=1)))},
    )
    plan = planned(draft_label("XBB", display_only_to=("SOUTH",)), realm=realm)
    assert (plan.label.release_set, plan.label.display_set) == (("XBB",), ("XCC", "XDD"))
    assert plan.recipients == ("XBB", "XCC")
    assert codes(plan) == {
        "XBB": R.RELEASE_PERMITTED,
        "XCC": R.DISPLAY_ONLY_PERMITTED,
        "XDD": R.NO_AGREEMENT,
    }
    assert {row.nation: row.decision.handling for row in plan.rows if row.decision.permit} == {
        "XBB": RELEASE,
        "XCC": DISPLAY_ONLY,
    }


def test_a_label_may_be_for_display_alone() -> None:
    plan = planned(draft_label(display_only_to=("XBB",)))
    assert (plan.label.release_set, plan.label.display_set, plan.recipients) == ((), ("XBB",), ("XBB",))


def test_a_nation_named_for_display_that_may_not_have_it_is_an_error_that_says_where() -> None:
    realm = make_realm(FOUR, agreements=(AgreementPlan(parties=("XAA", "XBB")),))
    with pytest.raises(ReleaseRefused) as refused:
        planned(draft_label("XBB", display_only_to=("XCC",)), realm=realm)
    assert (refused.value.code, refused.value.name) == (R.NO_AGREEMENT, "XCC")
    assert refused.value.pointer == "/label/display_only_to"


def test_who_may_only_look_can_be_addressed_and_left_out() -> None:
    labelled = draft_label("XBB", display_only_to=("XCC",))
    assert planned(labelled, ["XCC"]).recipients == ("XCC",)
    assert planned(labelled, ["XBB"]).recipients == ("XBB",)
    with pytest.raises(ReleaseRefused) as refused:
        planned(labelled, ["XDD"])
    assert refused.value.code is R.ADDRESSEE_NOT_RELEASABLE


# -- on the wire -------------------------------------------------------------------------------------

REALM = make_realm(communities={"SOUTH": ("XBB",)})
SHOWN = {"display_only_to": ["XBB"], "display_set": ["XBB"]}


def shown(number: int = 1, **labelled: object) -> dict[str, object]:
    return message(number, release_set=("XCC",), labelled=SHOWN | labelled)


def test_what_prepare_states_of_each_copy_is_how_it_may_be_handled() -> None:
    document = message(1, release_set=("XCC",), labelled=SHOWN)
    one, other = (outgoing(REALM, nation, document=document) for nation in ("XBB", "XCC"))
    # The same basis object and the same content: only the handling differs.
    batch = [
        type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"handling": DISPLAY_ONLY}),
        type(one)(**{name: getattr(other, name) for name in one.__slots__} | {"basis": one.basis}),
    ]
    bundles = prepare(
        batch,
        mode=Mode.OPERATION,
        originator="XAA",
        trust=trust_of(REALM),
        signer=REALM.signer("XAA"),
        sealer=seal,
        now=NOW,
        randomness=lambda length: bytes(range(256))[:1] * length,
    )
    stated = {}
    for bundle in bundles:
        header, rest = split_sealed(bundle.sealed)
        key = REALM.keyring(bundle.recipient).private_key(SealHeader.decode(header).seal_kid)
        assert key is not None
        _, framed = read_root(open_sealed(header, key, rest))
        (delivery,) = read_deliveries(framed, 4, "sha256")
        stated[bundle.recipient] = json.loads(delivery.statement)["handling"]
        assert Bundle(bundle.sealed, bundle.subject).admitted_by(REALM, bundle.recipient)[0].outcome is (
            Outcome.ADMITTED
        )
    assert stated == {"XBB": "DISPLAY_ONLY", "XCC": "RELEASE"}


def admitted(bad: Part) -> tuple[Outcome, ReasonCode | None, bool]:
    (verdict,) = craft(REALM, [bad]).admitted_by(REALM)
    if verdict.outcome is not Outcome.ADMITTED:
        assert verdict.content is None
    return verdict.outcome, verdict.reason, verdict.mismatch


def test_a_copy_for_display_is_admitted_where_label_and_statement_agree() -> None:
    assert admitted(part(REALM, 1, shown(), handling="DISPLAY_ONLY")) == (Outcome.ADMITTED, None, False)
    through = shown(display_only_to=["SOUTH"])
    assert admitted(part(REALM, 1, through, handling="DISPLAY_ONLY")) == (Outcome.ADMITTED, None, False)


def test_a_copy_for_display_that_says_it_is_released_is_refused_with_an_alarm() -> None:
    refused = (Outcome.REJECTED, R.HANDLING_MISMATCH, True)
    assert admitted(part(REALM, 1, shown(), handling="RELEASE")) == refused
    assert admitted(part(REALM, 1, message(1, labelled=SHOWN), handling="DISPLAY_ONLY")) == refused


def test_a_copy_for_display_needs_an_agreement_that_covers_it() -> None:
    high = shown(classification="COSMIC TOP SECRET")
    assert admitted(part(REALM, 1, high, handling="DISPLAY_ONLY"))[:2] == (
        Outcome.REJECTED,
        R.CLASSIFICATION_TOO_HIGH,
    )


def test_control_content_is_never_for_display() -> None:
    receipts = {"v": 1, "receipts": []}
    content = json.dumps(receipts).encode()
    bad = part(
        REALM,
        1,
        content=content,
        content_type=ContentType.RECEIPTS.value,
        lane=Lane.CONTROL.value,
        message_id=None,
        basis=[],
        handling="DISPLAY_ONLY",
    )
    signer = REALM.signer("XAA", KeyUse.RECEIPT)
    (verdict,) = craft(REALM, [bad], lane=Lane.CONTROL, signer=signer).admitted_by(REALM)
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, R.HANDLING_MISMATCH)


def test_an_agreement_of_before_there_were_categories_covers_none() -> None:
    agreement = trust_of(REALM).agreements["everything"].agreement
    older = json.loads(agreement.encode())
    del older["categories"]
    assert type(agreement).model_validate_json(json.dumps(older)) == agreement
    assert basis_of(REALM)
