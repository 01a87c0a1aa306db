"""The release decision, case by case: every answer that decide can give."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bus.known.documents import equivalence_document
from bus.protocol.release import decide
from bus.protocol.trust import TrustStore
from schemas.classification import Equivalence, EquivalentLevel
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel
from schemas.reasons import ReasonCode
from tests.protocol.messages import label
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, make_realm

YEAR = timedelta(days=365)


def restricted(plan: AgreementPlan) -> TestRealm:
    return make_realm(agreements=(plan,))


def _decide(
    trust: TrustStore,
    labelled: ConfidentialityLabel,
    *,
    nation: str = "XBB",
    originator: str = "XAA",
    kind: Kind = Kind.THREAT_ALERT,
    mode: Mode = Mode.OPERATION,
    after: timedelta = timedelta(0),
) -> ReasonCode:
    decision = decide(
        originator=originator,
        kind=kind,
        mode=mode,
        label=labelled,
        nation=nation,
        trust=trust,
        now=NOW + after,
    )
    assert decision.permit == (decision.code is ReasonCode.RELEASE_PERMITTED)
    assert bool(decision.basis) == decision.permit, "a permit rests on something, a denial on nothing"
    assert decision.nation == nation
    assert decision.explanation
    return decision.code


def test_an_agreement_in_force_permits_and_is_named_as_the_basis() -> None:
    trust = make_realm().trust
    decision = decide(
        originator="XAA",
        kind=Kind.THREAT_ALERT,
        mode=Mode.OPERATION,
        label=label(),
        nation="XBB",
        trust=trust,
        now=NOW,
    )
    assert decision.permit
    assert [(basis.id, basis.digest) for basis in decision.basis] == [
        ("everything", trust.agreements["everything"].digest)
    ]
    assert "everything" in decision.explanation


R = ReasonCode
DENIALS: list[object] = [
    ("the release set is empty", make_realm, label(()), {}, R.RELEASE_SET_EMPTY),
    ("the nation is not in the release set", make_realm, label(("XCC",)), {}, R.NOT_IN_RELEASE_SET),
    (
        "releasable_to names the nation but the release set does not",
        make_realm,
        label(("XCC",), releasable_to=("XBB", "XCC")),
        {},
        R.NOT_IN_RELEASE_SET,
    ),
    ("the realm does not know the nation", make_realm, label(("XZZ",)), {"nation": "XZZ"}, R.NATION_UNKNOWN),
    (
        "the realm does not know the originator",
        make_realm,
        label(),
        {"originator": "XZZ"},
        R.ORIGINATOR_UNKNOWN,
    ),
    ("the nation is suspended", lambda: make_realm().suspend("XBB"), label(), {}, R.NATION_SUSPENDED),
    ("the originator is suspended", lambda: make_realm().suspend("XAA"), label(), {}, R.ORIGINATOR_SUSPENDED),
    ("a nation sends to itself", make_realm, label(("XAA",)), {"nation": "XAA"}, R.ORIGINATOR_IS_RECIPIENT),
    (
        "no agreement names the label's restrictive category",
        make_realm,
        label(restrictive=("CRYPTO",)),
        {},
        R.CATEGORY_NOT_COVERED,
    ),
    ("the policy is unknown", make_realm, label(policy="XXX"), {}, R.CLASSIFICATION_UNKNOWN),
    (
        "the classification is unknown in its policy",
        make_realm,
        label(classification="HEMLIG"),
        {},
        R.CLASSIFICATION_UNKNOWN,
    ),
    (
        "the classification differs in case only",
        make_realm,
        label(classification="nato restricted"),
        {},
        R.CLASSIFICATION_UNKNOWN,
    ),
    ("there is no agreement at all", lambda: make_realm(agreements=()), label(), {}, R.NO_AGREEMENT),
    (
        "the agreement is between others",
        lambda: restricted(AgreementPlan(parties=("XBB", "XCC"))),
        label(),
        {},
        R.NO_AGREEMENT,
    ),
    (
        "each has an agreement with a third, none with the other",
        lambda: make_realm(
            agreements=(
                AgreementPlan(id="one", parties=("XAA", "XCC")),
                AgreementPlan(id="two", parties=("XBB", "XCC")),
            )
        ),
        label(),
        {},
        R.NO_AGREEMENT,
    ),
    ("the agreement has ended", make_realm, label(), {"after": YEAR}, R.AGREEMENT_NOT_IN_FORCE),
    (
        "the agreement has not begun",
        make_realm,
        label(),
        {"after": -timedelta(days=2)},
        R.AGREEMENT_NOT_IN_FORCE,
    ),
    (
        "the agreement covers another mode",
        lambda: restricted(AgreementPlan(modes=(Mode.EXERCISE,))),
        label(),
        {},
        R.MODE_NOT_COVERED,
    ),
    (
        "the agreement covers another kind",
        lambda: restricted(AgreementPlan(kinds=(Kind.EXERCISE_NOTICE,))),
        label(),
        {},
        R.KIND_NOT_COVERED,
    ),
    (
        "the classification is above the ceiling",
        make_realm,
        label(classification="COSMIC TOP SECRET"),
        {},
        R.CLASSIFICATION_TOO_HIGH,
    ),
    (
        "the ceiling is in a policy that nothing leads to",
        make_realm,
        label(policy="REALM", classification="OPEN"),
        {},
        R.CLASSIFICATION_UNMAPPED,
    ),
    (
        "the ceiling names a classification that does not exist",
        lambda: restricted(AgreementPlan(highest=(("NATO", "NATO ULTRA"),))),
        label(),
        {},
        R.CLASSIFICATION_TOO_HIGH,
    ),
    (
        "one agreement covers the kind, another the mode",
        lambda: make_realm(
            agreements=(
                AgreementPlan(id="one", kinds=(Kind.EXERCISE_NOTICE,)),
                AgreementPlan(id="two", modes=(Mode.TEST,)),
            )
        ),
        label(),
        {},
        R.KIND_NOT_COVERED,
    ),
]


@pytest.mark.parametrize(
    ("realm", "labelled", "asked", "code"),
    [pytest.param(*case[1:], id=f"denied: {case[0]}") for case in DENIALS],  # type: ignore[index]
)
def test_denials(
    realm: Callable[[], TestRealm], labelled: ConfidentialityLabel, asked: dict[str, object], code: R
) -> None:
    assert _decide(realm().trust, labelled, **asked) is code  # type: ignore[arg-type]


def test_a_level_of_another_policy_is_judged_by_its_equivalent() -> None:
    trust = restricted(AgreementPlan(highest=(("NATO", "NATO CONFIDENTIAL"),))).trust
    levels = {
        "BEGRÄNSAT HEMLIG": R.RELEASE_PERMITTED,
        "KONFIDENTIELL": R.RELEASE_PERMITTED,
        "HEMLIG": R.CLASSIFICATION_TOO_HIGH,
        "KVALIFICERAT HEMLIG": R.CLASSIFICATION_TOO_HIGH,
    }
    assert {text: _decide(trust, label(policy="SWE", classification=text)) for text in levels} == levels


def test_a_level_without_an_equivalent_maps_up_never_down() -> None:
    """Sweden has nothing below BEGRÄNSAT HEMLIG, so NATO UNCLASSIFIED is handled as that."""
    low = restricted(AgreementPlan(highest=(("SWE", "BEGRÄNSAT HEMLIG"),))).trust
    for text, code in (
        ("NATO UNCLASSIFIED", R.RELEASE_PERMITTED),
        ("NATO RESTRICTED", R.RELEASE_PERMITTED),
        ("NATO CONFIDENTIAL", R.CLASSIFICATION_TOO_HIGH),
    ):
        assert _decide(low, label(classification=text)) is code


def test_an_equivalence_that_ends_below_a_level_refuses_it_even_where_another_would_allow_it() -> None:
    """Else HEMLIG, which only the lenient equivalence maps, would pass where KONFIDENTIELL may not."""
    realm = restricted(AgreementPlan(highest=(("NATO", "NATO RESTRICTED"), ("REALM", "CLOSED"))))
    trust = replace(
        realm.trust,
        equivalences=(
            equivalence(realm.id, "NATO", (("KONFIDENTIELL", "NATO SECRET"),)),
            equivalence(realm.id, "REALM", (("KONFIDENTIELL", "OPEN"), ("HEMLIG", "OPEN"))),
        ),
    )
    assert _decide(trust, label(policy="SWE", classification="KONFIDENTIELL")) is R.CLASSIFICATION_TOO_HIGH
    assert _decide(trust, label(policy="SWE", classification="HEMLIG")) is R.CLASSIFICATION_UNMAPPED


@pytest.mark.parametrize(
    "window", [(-2, -1), (1, 2)], ids=["an equivalence that has ended", "an equivalence that has not begun"]
)
def test_equivalences_out_of_force_lead_nowhere(window: tuple[int, int]) -> None:
    realm = make_realm()
    levels = (("KONFIDENTIELL", "NATO CONFIDENTIAL"),)
    trust = replace(realm.trust, equivalences=(equivalence(realm.id, "NATO", levels, window),))
    assert _decide(trust, label(policy="SWE", classification="KONFIDENTIELL")) is R.CLASSIFICATION_UNMAPPED


def equivalence(
    realm: str, to_policy: str, levels: tuple[tuple[str, str], ...], window: tuple[int, int] = (-1, 1)
) -> Equivalence:
    """From Swedish levels to another policy's, in force for these days around NOW."""
    return equivalence_document(
        realm,
        "SWE",
        to_policy,
        [EquivalentLevel(classification=own, equivalent=other) for own, other in levels],
        rests_on="A table for tests",
        source="test",
        not_before=NOW + timedelta(days=window[0]),
        not_after=NOW + timedelta(days=window[1]),
    )


def test_a_ceiling_in_the_labels_own_policy_decides_alone() -> None:
    both = restricted(AgreementPlan(highest=(("NATO", "NATO SECRET"), ("SWE", "BEGRÄNSAT HEMLIG")))).trust
    assert _decide(both, label(classification="NATO SECRET")) is R.RELEASE_PERMITTED
    assert _decide(both, label(policy="SWE", classification="HEMLIG")) is R.CLASSIFICATION_TOO_HIGH
