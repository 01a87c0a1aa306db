"""From the form's fields to the gateway's parameters, and what a record is about."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.audit.records import about, in_depth
from console.audit.searches import ALARMS, FAMILIES, QUICK, Search
from console.wording import LANGUAGES, read_catalogue
from schemas.audit import AuditEvent, AuditRecord

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_every_event_has_a_family_and_words_in_every_language() -> None:
    assert sorted(event for events in FAMILIES.values() for event in events) == sorted(AuditEvent)
    for language in LANGUAGES:
        words = read_catalogue(language)
        assert [event for event in AuditEvent if f"audit.event.{event.value}" not in words] == []
        assert [family for family in FAMILIES if f"audit.family.{family}" not in words] == []
        assert [name for name in QUICK if f"audit.quick.{name}" not in words] == []
        assert [name for name in AuditRecord.model_fields if f"audit.member.{name}" not in words] == []


@pytest.mark.parametrize(
    ("asked", "pairs"),
    [
        (Search(), []),
        (Search(event="release.denied"), [("event", "release.denied")]),
        (Search(event="minimize.*"), [("event", "minimize.set"), ("event", "minimize.lifted")]),
        (Search(event="alarms"), [("event", event) for event in ALARMS]),
        (Search(actor="operator:", outcome="refused"), [("actor", "operator:"), ("outcome", "refused")]),
        (Search(last="1h"), [("since", "2026-11-22T11:00:00Z")]),
        (Search(last="1h", since="2026-11-01T00:00"), [("since", "2026-11-01T00:00:00Z")]),
        (Search(until="2026-11-01T00:00"), [("until", "2026-11-01T00:00:00Z")]),
        (Search(until="010000ZNOV26"), [("until", "2026-11-01T00:00:00Z")]),
    ],
)
def test_a_search_becomes_parameters(asked: Search, pairs: list[tuple[str, str]]) -> None:
    assert asked.faults == {}
    assert asked.parameters(NOW) == pairs


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        (Search(event="nonsense"), {"event": "event"}),
        (Search(event="nonsense.*"), {"event": "event"}),
        (Search(outcome="maybe"), {"outcome": "outcome"}),
        (Search(last="1y"), {"last": "time"}),
        (Search(since="yesterday"), {"since": "time"}),
        (Search(until="2026-11-01T00:00 AM"), {"until": "time"}),
        (Search(since="2026-11-02T00:00", until="2026-11-01T00:00"), {"until": "order"}),
    ],
)
def test_what_is_not_understood_is_named(asked: Search, faults: dict[str, str]) -> None:
    assert asked.faults == faults


@given(st.dictionaries(st.sampled_from(["event", "actor", "about", "since", "x"]), st.text(max_size=200)))
def test_an_address_brings_the_same_search_back(given_fields: dict[str, str]) -> None:
    asked = Search.of(given_fields)
    query = {name: values[0] for name, values in parse_qs(urlsplit(asked.address()).query).items()}
    assert Search.of(query) == asked


def test_alarms_are_events_that_there_are() -> None:
    assert set(ALARMS) <= set(AuditEvent)


RECORD = {
    "at": "2026-11-22T12:00:00Z",
    "event": "release.denied",
    "outcome": "refused",
    "actor": "operator:anna",
    "message_id": "m",
    "digest": "sha256:00",
    "partner": "XBB",
    "count": 3,
    "later_member": "x",
}


def test_a_list_shows_what_is_most_telling_and_no_digest_beside_an_id() -> None:
    assert [each.member for each in about(RECORD)] == ["message_id", "partner", "count"]
    assert [each.leads_to for each in about(RECORD)] == ["/messages/m", "/nations/XBB", ""]


def test_in_depth_nothing_is_left_out() -> None:
    found = in_depth(RECORD)
    assert {each.member for each in found} == set(RECORD)
    assert [each.member for each in found][:4] == ["at", "event", "outcome", "actor"]
    assert next(each for each in found if each.member == "digest").search == "sha256:00"


def test_the_first_searches_are_understood() -> None:
    for name, asked in QUICK.items():
        assert asked.faults == {}, name
        assert asked.parameters(NOW)[-1][0] == "since"
        assert NOW - timedelta(days=8) < datetime.fromisoformat(asked.parameters(NOW)[-1][1])
