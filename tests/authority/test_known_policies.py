"""The reviewed policies and equivalences: complete, sourced, and right about false friends (domain.md 2)."""

import re
from datetime import date, timedelta

import pytest

from bus.known.documents import equivalence_document, known_policy_document
from bus.known.reviewed import known_equivalence, known_policies, known_tables
from bus.protocol.classification import equivalent, within
from bus.protocol.trust import TrustStore
from schemas.agreement import Ceiling
from schemas.reasons import ReasonCode
from tests.realm_fixtures import NOW, make_realm

VERIFIED = {
    "NATO": "COSMIC TOP SECRET, NATO SECRET, NATO CONFIDENTIAL, NATO RESTRICTED, NATO UNCLASSIFIED",
    "EU": "TRÈS SECRET UE/EU TOP SECRET, SECRET UE/EU SECRET, CONFIDENTIEL UE/EU CONFIDENTIAL, "
    "RESTREINT UE/EU RESTRICTED",
    "USA": "TOP SECRET, SECRET, CONFIDENTIAL",
    "FRA": "TRÈS SECRET, SECRET",
    "SWE": "KVALIFICERAT HEMLIG, HEMLIG, KONFIDENTIELL, BEGRÄNSAT HEMLIG",
    "JPN": "GOKUHI, HI",
    "KOR": "GUNSA II-KUP BI MIL, GUNSA III-KUP BI MIL",
}


@pytest.mark.parametrize("name", sorted(VERIFIED))
def test_what_was_checked_is_on_and_nothing_else(name: str) -> None:
    taken = known_policies()[name].taken(unverified=False)
    assert ", ".join(level.classification for level in taken) == VERIFIED[name]
    assert not any(level.unverified for level in taken)


@pytest.mark.parametrize("name", ["CAN", "NZL", "PRT", "ROU", "NLD", "FIN", "IND"])
def test_a_policy_that_was_not_checked_is_off_and_marked(name: str) -> None:
    assert known_policies()[name].taken(unverified=False) == ()
    document = known_policy_document(make_realm().id, known_policies()[name], unverified=True)
    assert all(level.unverified for level in document.levels)


@pytest.mark.parametrize("name", sorted(known_policies()))
def test_every_policy_and_table_says_where_it_is_from_and_when_that_was_looked_at(name: str) -> None:
    document = known_policy_document(make_realm().id, known_policies()[name], unverified=True)
    assert re.search(r"\w.* As of \d{4}-\d{2}-\d{2}\.$", document.source, re.DOTALL)


def test_every_table_names_what_it_rests_on_and_only_levels_that_exist() -> None:
    for table in known_tables():
        assert table.as_of > date(2026, 1, 1)
        for row in table.rows:
            texts = {level.classification for level in known_policies()[row.policy].levels}
            assert set(row.levels) - {None} <= texts, (table.id, row.policy)


def test_every_table_keeps_the_order_of_every_policy() -> None:
    """Else a level could read lower elsewhere than one below it."""
    for table in known_tables():
        for row in table.rows:
            ranks = {level.classification: level.rank for level in known_policies()[row.policy].levels}
            order = [ranks[text] for text in row.levels if text is not None]
            assert order == sorted(order, reverse=True), (table.id, row.policy)


def test_tables_agree_with_one_another_where_they_say_something_of_the_same_two_policies() -> None:
    said: dict[tuple[str, str, str], set[str]] = {}
    for table in known_tables():
        for one in table.rows:
            for other in table.rows:
                if one.policy == other.policy:
                    continue
                for own, equal in zip(one.levels, other.levels, strict=True):
                    if own is not None and equal is not None:
                        said.setdefault((one.policy, own, other.policy), set()).add(equal)
    assert {key: equals for key, equals in said.items() if len(equals) > 1} == {}


@pytest.mark.parametrize(
    ("one", "other", "rests_on"),
    [
        ("POL", "NOR", "Poland and Norway"),
        ("NOR", "POL", "Poland and Norway"),
        ("EU", "USA", "European Union and the United States"),
        ("SWE", "EU", "EU member states"),
        ("KOR", "JPN", "Korea and Japan"),
        ("NATO", "SWE", "no agreement between the two"),
    ],
)
def test_an_equivalence_names_the_agreement_or_says_that_there_is_none(
    one: str, other: str, rests_on: str
) -> None:
    found = known_equivalence(one, other)
    assert found is not None
    assert rests_on in found.rests_on


def test_what_was_not_checked_is_no_equivalence_unless_asked_for() -> None:
    assert known_equivalence("ROU", "NATO") is None
    asked = known_equivalence("ROU", "NATO", unverified=True)
    assert asked is not None
    assert all(level.unverified for level in asked.levels)
    assert known_equivalence("NATO", "NATO", unverified=True) is None


def trust_of(*policies: str) -> TrustStore:
    """A realm with everything that is shipped for these policies, checked or not."""
    made = make_realm(agreements=(), policies=())
    realm = made.realm
    for name in policies:
        document = known_policy_document(made.id, known_policies()[name], unverified=True)
        realm = realm.with_document(document, made.authority)
    for one in policies:
        for other in policies:
            shipped = known_equivalence(one, other, unverified=True)
            if shipped is not None:
                document_ = equivalence_document(
                    made.id,
                    one,
                    other,
                    shipped.levels,
                    rests_on=shipped.rests_on,
                    source=shipped.source,
                    not_before=NOW - timedelta(days=1),
                    not_after=NOW + timedelta(days=1),
                )
                realm = realm.with_document(document_, made.authority)
    return made.next(realm).trust


@pytest.mark.parametrize(
    ("policy", "classification", "equal"),
    [
        pytest.param("ESP", "SECRETO", "COSMIC TOP SECRET", id="Spain's SECRETO is the highest level"),
        pytest.param("ESP", "RESERVADO", "NATO SECRET", id="Spain's RESERVADO is secret"),
        pytest.param("PRT", "RESERVADO", "NATO RESTRICTED", id="Portugal's RESERVADO is restricted"),
        pytest.param("PRT", "SECRETO", "NATO SECRET", id="Portugal's SECRETO is secret"),
        pytest.param("ITA", "RISERVATO", "NATO RESTRICTED", id="Italy's RISERVATO is restricted"),
        pytest.param(
            "ITA", "RISERVATISSIMO", "NATO CONFIDENTIAL", id="Italy's RISERVATISSIMO is confidential"
        ),
        pytest.param("POL", "ZASTRZEŻONE", "NATO RESTRICTED", id="Poland's ZASTRZEŻONE is restricted"),
        pytest.param("ROU", "SECRET", "NATO CONFIDENTIAL", id="Romania's SECRET is confidential"),
        pytest.param("ROU", "STRICT SECRET", "NATO SECRET", id="Romania's STRICT SECRET is secret"),
        pytest.param(
            "FRA", "TRÈS SECRET", "COSMIC TOP SECRET", id="France's TRÈS SECRET is the highest level"
        ),
        pytest.param(
            "AUS", "PROTECTED", "NATO SECRET", id="Australia's PROTECTED maps up, there is no confidential"
        ),
        pytest.param("USA", "CONFIDENTIAL", "NATO CONFIDENTIAL", id="the United States' lowest level"),
    ],
)
def test_false_friends(policy: str, classification: str, equal: str) -> None:
    trust = trust_of("NATO", policy)
    found = equivalent(policy, classification, "NATO", trust, NOW)
    assert found is not None
    assert found.classification == equal
    levels = list(trust.ranks["NATO"])
    below = [text for text in levels if trust.ranks["NATO"][text] < trust.ranks["NATO"][equal]]
    for ceiling in below:
        allowed = within(
            policy, classification, (Ceiling(policy="NATO", classification=ceiling),), trust, NOW
        )
        assert allowed is ReasonCode.CLASSIFICATION_TOO_HIGH
    assert within(policy, classification, (Ceiling(policy="NATO", classification=equal),), trust, NOW) is None


@pytest.mark.parametrize(
    ("policy", "classification", "own"),
    [
        pytest.param("USA", "NATO RESTRICTED", "CONFIDENTIAL", id="restricted in the United States maps up"),
        pytest.param("GBR", "NATO CONFIDENTIAL", "SECRET", id="confidential in Great Britain maps up"),
        pytest.param(
            "AUS", "NATO CONFIDENTIAL", "SECRET", id="confidential in Australia maps up, not to PROTECTED"
        ),
        pytest.param("FRA", "NATO RESTRICTED", "SECRET", id="restricted in France maps up"),
    ],
)
def test_a_missing_level_maps_up(policy: str, classification: str, own: str) -> None:
    found = equivalent("NATO", classification, policy, trust_of("NATO", policy), NOW)
    assert found is not None
    assert found.classification == own
    assert "mapped up" in found.rests_on


def test_the_same_word_in_two_policies_means_each_ones_own() -> None:
    found = equivalent("ESP", "RESERVADO", "PRT", trust_of("ESP", "PRT"), NOW)
    assert found is not None
    assert found.classification == "SECRETO"
    assert "not checked" in found.rests_on
