"""What an alert says: vocabulary, texts, times, scope, precedence and threat type."""

from datetime import UTC, datetime

import pytest

from schemas.base import rfc3339
from schemas.header import Precedence
from schemas.interop.cap import CapOptions, CapWarningCode
from schemas.interop.cap.assessment import precedence_of, threat_type_of
from schemas.reasons import ReasonCode
from schemas.threat_alert import Category, Certainty, ResponseType, Severity, ThreatType, Urgency
from tests.cap.alert_xml import (
    alert_xml,
    codes,
    draft,
    info_xml,
    refused,
    taken,
)

R = ReasonCode
W = CapWarningCode


VOCABULARY = [
    *[("category", word) for word in Category],
    *[("responseType", word) for word in ResponseType],
    *[("urgency", word) for word in Urgency],
    *[("severity", word) for word in Severity],
    *[("certainty", word) for word in Certainty],
]


@pytest.mark.parametrize(("element", "word"), VOCABULARY)
def test_every_word_of_the_vocabulary_is_carried_unchanged(element: str, word: str) -> None:
    body = draft(alert_xml(None, info_xml({element: word}))).body
    carried = {
        "category": body.categories,
        "responseType": body.response_types,
        "urgency": (body.urgency,),
        "severity": (body.severity,),
        "certainty": (body.certainty,),
    }
    assert carried[element] == (word,)


@pytest.mark.parametrize("element", ["category", "responseType", "urgency", "severity", "certainty"])
@pytest.mark.parametrize("word", ["", "severe", "SEVERE", "Terrible", "Very Likely"])
def test_a_word_outside_the_vocabulary_is_refused(element: str, word: str) -> None:
    place = refused(alert_xml(None, info_xml({element: word})))
    assert place.code is R.CAP_VALUE_INVALID
    assert place.path.startswith(f"/alert/info[1]/{element}")


@pytest.mark.parametrize("element", ["category", "event", "urgency", "severity", "certainty"])
def test_an_info_block_needs(element: str) -> None:
    place = refused(alert_xml(None, info_xml({element: None})))
    assert (place.code, place.path) == (R.CAP_ELEMENT_MISSING, f"/alert/info[1]/{element}")


@pytest.mark.parametrize("element", ["language", "expires", "description", "headline", "effective", "onset"])
def test_an_info_block_does_without(element: str) -> None:
    assert draft(alert_xml(None, info_xml({element: None}))).body.texts


def test_a_headline_missing_makes_the_event_the_subject() -> None:
    assert draft(alert_xml(None, info_xml({"headline": None}))).subject == "Storm surge"


def test_a_long_headline_is_shortened_in_the_subject_only() -> None:
    alert = taken(alert_xml(None, info_xml({"headline": "surge " * 60})))
    assert codes(alert) == [W.SUBJECT_SHORTENED]
    assert len(alert.drafts[0].subject) <= 200
    assert alert.drafts[0].body.texts[0].headline == ("surge " * 60).strip()


def test_the_language_defaults_to_american_english_and_is_written_as_is_customary() -> None:
    assert draft(alert_xml(None, info_xml({"language": None}))).language == "en-US"
    assert draft(alert_xml(None, info_xml({"language": "ZH-hant-mo"}))).language == "zh-Hant-MO"


BAD_TIMES = {
    "no offset": "2031-03-01T09:00:00",
    "the letter Z": "2031-03-01T09:00:00Z",
    "fractions of a second": "2031-03-01T09:00:00.5+01:00",
    "a day that does not exist": "2031-02-29T09:00:00+01:00",
    "a leap second": "2031-06-30T23:59:60+00:00",
    "hour 24": "2031-03-01T24:00:00+01:00",
    "an offset beyond the Earth": "2031-03-01T09:00:00+15:00",
    "a date only": "2031-03-01",
    "nothing": "",
    "before the calendar begins": "0001-01-01T00:00:00+01:00",
    "other digits": "２０３１-03-01T09:00:00+01:00",
}


@pytest.mark.parametrize("time", BAD_TIMES.values(), ids=BAD_TIMES.keys())
def test_a_time_is_refused_with(time: str) -> None:
    assert refused(alert_xml({"sent": time})).code is R.CAP_TIME_INVALID
    place = refused(alert_xml(None, info_xml({"expires": time})))
    assert (place.code, place.path) == (R.CAP_TIME_INVALID, "/alert/info[1]/expires")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2031-03-01T09:00:00-00:00", "2031-03-01T09:00:00Z"),
        ("2031-03-01T09:00:00+05:45", "2031-03-01T03:15:00Z"),
        ("2031-03-01T00:30:00+14:00", "2031-02-28T10:30:00Z"),
        ("2031-02-28T20:00:00-09:30", "2031-03-01T05:30:00Z"),
    ],
)
def test_a_local_time_keeps_its_instant(text: str, utc: str) -> None:
    onset = draft(alert_xml(None, info_xml({"onset": text}))).body.onset
    assert onset is not None
    assert rfc3339(onset) == utc


@pytest.mark.parametrize("expires", ["2031-03-01T08:00:00+00:00", "2031-02-28T09:00:00+01:00"])
def test_an_alert_that_expires_when_it_begins_or_before_is_refused(expires: str) -> None:
    place = refused(alert_xml(None, info_xml({"expires": expires})))
    assert (place.code, place.path) == (R.CAP_TIME_ORDER, "/alert/info[1]/expires")


def test_an_onset_after_the_information_expires_is_taken_and_found_doubtful() -> None:
    body = draft(alert_xml(None, info_xml({"onset": "2031-03-05T09:00:00+01:00"}))).body
    assert [each.code for each in body.findings(datetime(2031, 3, 1, 9, tzinfo=UTC))] == [
        "ONSET_AFTER_EXPIRY"
    ]


def test_scope_is_carried_and_never_becomes_a_label() -> None:
    alert = taken(
        alert_xml(
            {"scope": "Private", "restriction": "rescue services", "addresses": '"sea rescue" XSW.POLICE'}
        )
    )
    source = alert.drafts[0].body.source_alert
    assert source is not None
    assert (source.scope.value, source.restriction) == ("Private", "rescue services")
    assert source.addresses == ("sea rescue", "XSW.POLICE")
    assert codes(alert) == [W.SCOPE_NOT_PUBLIC]
    assert not hasattr(alert.drafts[0], "label")


@pytest.mark.parametrize(
    ("urgency", "severity", "precedence"),
    [
        ("Immediate", "Extreme", "FLASH"),
        ("Immediate", "Severe", "IMMEDIATE"),
        ("Immediate", "Unknown", "IMMEDIATE"),
        ("Immediate", "Moderate", "PRIORITY"),
        ("Immediate", "Minor", "ROUTINE"),
        ("Expected", "Extreme", "IMMEDIATE"),
        ("Expected", "Severe", "PRIORITY"),
        ("Expected", "Unknown", "PRIORITY"),
        ("Expected", "Moderate", "ROUTINE"),
        ("Future", "Extreme", "PRIORITY"),
        ("Future", "Severe", "PRIORITY"),
        ("Future", "Unknown", "ROUTINE"),
        ("Unknown", "Extreme", "IMMEDIATE"),
        ("Past", "Extreme", "ROUTINE"),
    ],
)
def test_precedence_by_rule_and_by_order(urgency: str, severity: str, precedence: str) -> None:
    text = alert_xml(None, info_xml({"urgency": urgency, "severity": severity}))
    assert draft(text).precedence == precedence
    assert draft(text, CapOptions(precedence=Precedence.ROUTINE)).precedence is Precedence.ROUTINE


def test_more_severe_is_never_less_urgent() -> None:
    order = [Severity.EXTREME, Severity.SEVERE, Severity.MODERATE, Severity.MINOR]
    for urgency in Urgency:
        ranks = [precedence_of(urgency, severity).rank for severity in order]
        assert ranks == sorted(ranks)


def test_every_category_has_a_threat_type() -> None:
    assert {threat_type_of((category,)) for category in Category} <= set(ThreatType)
    assert threat_type_of((Category.CBRNE, Category.HEALTH)) is ThreatType.CBRN
