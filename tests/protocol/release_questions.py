"""Questions of release as hypothesis draws them: mostly such that may be permitted, and any."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from bus.protocol.release import ReleaseDecision, decide
from bus.protocol.standings import AgreementTrust, Standing, obstacle_of
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import digest_of
from schemas.agreement import Agreement
from schemas.classification import Equivalence, EquivalentLevel
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel
from schemas.trust import NationStatus
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

NATIONS = ("XAA", "XBB", "XCC", "XDD")
COMMUNITIES = {"NORDIC": ("XAA", "XBB", "XCC"), "SOUTH": ("XCC", "XDD"), "ALL-FOUR": NATIONS}
BASE = make_realm(NATIONS, agreements=(), communities=COMMUNITIES).trust
LEVELS = {policy: sorted(ranks, key=ranks.__getitem__) for policy, ranks in BASE.ranks.items()}
KINDS = (Kind.THREAT_ALERT, Kind.EXERCISE_NOTICE)
MODES = (Mode.OPERATION, Mode.EXERCISE)

policies = st.sampled_from(sorted(LEVELS))
classified = {
    policy: st.sampled_from([(policy, level) for level in levels]) for policy, levels in LEVELS.items()
}
classifications = policies.flatmap(classified.__getitem__)
days = st.integers(-3, 3).map(lambda count: timedelta(days=count))
CATEGORIES = ("ATOMAL", "CRYPTO")
one_nation = st.sampled_from(NATIONS)
category_sets = st.lists(st.sampled_from(CATEGORIES), unique=True)
nation_sets = st.lists(one_nation, unique=True, max_size=4)
one_kind, one_mode, yes_or_no = st.sampled_from(KINDS), st.sampled_from(MODES), st.booleans()
party_sets = st.lists(one_nation, unique=True, min_size=2)
kind_sets = st.lists(one_kind, unique=True, min_size=1)
mode_sets = st.lists(one_mode, unique=True, min_size=1)
ceiling_sets = st.lists(classifications, min_size=1, max_size=2, unique_by=lambda pair: pair[0])
standing = st.sampled_from(Standing)
up_to_four, one_to_four, one_in_ten = st.integers(0, 4), st.integers(1, 4), st.integers(0, 9)
one_in_five = st.integers(0, 4)


def mostly(usual: st.SearchStrategy[Any], rare: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Four times in five the usual: where all is drawn freely, hardly anything may ever be released."""
    return one_in_five.flatmap(lambda drawn: rare if drawn == 4 else usual)


NEAR = sorted(LEVELS)[0]
asked_by, asked_for = mostly(st.just("XAA"), one_nation), mostly(st.just("XBB"), one_nation)
asked_of = mostly(classified[NEAR], classifications)
asked_on = mostly(st.just(timedelta(0)), days)
asked_to = mostly(st.sampled_from([["XBB", "XCC"], ["XBB"], ["XCC"]]), nation_sets)
shown_to = mostly(st.just(["XBB"]), nation_sets)
agreed_parties = mostly(st.sampled_from([["XAA", "XBB"], ["XAA", "XBB", "XCC"]]), party_sets)
agreed_ceilings = mostly(classified[NEAR].map(lambda level: [level]), ceiling_sets)
agreed_from = mostly(st.just(timedelta(days=-1)), days)
mostly_some = mostly(st.integers(2, 4), up_to_four)
agreed_by_all = mostly(st.just(True), st.just(False))


@cache
def tables(one: str, other: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """One to four levels of a policy with a level of another each."""
    pairs = st.tuples(st.sampled_from(LEVELS[one]), st.sampled_from(LEVELS[other]))
    return st.lists(pairs, min_size=1, max_size=4, unique_by=lambda pair: pair[0])


def trusted_as(
    document: Agreement, standings: dict[str, Standing], superseded_from: datetime | None = None
) -> AgreementTrust:
    """An agreement as it stands with its parties."""
    return AgreementTrust(
        document,
        digest_of(document.encode()),
        frozenset(document.parties),
        standings,
        obstacle=obstacle_of(standings.values()),
        superseded_from=superseded_from,
    )


@st.composite
def agreements(draw: st.DrawFn) -> tuple[AgreementTrust, ...]:
    """Up to four agreements of any parties, kinds, modes, ceilings and validity; mostly of XAA's with XBB."""
    made = []
    for number in range(draw(mostly_some)):
        begin = NOW + draw(agreed_from)
        document = AgreementPlan(
            id=f"agreement-{number}",
            parties=tuple(draw(agreed_parties)),
            kinds=tuple(draw(kind_sets)),
            modes=tuple(draw(mode_sets)),
            highest=tuple(draw(agreed_ceilings)),
            categories=tuple(draw(category_sets)),
            not_before=begin,
            not_after=begin + timedelta(days=draw(one_to_four)),
        ).document(BASE.realm, NOW)
        standings = {name: draw(standing) for name in document.parties}
        if draw(agreed_by_all):
            standings = dict.fromkeys(document.parties, Standing.AGREED)
        made.append(trusted_as(document, standings, NOW + draw(days) if draw(one_in_ten) == 0 else None))
    return tuple(made)


@st.composite
def equivalences(draw: st.DrawFn) -> tuple[Equivalence, ...]:
    """Up to four equivalences, orderly or not, whole or with holes."""
    made = []
    for number in range(draw(up_to_four)):
        one, other = draw(policies), draw(policies)
        pairs = draw(tables(one, other))
        made.append(
            Equivalence(
                type="equivalence",
                v=1,
                realm=BASE.realm,
                id=f"equivalence-{number}",
                version=1,
                rests_on="A table for tests",
                source="test",
                from_policy=one,
                to_policy=other,
                levels=tuple(EquivalentLevel(classification=c, equivalent=e) for c, e in pairs),
                not_before=NOW + draw(days),
                not_after=NOW + timedelta(days=4),
            )
        )
    return tuple(made)


def trust_with(
    agreed: tuple[AgreementTrust, ...],
    equal: tuple[Equivalence, ...] = BASE.equivalences,
    suspended: frozenset[str] = frozenset(),
) -> TrustStore:
    """The base realm under these agreements and equivalences."""
    return replace(
        BASE,
        agreements=MappingProxyType({trusted.agreement.id: trusted for trusted in agreed}),
        agreements_of=MappingProxyType(
            {name: tuple(trusted for trusted in agreed if name in trusted.parties) for name in NATIONS}
        ),
        equivalences=equal,
        nations=MappingProxyType(
            {
                name: replace(nation, status=NationStatus.SUSPENDED) if name in suspended else nation
                for name, nation in BASE.nations.items()
            }
        ),
    )


@st.composite
def questions(draw: st.DrawFn) -> dict[str, object]:
    """Everything decide() is asked but the trust store; mostly whether XBB may have what is XAA's."""
    policy, classification = draw(asked_of)
    released, displayed = draw(asked_to), draw(shown_to) if draw(yes_or_no) else []
    return {
        "originator": draw(asked_by),
        "kind": draw(one_kind),
        "mode": draw(one_mode),
        "label": ConfidentialityLabel(
            policy=policy,
            classification=classification,
            releasable_to=tuple(released),
            display_only_to=tuple(displayed),
            restrictive=tuple(draw(category_sets) if draw(yes_or_no) else []),
            originator_controlled=draw(yes_or_no),
            release_set=tuple(sorted(released)),
            display_set=tuple(sorted(displayed)),
        ),
        "nation": draw(asked_for),
        "now": NOW + draw(asked_on),
    }


def ask(trust: TrustStore, question: dict[str, object], **changed: object) -> ReleaseDecision:
    return decide(trust=trust, **{**question, **changed})  # type: ignore[arg-type]


def label_of(question: dict[str, object]) -> ConfidentialityLabel:
    found = question["label"]
    assert isinstance(found, ConfidentialityLabel)
    return found


many = settings(deadline=None, max_examples=80)

names = st.lists(st.sampled_from([*NATIONS, *COMMUNITIES]), unique=True, max_size=3)
