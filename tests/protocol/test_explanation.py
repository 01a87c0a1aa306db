"""Explanations case by case: the sentence, what it rests on, and the ways to the other answer, in words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from bus.protocol.explanation import _RULE_OF, RULES, Explanation, explain
from bus.protocol.release import AGREEMENT_CODES
from bus.protocol.release_case import Bound, ReleaseCase
from bus.protocol.standings import AgreementTrust, Standing, obstacle_of
from bus.protocol.trust import TrustStore
from schemas.community import Membership
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode as R
from tests.protocol.messages import label, trust_of
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

DAY = timedelta(days=1)
COMMUNITIES: dict[str, tuple[str | Membership, ...]] = {
    "NORDIC": ("XAA", "XBB"),
    "SOUTH": (Membership(nation="XCC", since=NOW + DAY), Membership(nation="XAA")),
}
REALM = make_realm(communities=COMMUNITIES)
NARROW = AgreementPlan(
    id="narrow",
    kinds=(Kind.EXERCISE_NOTICE,),
    modes=(Mode.OPERATION,),
    highest=(("NATO", "NATO RESTRICTED"),),
)


def case(trust: TrustStore | None = None, nation: str = "XBB", **changed: Any) -> ReleaseCase:
    """A threat alert of XAA, NATO RESTRICTED, released and addressed to XBB and XCC."""
    asked = ReleaseCase(
        "XAA", Kind.THREAT_ALERT, Mode.OPERATION, label(), nation, "action", trust or trust_of(REALM), NOW
    )
    return replace(asked, **changed)


def under(*plans: AgreementPlan) -> TrustStore:
    """The realm with these agreements only."""
    return make_realm(agreements=plans, communities=COMMUNITIES).trust


def standing(trust: TrustStore, **standings: Standing) -> TrustStore:
    """The store with parties' standings on every agreement replaced, as acts would."""

    def changed(trusted: AgreementTrust) -> AgreementTrust:
        now = {**trusted.standings, **standings}
        return replace(trusted, standings=now, obstacle=obstacle_of(now.values()))

    return replace(
        trust,
        agreements_of=MappingProxyType(
            {nation: tuple(map(changed, listed)) for nation, listed in trust.agreements_of.items()}
        ),
    )


def told(explained: Explanation) -> list[str]:
    """Each way as one text."""
    return [" THEN ".join(step.text for step in way) for way in explained.ways]


EVERYTHING = 'agreement everything ("Agreement everything")'
NARROWLY = 'agreement narrow ("Agreement narrow")'
ALL = "Nation XAA (XAA), Nation XBB (XBB) and Nation XCC (XCC)"
CASES: list[tuple[str, Callable[[], ReleaseCase], R, str, list[str]]] = [
    (
        "not in the label, a member of a community",
        lambda: case(label=label(("XCC",))),
        R.NOT_IN_RELEASE_SET,
        "Nation XBB (XBB) does not get it: the label releases to XCC.",
        ["add XBB to releasable_to, or a community that contains it (NORDIC)"],
    ),
    (
        "a member of a named community only later",
        lambda: case(nation="XCC", label=label(("XBB",), releasable_to=("XBB", "SOUTH"))),
        R.NOT_IN_RELEASE_SET,
        "Nation XCC (XCC) does not get it: the label releases to XBB and SOUTH; "
        "SOUTH has it as a member from 3 March 2026, 09:30 UTC on.",
        ["add XCC to releasable_to"],
    ),
    (
        "releasable but not addressed",
        lambda: case(addressed="none"),
        R.NOT_ADDRESSED,
        "Nation XBB (XBB) does not get it: it might have it, but the message is addressed to others only.",
        ["add XBB to action_addressees or info_addressees"],
    ),
    (
        "suspended by one party, not countersigned by another",
        lambda: case(standing(trust_of(REALM), XBB=Standing.SUSPENDED, XCC=Standing.LAPSED)),
        R.AGREEMENT_NOT_COUNTERSIGNED,
        f"Nation XBB (XBB) does not get it: {EVERYTHING} waits for the countersignature of Nation XCC (XCC).",
        [f"Nation XCC (XCC) countersigns {EVERYTHING} THEN Nation XBB (XBB) resumes {EVERYTHING}"],
    ),
    (
        "suspended",
        lambda: case(standing(trust_of(REALM), XBB=Standing.SUSPENDED)),
        R.AGREEMENT_SUSPENDED,
        f"Nation XBB (XBB) does not get it: {EVERYTHING} is suspended by Nation XBB (XBB) since "
        "2 March 2026, 09:30 UTC.",
        [f"Nation XBB (XBB) resumes {EVERYTHING}"],
    ),
    (
        "left",
        lambda: case(standing(trust_of(REALM), XCC=Standing.LEFT)),
        R.AGREEMENT_LEFT,
        f"Nation XBB (XBB) does not get it: {EVERYTHING} was left by Nation XCC (XCC) on "
        "2 March 2026, 09:30 UTC.",
        [f"{ALL} agree on a next version of {EVERYTHING}"],
    ),
    (
        "no agreement",
        lambda: case(under()),
        R.NO_AGREEMENT,
        "Nation XBB (XBB) does not get it: Nation XAA (XAA) has no agreement with it.",
        [
            "Nation XAA (XAA) and Nation XBB (XBB) conclude an agreement that covers threat alert in mode "
            "OPERATION up to NATO RESTRICTED"
        ],
    ),
    (
        "kind and level beyond one agreement, level beyond another",
        lambda: case(
            under(NARROW, replace(NARROW, id="low", kinds=tuple(Kind))),
            label=label(classification="NATO SECRET"),
        ),
        R.CLASSIFICATION_TOO_HIGH,
        'Nation XBB (XBB) does not get it: agreement low ("Agreement low") goes up to NATO RESTRICTED, and '
        "this is NATO SECRET.",
        [
            "classify it NATO RESTRICTED or lower, if its content allows that",
            f'{ALL} agree on a next version of agreement low ("Agreement low") that goes up to NATO SECRET',
            f"{ALL} agree on a next version of {NARROWLY} that covers threat alert and goes up to "
            "NATO SECRET",
        ],
    ),
    (
        "a category that the agreement does not name",
        lambda: case(label=label(restrictive=("CRYPTO",))),
        R.CATEGORY_NOT_COVERED,
        f"Nation XBB (XBB) does not get it: {EVERYTHING} does not name CRYPTO.",
        [
            "leave CRYPTO out of restrictive, if its content allows that",
            f"{ALL} agree on a next version of {EVERYTHING} that names CRYPTO",
        ],
    ),
    (
        "an agreement that begins later",
        lambda: case(under(AgreementPlan(not_before=NOW + DAY))),
        R.AGREEMENT_NOT_IN_FORCE,
        f"Nation XBB (XBB) does not get it: {EVERYTHING} begins on 3 March 2026, 09:30 UTC.",
        [
            f"wait until 3 March 2026, 09:30 UTC, when {EVERYTHING} begins",
            f"{ALL} agree on a next version of {EVERYTHING} that is valid now",
        ],
    ),
    (
        "an agreement that ended, in another mode",
        lambda: case(under(AgreementPlan(modes=(Mode.TEST,), not_before=NOW - 2 * DAY, not_after=NOW))),
        R.AGREEMENT_NOT_IN_FORCE,
        f"Nation XBB (XBB) does not get it: {EVERYTHING} ended on 2 March 2026, 09:30 UTC.",
        [f"{ALL} agree on a next version of {EVERYTHING} that covers mode OPERATION and is valid now"],
    ),
    (
        "a policy that nothing leads from",
        lambda: case(label=label(policy="REALM", classification="OPEN")),
        R.CLASSIFICATION_UNMAPPED,
        f"Nation XBB (XBB) does not get it: {EVERYTHING} goes up to NATO SECRET, and nothing says what OPEN "
        "of policy REALM is in that policy.",
        [f"{ALL} agree on a next version of {EVERYTHING} that goes up to OPEN"],
    ),
    (
        "a classification that does not exist",
        lambda: case(label=label(classification="SECRET")),
        R.CLASSIFICATION_UNKNOWN,
        "Nation XBB (XBB) does not get it: this realm knows no SECRET of policy NATO.",
        ["write a classification that this realm knows: NATO SECRET of policy NATO or lower"],
    ),
    (
        "a suspended nation outside the label",
        lambda: case(trust_of(REALM.suspend("XBB")), label=label(("XCC",)), addressed="none"),
        R.NATION_SUSPENDED,
        "Nation XBB (XBB) does not get it: the realm has suspended it.",
        [
            "the realm lifts the suspension of Nation XBB (XBB) THEN add XBB to releasable_to, or a "
            "community that contains it (NORDIC) THEN add XBB to action_addressees or info_addressees"
        ],
    ),
    (
        "an answer to what it did not get",
        lambda: case(bounds=(Bound("/header/references/0", "XCC", frozenset({"XCC"})),)),
        R.REPLY_BEYOND_RELEASE,
        "Nation XBB (XBB) does not get it: what this draft answers was not released to it.",
        [
            "publish a message of your own instead of an answer (leave out /header/references/0), or ask "
            "Nation XCC (XCC) to release to XBB what it answers"
        ],
    ),
    (
        "a reference to what it could not have",
        lambda: case(
            bounds=(Bound("/header/references/1", "XAA", frozenset({"XCC"}), R.REFERENCE_BEYOND_RELEASE),)
        ),
        R.REFERENCE_BEYOND_RELEASE,
        "Nation XBB (XBB) does not get it: this draft refers to a message of Nation XAA (XAA) that it could "
        "not have.",
        ["leave out /header/references/1, or refer to a message that XBB has got"],
    ),
    (
        "the author itself",
        lambda: case(nation="XAA"),
        R.ORIGINATOR_IS_RECIPIENT,
        "Nation XAA (XAA) does not get it: it is the author.",
        [],
    ),
    (
        "a nation without a place",
        lambda: case(nation="XZZ"),
        R.NATION_UNKNOWN,
        "XZZ does not get it: it has no place in this realm.",
        [],
    ),
    (
        "permitted",
        lambda: case(label=label(releasable_to=("NORDIC", "XCC"))),
        R.RELEASE_PERMITTED,
        f"Nation XBB (XBB) gets it: it is a member of NORDIC, and {EVERYTHING} covers threat alert in mode "
        "OPERATION up to NATO SECRET until 2 March 2027, 09:30 UTC.",
        [
            "take NORDIC out of releasable_to and name the others instead",
            "address it to others only, without XBB",
            "classify it COSMIC TOP SECRET or higher",
            f"a party suspends or leaves {EVERYTHING}",
        ],
    ),
]


@pytest.mark.parametrize(
    ("made", "code", "sentence", "ways"), [pytest.param(*given[1:], id=given[0]) for given in CASES]
)
def test_an_answer_is_explained(
    made: Callable[[], ReleaseCase], code: R, sentence: str, ways: list[str]
) -> None:
    explained = explain(made())
    assert (explained.decision.code, explained.sentence) == (code, sentence)
    assert told(explained) == ways


def test_a_permit_by_two_agreements_ends_only_when_both_are_suspended() -> None:
    trust = under(AgreementPlan(id="one", not_after=NOW + DAY), AgreementPlan(id="two"))
    explained = explain(case(trust), issued=True)
    assert told(explained) == [
        'wait until 2 March 2027, 09:30 UTC, when agreement two ("Agreement two") ends',
        'a party suspends or leaves agreement one ("Agreement one") THEN '
        'a party suspends or leaves agreement two ("Agreement two")',
    ]


def test_a_way_names_no_act_that_another_agreement_makes_needless() -> None:
    """Lower, the higher agreement does; nobody need countersign the lower one."""
    low = AgreementPlan(id="low", parties=("XAA", "XBB"), highest=(("NATO", "NATO RESTRICTED"),))
    trust = under(low, AgreementPlan(id="middle", highest=(("NATO", "NATO CONFIDENTIAL"),)))
    waiting = {
        nation: tuple(
            replace(
                trusted,
                standings={**trusted.standings, "XBB": Standing.MISSING},
                obstacle=R.AGREEMENT_NOT_COUNTERSIGNED,
            )
            if trusted.agreement.id == "low"
            else trusted
            for trusted in listed
        )
        for nation, listed in trust.agreements_of.items()
    }
    found = told(
        explain(
            case(
                replace(trust, agreements_of=MappingProxyType(waiting)),
                label=label(classification="NATO SECRET"),
            )
        )
    )
    assert found[0] == "classify it NATO CONFIDENTIAL or lower, if its content allows that"
    assert not any("countersigns" in way for way in found)


def test_what_was_replaced_is_no_way() -> None:
    trust = trust_of(REALM)
    old = replace(trust.agreements["everything"], superseded_from=NOW - DAY)
    explained = explain(case(replace(trust, agreements_of=MappingProxyType({"XAA": (old,), "XBB": (old,)}))))
    assert explained.decision.code is R.AGREEMENT_SUPERSEDED
    assert [[step.change for step in way] for way in explained.ways] == [["conclude"]]


def test_what_was_issued_is_not_widened() -> None:
    assert explain(case(label=label(("XCC",))), issued=True).ways == ()


def test_a_denial_rests_on_its_rule_and_names_the_agreement_it_speaks_of() -> None:
    trust = standing(trust_of(REALM), XBB=Standing.SUSPENDED)
    digest = trust_of(REALM).agreements["everything"].digest
    agreement, rule = explain(case(trust)).rests_on
    assert (agreement.type, agreement.id, agreement.version, agreement.digest) == (
        "agreement",
        "everything",
        1,
        digest,
    )
    assert (rule.type, rule.id, rule.title) == ("rule", "agreement", RULES["agreement"])
    [alone] = explain(case(label=label(("XCC",)))).rests_on
    assert (alone.type, alone.id) == ("rule", "release-set")


def test_every_code_of_a_decision_has_its_rule() -> None:
    assert set(_RULE_OF.values()) | {"agreement"} == set(RULES)
    assert not set(AGREEMENT_CODES) - {R.CLASSIFICATION_UNKNOWN} & _RULE_OF.keys()


def test_many_agreements_and_parties_make_no_endless_explanation() -> None:
    """Two hundred agreements bear a permit: nobody is told to suspend them one by one, nor is that tried."""
    trust = trust_of(REALM)
    bearing = trust.agreements["everything"]
    many = tuple(replace(bearing, digest=f"sha256:{number:064x}") for number in range(200))
    explained = explain(case(replace(trust, agreements_of=MappingProxyType({"XAA": many}))))
    assert [way[0].change for way in explained.ways] == [
        "not_release_to",
        "not_address",
        "classify",
        "wait_until",
    ]
    parties = tuple(f"X{a}{b}" for a in "MNO" for b in "ABCDEFGHIJ")
    waiting = replace(
        bearing,
        standings={**bearing.standings, **dict.fromkeys(parties, Standing.MISSING)},
        obstacle=R.AGREEMENT_NOT_COUNTERSIGNED,
    )
    [[step]] = explain(case(replace(trust, agreements_of=MappingProxyType({"XAA": (waiting,)})))).ways
    assert step.by == parties
    assert step.text == f"30 nations ({', '.join(parties[:8])}, ...) countersign {EVERYTHING}"


def test_a_copy_to_look_at_may_go_to_who_may_look_at_what_it_answers() -> None:
    bound = Bound("/header/references/0", "XCC", frozenset({"XCC"}), shown=frozenset({"XBB", "XCC"}))
    shown = label(("XCC",)).model_copy(update={"display_set": ("XBB",)})
    assert explain(case(label=shown, bounds=(bound,))).decision.permit
    assert explain(case(bounds=(bound,))).decision.code is R.REPLY_BEYOND_RELEASE
    narrow = replace(bound, shown=frozenset({"XCC"}))
    assert explain(case(label=shown, bounds=(narrow,))).decision.code is R.REPLY_BEYOND_RELEASE
