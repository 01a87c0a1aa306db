"""From a draft to a release plan: addressees, communities, what refuses a draft (design 5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import plan_release
from schemas.header import DraftHeader
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode
from tests.protocol.messages import draft_header, draft_label
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, make_realm

FIVE = ("XAA", "XBB", "XCC", "XDD", "XEE")
R = ReasonCode


def five(**options: object) -> TestRealm:
    """XAA, XBB and XCC have an agreement; XDD and XEE have none."""
    return make_realm(FIVE, agreements=(AgreementPlan(),), **options)  # type: ignore[arg-type]


def plan(
    realm: TestRealm,
    labelled: DraftLabel,
    header: DraftHeader | None = None,
    *,
    originator: str = "XAA",
    after: timedelta = timedelta(0),
) -> dict[str, tuple[str, ReasonCode]]:
    """Nation to (how addressed, code)."""
    made = plan_release(
        header or draft_header(), labelled, originator=originator, trust=realm.trust, now=NOW + after
    )
    rows = {row.nation: (row.addressed, row.decision.code) for row in made.rows}
    assert made.recipients == tuple(
        sorted(nation for nation, (_, code) in rows.items() if code is R.RELEASE_PERMITTED)
    )
    assert set(made.recipients) <= set(made.label.release_set)
    assert originator not in made.label.release_set
    assert list(made.label.release_set) == sorted(made.label.release_set)
    return rows


def test_without_addressees_the_whole_release_set_is_addressed_for_action() -> None:
    assert plan(make_realm(), draft_label("XBB")) == {
        "XBB": ("action", R.RELEASE_PERMITTED),
        "XCC": ("none", R.NOT_IN_RELEASE_SET),
    }


def test_releasable_but_not_addressed_nations_get_no_copy() -> None:
    rows = plan(make_realm(), draft_label("XBB", "XCC"), draft_header(("XCC",)))
    assert rows == {"XBB": ("none", R.NOT_ADDRESSED), "XCC": ("action", R.RELEASE_PERMITTED)}


def test_a_nation_addressed_for_action_and_through_a_community_for_information_acts() -> None:
    realm = make_realm(communities={"NORDIC": ("XBB", "XCC")})
    rows = plan(realm, draft_label("NORDIC"), draft_header(("XBB",), ("NORDIC",)))
    assert rows == {"XBB": ("action", R.RELEASE_PERMITTED), "XCC": ("info", R.RELEASE_PERMITTED)}


def test_members_of_a_community_that_no_agreement_covers_are_left_out_and_reported() -> None:
    realm = five(communities={"EVERYBODY": FIVE})
    made = plan_release(
        draft_header(), draft_label("EVERYBODY"), originator="XAA", trust=realm.trust, now=NOW
    )
    assert made.recipients == ("XBB", "XCC")
    assert made.label.release_set == ("XBB", "XCC", "XDD", "XEE")
    codes = {row.nation: row.decision.code for row in made.rows}
    assert codes["XDD"] is codes["XEE"] is R.NO_AGREEMENT


def test_members_of_an_addressed_community_outside_the_release_set_are_left_out() -> None:
    realm = make_realm(communities={"NORDIC": ("XBB", "XCC")})
    rows = plan(realm, draft_label("XBB"), draft_header(("NORDIC",)))
    assert rows == {"XBB": ("action", R.RELEASE_PERMITTED), "XCC": ("none", R.NOT_IN_RELEASE_SET)}


def test_a_community_that_the_originator_belongs_to_does_not_release_to_itself() -> None:
    realm = make_realm(communities={"NORDIC": ("XAA", "XBB")})
    assert plan(realm, draft_label("NORDIC"))["XBB"] == ("action", R.RELEASE_PERMITTED)


NORDIC = {"NORDIC": ("XAA", "XBB")}
REFUSALS = [
    ("releases to nobody", make_realm, draft_label(), None, R.NATIONAL_ONLY, "", "/label/releasable_to"),
    (
        "releases to its author only",
        make_realm,
        draft_label("XAA"),
        None,
        R.NATIONAL_ONLY,
        "",
        "/label/releasable_to",
    ),
    (
        "names a nation the realm does not know",
        make_realm,
        draft_label("XBB", "XZZ"),
        None,
        R.NATION_UNKNOWN,
        "XZZ",
        "/label/releasable_to/1",
    ),
    (
        "names a community the realm does not know",
        make_realm,
        draft_label("BALTIC"),
        None,
        R.COMMUNITY_UNKNOWN,
        "BALTIC",
        "/label/releasable_to/0",
    ),
    (
        "addresses a nation outside its release set",
        make_realm,
        draft_label("XBB"),
        draft_header(("XBB", "XCC")),
        R.ADDRESSEE_NOT_RELEASABLE,
        "XCC",
        "/header/action_addressees",
    ),
    (
        "informs a nation outside its release set",
        make_realm,
        draft_label("XBB"),
        draft_header(("XBB",), ("XCC",)),
        R.ADDRESSEE_NOT_RELEASABLE,
        "XCC",
        "/header/info_addressees",
    ),
    (
        "addresses an unknown community",
        make_realm,
        draft_label("XBB"),
        draft_header(("BALTIC",)),
        R.COMMUNITY_UNKNOWN,
        "BALTIC",
        "/header/action_addressees/0",
    ),
    (
        "addresses its own author",
        make_realm,
        draft_label("XBB"),
        draft_header(("XAA",)),
        R.ORIGINATOR_IS_RECIPIENT,
        "XAA",
        "/header/action_addressees",
    ),
    (
        "names a nation that no agreement covers",
        five,
        draft_label("XBB", "XDD"),
        None,
        R.NO_AGREEMENT,
        "XDD",
        "/label/releasable_to",
    ),
    (
        "addresses a nation that no agreement covers",
        lambda: five(communities={"EVERYBODY": FIVE}),
        draft_label("EVERYBODY"),
        draft_header(("XDD",)),
        R.NO_AGREEMENT,
        "XDD",
        "/header/action_addressees",
    ),
    (
        "names a suspended nation",
        lambda: make_realm().suspend("XCC"),
        draft_label("XBB", "XCC"),
        None,
        R.NATION_SUSPENDED,
        "XCC",
        "/label/releasable_to",
    ),
    (
        "is classified above what the agreement allows",
        make_realm,
        draft_label("XBB", classification="COSMIC TOP SECRET"),
        None,
        R.CLASSIFICATION_TOO_HIGH,
        "XBB",
        "/label/releasable_to",
    ),
    (
        "has an unknown classification",
        make_realm,
        draft_label("XBB", classification="SECRET"),
        None,
        R.CLASSIFICATION_UNKNOWN,
        "",
        "/label/classification",
    ),
    (
        "has a restrictive category",
        make_realm,
        draft_label("XBB", restrictive=("CRYPTO",)),
        None,
        R.CATEGORY_NOT_COVERED,
        "XBB",
        "/label/releasable_to",
    ),
    (
        "goes to a community none of whom may have it",
        lambda: five(communities={"OTHERS": ("XDD", "XEE")}),
        draft_label("OTHERS"),
        None,
        R.NO_RECIPIENT,
        "",
        "/label/releasable_to",
    ),
    (
        "addresses only a community outside its release set",
        lambda: make_realm(communities={"ALONE": ("XCC",)}),
        draft_label("XBB"),
        draft_header(("ALONE",)),
        R.NO_RECIPIENT,
        "",
        "/label/releasable_to",
    ),
]


@pytest.mark.parametrize(
    ("realm", "labelled", "header", "code", "name", "pointer"),
    [pytest.param(*case[1:], id=f"a draft that {case[0]}") for case in REFUSALS],
)
def test_drafts_refused(
    realm: Callable[[], TestRealm],
    labelled: DraftLabel,
    header: DraftHeader | None,
    code: ReasonCode,
    name: str,
    pointer: str,
) -> None:
    with pytest.raises(ReleaseRefused) as refused:
        plan(realm(), labelled, header)
    assert (refused.value.code, refused.value.name, refused.value.pointer) == (code, name, pointer)


def test_a_stale_snapshot_stops_release() -> None:
    realm = make_realm(snapshot_lifetime=timedelta(days=1))
    plan(realm, draft_label("XBB"), after=timedelta(days=1) - timedelta(seconds=1))
    with pytest.raises(ReleaseRefused) as refused:
        plan(realm, draft_label("XBB"), after=timedelta(days=1))
    assert refused.value.code is R.TRUST_STALE
