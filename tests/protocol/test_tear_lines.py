"""Drafts with tear lines: each nation gets the fullest version that it may have, and never two."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import decide, plan_release
from bus.protocol.standings import AgreementTrust, Standing
from bus.protocol.tear_lines import TearLinePlan, plan_versions, version_pointer
from bus.protocol.trust_documents import digest_of
from schemas.body import FindingCode
from schemas.header import DraftHeader, Kind
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode
from tests.protocol.messages import draft_header, draft_label
from tests.protocol.release_questions import BASE, COMMUNITIES, LEVELS, NATIONS, trust_with
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

TRUST = make_realm(
    ("XAA", "XBB", "XCC", "XDD", "XEE"),
    agreements=(
        AgreementPlan(id="close", parties=("XAA", "XBB"), highest=(("NATO", "NATO SECRET"),)),
        AgreementPlan(id="wide", parties=("XAA", "XCC", "XDD"), highest=(("NATO", "NATO RESTRICTED"),)),
    ),
    communities={"EVERYBODY": ("XAA", "XBB", "XCC", "XDD", "XEE"), "THE-TWO": ("XCC", "XDD")},
).trust

FULL = ("full", draft_label("XBB", classification="NATO SECRET"))
LESS = ("less", draft_label("EVERYBODY", classification="NATO RESTRICTED"))
LEAST = ("least", draft_label("EVERYBODY", classification="NATO UNCLASSIFIED"))


def planned(*versions: tuple[str, DraftLabel], header: DraftHeader | None = None) -> TearLinePlan:
    return plan_versions(header or draft_header(), versions, originator="XAA", trust=TRUST, now=NOW)


def recipients(plan: TearLinePlan) -> list[tuple[str, ...]]:
    return [version.plan.recipients for version in plan.versions]


def test_each_nation_gets_the_fullest_version_it_may_have() -> None:
    plan = planned(FULL, LESS, LEAST)
    assert recipients(plan) == [("XBB",), ("XCC", "XDD"), ()]
    assert plan.plan.recipients == ("XBB", "XCC", "XDD")
    assert {row.nation: (row.version, row.by_version) for row in plan.plan.rows} == {
        "XBB": (0, (ReasonCode.RELEASE_PERMITTED, ReasonCode.FULLER_VERSION, ReasonCode.FULLER_VERSION)),
        "XCC": (1, (ReasonCode.NOT_IN_RELEASE_SET, ReasonCode.RELEASE_PERMITTED, ReasonCode.FULLER_VERSION)),
        "XDD": (1, (ReasonCode.NOT_IN_RELEASE_SET, ReasonCode.RELEASE_PERMITTED, ReasonCode.FULLER_VERSION)),
        "XEE": (None, (ReasonCode.NOT_IN_RELEASE_SET, ReasonCode.NO_AGREEMENT, ReasonCode.NO_AGREEMENT)),
    }
    assert [finding.code for finding in plan.findings] == [FindingCode.TEAR_LINE_REACHES_NOBODY]
    assert plan.findings[0].pointer == "/tear_lines/1"


def test_no_release_set_is_lessened_by_who_got_more() -> None:
    assert planned(FULL, LESS).versions[1].plan.label.release_set == ("XBB", "XCC", "XDD", "XEE")


def test_a_level_above_a_nations_agreement_leads_it_to_the_next_version() -> None:
    plan = planned(("full", draft_label("XBB", "XCC", classification="NATO SECRET")), LESS)
    assert recipients(plan) == [("XBB",), ("XCC", "XDD")]
    assert plan.plan.rows[1].by_version[0] is ReasonCode.CLASSIFICATION_TOO_HIGH


@pytest.mark.parametrize("national", [(), ("XAA",)], ids=["to nobody", "to the own nation only"])
def test_a_fuller_text_may_be_released(national: tuple[str, ...]) -> None:
    plan = planned(("ours", draft_label(*national, classification="NATO SECRET")), LESS)
    assert recipients(plan) == [(), ("XBB", "XCC", "XDD")]
    assert plan.plan.label == plan.versions[1].plan.label
    assert plan.findings == ()


def test_a_version_names_only_the_addressees_that_may_have_it() -> None:
    header = draft_header(["XBB", "THE-TWO"], ["XCC"])
    plan = planned(FULL, ("less", draft_label("XCC", "XDD")), header=header)
    assert recipients(plan) == [("XBB",), ("XCC", "XDD")]
    full, less = (version.header for version in plan.versions)
    assert (full.subject, full.action_addressees, full.info_addressees) == ("full", ("XBB", "THE-TWO"), ())
    assert (less.subject, less.action_addressees, less.info_addressees) == ("less", ("THE-TWO",), ("XCC",))


def test_a_version_that_no_addressee_may_have_reaches_nobody_rather_than_everybody() -> None:
    plan = planned(FULL, ("less", draft_label("EVERYBODY")), header=draft_header(["XCC"]))
    assert recipients(plan) == [(), ("XCC",)]
    assert plan.versions[0].header.action_addressees == ("XCC",)


def test_an_author_is_told_of_a_tear_line_that_is_narrower_than_what_comes_before_it() -> None:
    plan = planned(FULL, ("less", draft_label("THE-TWO")))
    (finding,) = plan.findings
    assert (finding.code, finding.pointer) == (FindingCode.TEAR_LINE_NARROWER, "/tear_lines/0")
    assert "XBB" in finding.explanation


REFUSED: dict[str, tuple[Callable[[], TearLinePlan], ReasonCode, str]] = {
    "no version reaches anybody": (
        lambda: planned(("a", draft_label("XAA")), ("b", draft_label("XAA"))),
        ReasonCode.NATIONAL_ONLY,
        "/tear_lines/0/label/releasable_to",
    ),
    "a community of which nobody may have anything": (
        lambda: planned(
            ("a", draft_label("THE-TWO", classification="NATO SECRET")),
            ("b", draft_label("THE-TWO", classification="NATO CONFIDENTIAL")),
        ),
        ReasonCode.NO_RECIPIENT,
        "/tear_lines/0/label/releasable_to",
    ),
    "an unknown nation in a tear line": (
        lambda: planned(FULL, ("b", draft_label("XCC", "XYZ"))),
        ReasonCode.NATION_UNKNOWN,
        "/tear_lines/0/label/releasable_to/1",
    ),
    "an unknown level in a tear line": (
        lambda: planned(FULL, LESS, ("c", draft_label("XCC", classification="SECRET-ISH"))),
        ReasonCode.CLASSIFICATION_UNKNOWN,
        "/tear_lines/1/label/classification",
    ),
    "an addressee in no version's release set": (
        lambda: planned(FULL, ("b", draft_label("XCC")), header=draft_header(["XBB", "XDD"])),
        ReasonCode.ADDRESSEE_NOT_RELEASABLE,
        "/header/action_addressees",
    ),
    "an addressee that may have no version": (
        lambda: planned(FULL, LESS, header=draft_header(["XBB"], ["XEE"])),
        ReasonCode.NO_AGREEMENT,
        "/header/info_addressees",
    ),
    "a nation named in a label that may have nothing": (
        lambda: planned(FULL, ("b", draft_label("XCC", "XEE"))),
        ReasonCode.NO_AGREEMENT,
        "/tear_lines/0/label/releasable_to",
    ),
}


@pytest.mark.parametrize(("plan", "code", "pointer"), REFUSED.values(), ids=REFUSED.keys())
def test_a_draft_is_refused_for(plan: Callable[[], TearLinePlan], code: ReasonCode, pointer: str) -> None:
    with pytest.raises(ReleaseRefused) as caught:
        plan()
    assert (caught.value.code, caught.value.pointer) == (code, pointer)


def test_a_label_naming_a_nation_that_may_have_only_a_fuller_version_is_refused() -> None:
    """Its readers could work out that the nation may not have this: so it must have got something else."""
    trust = make_realm(
        ("XAA", "XBB", "XCC"),
        agreements=(
            AgreementPlan(id="one", parties=("XAA", "XBB"), highest=(("REALM", "PROTECTED"),)),
            AgreementPlan(id="two", parties=("XAA", "XCC")),
        ),
    ).trust
    versions = [
        ("full", draft_label("XBB", policy="REALM", classification="PROTECTED")),
        ("less", draft_label("XBB", "XCC")),
    ]
    with pytest.raises(ReleaseRefused) as caught:
        plan_versions(draft_header(), versions, originator="XAA", trust=trust, now=NOW)
    assert caught.value.pointer == "/tear_lines/0/label/releasable_to"
    addressed = plan_versions(draft_header(["XBB", "XCC"]), versions, originator="XAA", trust=trust, now=NOW)
    assert [version.header.action_addressees for version in addressed.versions] == [("XBB",), ("XCC",)]


def test_pointers_lead_into_the_version_concerned() -> None:
    assert version_pointer("/label/policy", 0) == "/label/policy"
    assert version_pointer("/body/texts/0", 3) == "/tear_lines/2/body/texts/0"
    assert version_pointer("/header/expires_at", 3) == "/header/expires_at"


# -- by property ------------------------------------------------------------------------------------------

# Mostly communities: a nation that is named by its code must get something, else the draft is refused.
names = st.lists(st.sampled_from((*COMMUNITIES, *COMMUNITIES, "XBB", "XCC")), unique=True, max_size=2)
addressees: st.SearchStrategy[list[str]] = st.one_of(st.just([]), names)
levels = st.sampled_from([("NATO", level) for level in LEVELS["NATO"]] + [("SWE", LEVELS["SWE"][0])])


@st.composite
def agreements(draw: st.DrawFn) -> tuple[AgreementTrust, ...]:
    """Up to three agreements of XAA in force, with any parties and ceilings."""
    made = []
    for number in range(draw(st.integers(1, 3))):
        others = draw(st.lists(st.sampled_from(NATIONS[1:]), unique=True, min_size=1))
        ceilings = tuple(draw(st.lists(levels, min_size=1, max_size=2, unique_by=lambda pair: pair[0])))
        parties = ("XAA", *others)
        document = AgreementPlan(id=f"agreement-{number}", parties=parties, highest=ceilings).document(
            BASE.realm, NOW
        )
        made.append(
            AgreementTrust(
                document,
                digest_of(document.encode()),
                frozenset(parties),
                dict.fromkeys(parties, Standing.AGREED),
                obstacle=None,
            )
        )
    return tuple(made)


@st.composite
def labels(draw: st.DrawFn) -> DraftLabel:
    policy, classification = draw(levels)
    return draft_label(*draw(names), policy=policy, classification=classification)


@st.composite
def headers(draw: st.DrawFn) -> DraftHeader:
    action = draw(addressees)
    return draft_header(action, [name for name in draw(addressees) if name not in action])


version_lists = st.lists(labels(), min_size=2, max_size=5).map(
    lambda some: [(f"version {number}", label) for number, label in enumerate(some)]
)
many = settings(deadline=None, max_examples=150)


def tried(
    header: DraftHeader, versions: Sequence[tuple[str, DraftLabel]], agreed: tuple[AgreementTrust, ...]
) -> TearLinePlan | None:
    try:
        return plan_versions(header, versions, originator="XAA", trust=trust_with(agreed), now=NOW)
    except ReleaseRefused:
        return None


@many
@given(headers(), version_lists, agreements())
def test_every_nation_gets_the_fullest_it_may_have_and_never_two(
    header: DraftHeader, versions: list[tuple[str, DraftLabel]], agreed: tuple[AgreementTrust, ...]
) -> None:
    plan = tried(header, versions, agreed)
    if plan is None:
        return
    trust = trust_with(agreed)
    given_to = [nation for version in plan.versions for nation in version.plan.recipients]
    assert len(given_to) == len(set(given_to))
    assert sorted(given_to) == list(plan.plan.recipients) != []
    for row in plan.plan.rows:
        permitted = [
            version.version
            for version in plan.versions
            if decide(
                originator="XAA",
                kind=Kind.THREAT_ALERT,
                mode=header.mode,
                label=version.plan.label,
                nation=row.nation,
                trust=trust,
                now=NOW,
            ).permit
            and row.nation in _addressed(header, version.plan.label.release_set)
        ]
        assert row.version == (min(permitted) if permitted else None)
        assert row.decision.permit is bool(permitted)
        assert [code is ReasonCode.RELEASE_PERMITTED for code in row.by_version] == [
            version == row.version for version in range(len(versions))
        ]


def _addressed(header: DraftHeader, release_set: Sequence[str]) -> set[str]:
    named = (*header.action_addressees, *header.info_addressees)
    meant = {nation for name in named for nation in COMMUNITIES.get(name, (name,))}
    return meant & set(release_set) if named else set(release_set)


@many
@given(headers(), version_lists, agreements())
def test_what_a_recipient_gets_is_what_it_would_get_were_there_nothing_fuller(
    header: DraftHeader, versions: list[tuple[str, DraftLabel]], agreed: tuple[AgreementTrust, ...]
) -> None:
    plan = tried(header, versions, agreed)
    if plan is None:
        return
    for version in plan.versions:
        if not version.plan.recipients:
            continue
        later = versions[version.version :]
        # Its author would not have addressed whom none of these versions is for.
        reached = {
            row.nation
            for row in plan.plan.rows
            if any(code in _POSSIBLE for code in row.by_version[version.version :])
        }
        action, info = (
            tuple(name for name in names if len(name) > 3 or name in reached)
            for names in (header.action_addressees, header.info_addressees)
        )
        alone = header.model_copy(update={"action_addressees": action, "info_addressees": info})
        without = tried(alone, later, agreed)
        assert without is not None, "it would be accepted as it stands"
        same = without.versions[0]
        assert (same.header, same.wider) == (version.header, version.wider)
        assert same.plan.label == version.plan.label
        assert set(same.plan.recipients) >= set(version.plan.recipients)
        for row in plan.plan.rows:
            if row.version is not None and row.version >= version.version:
                assert row.nation in without.versions[row.version - version.version].plan.recipients


_POSSIBLE = (ReasonCode.RELEASE_PERMITTED, ReasonCode.FULLER_VERSION)


@many
@given(headers(), labels(), agreements())
def test_a_national_text_before_it_changes_nothing_for_anybody(
    header: DraftHeader, label: DraftLabel, agreed: tuple[AgreementTrust, ...]
) -> None:
    ours = ("ours", draft_label("XAA"))
    plan = tried(header, [ours, ("released", label)], agreed)
    trust = trust_with(agreed)
    try:
        alone = plan_release(header, label, originator="XAA", trust=trust, now=NOW)
    except ReleaseRefused as refused:
        if plan is None:
            return
        # What is refused for an addressee only it could reach is refused with the national text, too.
        raise AssertionError(f"accepted beside a national text only: {refused}") from None
    assert plan is not None
    assert plan.plan.recipients == plan.versions[1].plan.recipients == alone.recipients
    assert plan.versions[1].plan.label == alone.label
