"""The reviewed communities: sourced, dated, and right about the cases that are easy to get wrong."""

import re
from datetime import UTC, date, datetime

import pytest

from bus.known.documents import known_community_document
from bus.known.reviewed import known_communities
from schemas.base import real_nations
from schemas.community import Community
from schemas.known import KnownCommunity
from tests.realm_fixtures import make_realm

REALM = make_realm(agreements=(), policies=())
ASKED_FOR = {
    *("NATO", "EUROPEAN-UNION", "FVEY", "ACGU", "QUAD", "ASEAN", "ADMM-PLUS", "ASEAN-REGIONAL-FORUM"),
    *("AFRICAN-UNION", "OSCE", "AUS-JPN-USA", "IONS-MEMBERS", "IONS-OBSERVERS", "MFO-CONTRIBUTORS"),
    "PARTNERSHIP-FOR-PEACE",
}
COUNTS = {
    "NATO": 32,
    "EUROPEAN-UNION": 27,
    "FVEY": 5,
    "ACGU": 4,
    "QUAD": 4,
    "AUS-JPN-USA": 3,
    "ASEAN": 11,
    "ADMM-PLUS": 19,
    "ASEAN-REGIONAL-FORUM": 26,
    "AFRICAN-UNION": 54,
    "OSCE": 57,
    "IONS-MEMBERS": 24,
    "IONS-OBSERVERS": 8,
    "MFO-CONTRIBUTORS": 14,
    "PARTNERSHIP-FOR-PEACE": 16,
}
TODAY = datetime(2026, 11, 22, tzinfo=UTC)


def document(name: str) -> Community:
    """A community as a realm's document."""
    return known_community_document(REALM.id, known_communities()[name])


def test_every_community_asked_for_is_there() -> None:
    assert known_communities().keys() == ASKED_FOR


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_a_community_has_as_many_members_as_its_sources_count(name: str) -> None:
    assert len(document(name).members_at(TODAY)) == COUNTS[name]


@pytest.mark.parametrize("known", known_communities().values(), ids=lambda known: known.id)
def test_a_community_says_where_it_is_from_and_holds_real_nations(known: KnownCommunity) -> None:
    assert known.as_of > date(2026, 1, 1)
    made = document(known.id)
    assert re.search(r"\w.* As of \d{4}-\d{2}-\d{2}\.$", made.source, re.DOTALL)
    assert made.unverified is not known.verified
    assert {period.nation for period in made.members} <= real_nations()


@pytest.mark.parametrize(
    "name", ["ACGU", "IONS-MEMBERS", "IONS-OBSERVERS", "MFO-CONTRIBUTORS", "PARTNERSHIP-FOR-PEACE"]
)
def test_what_could_not_be_checked_is_marked(name: str) -> None:
    assert not known_communities()[name].verified


@pytest.mark.parametrize(
    ("name", "nation", "last_without", "first_with"),
    [
        pytest.param("NATO", "FIN", "2023-04-03T23:59:59", "2023-04-04T00:00:00", id="Finland joins NATO"),
        pytest.param("NATO", "SWE", "2024-03-06T23:59:59", "2024-03-07T00:00:00", id="Sweden joins NATO"),
        pytest.param(
            "EUROPEAN-UNION", "HRV", "2013-06-30T23:59:59", "2013-07-01T00:00:00", id="Croatia joins the EU"
        ),
        pytest.param(
            "ASEAN", "TLS", "2025-10-25T23:59:59", "2025-10-26T00:00:00", id="Timor-Leste joins ASEAN"
        ),
        pytest.param(
            "ADMM-PLUS", "TLS", "2025-10-31T23:59:59", "2025-11-01T00:00:00", id="and the ADMM-Plus"
        ),
        pytest.param(
            "AFRICAN-UNION", "MAR", "2017-01-30T23:59:59", "2017-01-31T00:00:00", id="Morocco comes back"
        ),
        pytest.param(
            "OSCE", "MNG", "2012-11-20T23:59:59", "2012-11-21T00:00:00", id="Mongolia joins the OSCE"
        ),
    ],
)
def test_accessions(name: str, nation: str, last_without: str, first_with: str) -> None:
    made = document(name)
    assert nation not in made.members_at(datetime.fromisoformat(last_without).replace(tzinfo=UTC))
    assert nation in made.members_at(datetime.fromisoformat(first_with).replace(tzinfo=UTC))


def test_the_united_kingdom_left_the_european_union_at_an_instant() -> None:
    made = document("EUROPEAN-UNION")
    assert "GBR" in made.members_at(datetime(2020, 1, 31, 22, 59, 59, tzinfo=UTC))
    assert "GBR" not in made.members_at(datetime(2020, 1, 31, 23, 0, tzinfo=UTC))


@pytest.mark.parametrize("nation", ["MLI", "NER", "BFA", "SDN"])
def test_a_suspended_member_of_the_african_union_is_still_a_member(nation: str) -> None:
    assert nation in document("AFRICAN-UNION").members_at(TODAY)
    assert "suspended" in document("AFRICAN-UNION").source


def test_partners_whose_cooperation_is_suspended_are_left_out_of_the_partnership_and_named() -> None:
    made = document("PARTNERSHIP-FOR-PEACE")
    assert not made.members_at(TODAY) & {"RUS", "BLR"}
    assert "Russia" in made.source
    assert "Belarus" in made.source


def test_an_organisation_that_is_a_member_is_named_in_the_source_and_not_replaced_by_its_states() -> None:
    made = document("ASEAN-REGIONAL-FORUM")
    assert "European Union" in made.source
    assert not made.members_at(TODAY) & {"FRA", "DEU", "SWE"}
