"""What an alert means here: vocabulary, modes, references, wrappers, replay, blocks put together."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas.base import rfc3339
from schemas.header import Mode, Precedence, Relation
from schemas.interop.cap import CapOptions, CapTaken, CapWarningCode
from schemas.interop.cap.assessment import precedence_of, threat_type_of
from schemas.reasons import ReasonCode
from schemas.threat_alert import Category, Certainty, ResponseType, Severity, ThreatType, Urgency
from tests.cap.alert_xml import (
    REFERENCE,
    alert_xml,
    area_xml,
    distribution_xml,
    draft,
    info_xml,
    read,
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


def codes(alert: CapTaken) -> list[CapWarningCode]:
    return [warning.code for warning in alert.warnings]


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


# -- modes -------------------------------------------------------------------------------------------

EXERCISE = CapOptions(as_exercise="COLD WATER 31")


@pytest.mark.parametrize(
    ("status", "note", "options", "mode", "exercise_id"),
    [
        ("Actual", None, CapOptions(), Mode.OPERATION, None),
        ("Actual", "DEEP SNOW 31", CapOptions(), Mode.OPERATION, None),
        ("Actual", None, EXERCISE, Mode.EXERCISE, "COLD WATER 31"),
        ("Exercise", "DEEP SNOW 31", CapOptions(), Mode.EXERCISE, "DEEP SNOW 31"),
        ("Exercise", None, EXERCISE, Mode.EXERCISE, "COLD WATER 31"),
        ("Test", None, CapOptions(), Mode.TEST, None),
        ("Test", None, EXERCISE, Mode.EXERCISE, "COLD WATER 31"),
    ],
)
def test_mode(
    status: str, note: str | None, options: CapOptions, mode: Mode, exercise_id: str | None
) -> None:
    found = draft(alert_xml({"status": status, "note": note}), options)
    assert (found.mode, found.exercise_id) == (mode, exercise_id)
    assert found.header().mode is mode
    assert found.body.source_alert is not None
    assert found.body.source_alert.status.value == status


@pytest.mark.parametrize("status", ["Exercise", "Test"])
@pytest.mark.parametrize("options", [CapOptions(), EXERCISE])
def test_what_is_not_actual_never_becomes_an_operation(status: str, options: CapOptions) -> None:
    for alert in read(alert_xml({"status": status, "note": "DEEP SNOW 31"}), options).drafts:
        assert alert.mode is not Mode.OPERATION


@pytest.mark.parametrize("note", [None, "an exercise in lower case", "  "])
def test_an_exercise_without_a_name_is_refused(note: str | None) -> None:
    assert refused(alert_xml({"status": "Exercise", "note": note})).code is R.CAP_EXERCISE_ID_MISSING


def test_an_exercise_put_into_another_exercise_is_reported() -> None:
    assert codes(taken(alert_xml({"status": "Exercise", "note": "DEEP SNOW 31"}), EXERCISE)) == [
        W.EXERCISE_ID_DIFFERS
    ]


@pytest.mark.parametrize("status", ["System", "Draft"])
@pytest.mark.parametrize("options", [CapOptions(), EXERCISE])
def test_system_and_draft_alerts_are_refused(status: str, options: CapOptions) -> None:
    assert refused(alert_xml({"status": status}), options).code is R.CAP_STATUS_NOT_TAKEN


@pytest.mark.parametrize("msg_type", ["Ack", "Error"])
def test_acknowledgements_and_errors_are_refused(msg_type: str) -> None:
    alert = alert_xml({"msgType": msg_type, "references": REFERENCE})
    assert refused(alert).code is R.CAP_MSGTYPE_NOT_TAKEN


@pytest.mark.parametrize("name", ["", "cold water", "X" * 65, "COLD\nWATER"])
def test_an_exercise_id_that_is_none_is_the_callers_mistake(name: str) -> None:
    with pytest.raises(ValueError, match="as_exercise"):
        CapOptions(as_exercise=name)


# -- references --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("msg_type", "relation"), [("Update", Relation.UPDATES), ("Cancel", Relation.CANCELS)]
)
def test_update_and_cancel_refer_to_earlier_alerts(msg_type: str, relation: Relation) -> None:
    older = "warnings@met.example,XNO-MET-2031-0005,2031-02-28T20:00:00-00:00"
    found = draft(alert_xml({"msgType": msg_type, "references": f" {older}\n\t{REFERENCE} {older}"}))
    assert found.relation is relation
    assert [each.identifier for each in found.cap_references] == ["XNO-MET-2031-0005", "XNO-MET-2031-0006"]
    assert found.cap_references[1].sent == datetime(2031, 2, 28, 20, tzinfo=UTC)
    assert found.body.source_alert is not None
    assert found.body.source_alert.references == found.cap_references
    assert found.body.action == msg_type.upper()


def test_a_cancel_needs_no_info() -> None:
    found = draft(alert_xml({"msgType": "Cancel", "references": REFERENCE}, inner="<!-- nothing -->"))
    assert found.subject == "Cancellation of XNO-MET-2031-0006"
    assert found.precedence is Precedence.PRIORITY
    assert (found.body.texts, found.body.areas, found.expires_at) == ((), (), None)


@pytest.mark.parametrize("msg_type", ["Alert", "Update"])
def test_everything_but_a_cancel_needs_an_info(msg_type: str) -> None:
    text = alert_xml({"msgType": msg_type, "references": REFERENCE}, inner="<!-- nothing -->")
    assert refused(text).code is R.CAP_INFO_MISSING


@pytest.mark.parametrize("msg_type", ["Update", "Cancel"])
@pytest.mark.parametrize("references", [None, "", "  "])
def test_update_and_cancel_without_references_are_refused(msg_type: str, references: str | None) -> None:
    text = alert_xml({"msgType": msg_type, "references": references})
    assert refused(text).code is R.CAP_REFERENCE_MISSING


@pytest.mark.parametrize(
    "references",
    [
        "warnings@met.example,XNO-MET-2031-0006",
        "warnings@met.example,XNO-MET-2031-0006,yesterday",
        "warnings@met.example,,2031-02-28T21:00:00+01:00",
        "a,b,c,2031-02-28T21:00:00+01:00",
        REFERENCE + " and more",
    ],
)
def test_a_reference_that_is_no_triple_is_refused(references: str) -> None:
    place = refused(alert_xml({"msgType": "Update", "references": references}))
    assert (place.code, place.path) == (R.CAP_REFERENCE_INVALID, "/alert/references")


def test_an_alert_that_names_itself_keeps_only_the_others() -> None:
    itself = "warnings@met.example,XNO-MET-2031-0007,2031-03-01T08:00:00+00:00"
    alert = taken(alert_xml({"msgType": "Update", "references": f"{itself} {REFERENCE}"}))
    assert codes(alert) == [W.REFERENCE_TO_ITSELF]
    assert [each.identifier for each in alert.drafts[0].cap_references] == ["XNO-MET-2031-0006"]


# -- scope, precedence, threat type ------------------------------------------------------------------


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


# -- replay ------------------------------------------------------------------------------------------


def test_a_replay_moves_all_times_by_the_same_amount() -> None:
    at = datetime(2040, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    straight, alert = draft(alert_xml()), taken(alert_xml(), CapOptions(replay_at=at))
    moved = alert.drafts[0]
    shift = at - datetime(2031, 3, 1, 8, tzinfo=UTC)
    assert straight.effective_at is not None
    assert straight.expires_at is not None
    assert straight.body.onset is not None
    assert moved.effective_at == straight.effective_at + shift == at
    assert moved.expires_at == moved.body.expires == straight.expires_at + shift
    assert moved.body.onset == straight.body.onset + shift
    assert codes(alert) == [W.REPLAYED]
    source = moved.body.source_alert
    assert source is not None
    assert (source.sent, source.replayed) == (datetime(2031, 3, 1, 8, tzinfo=UTC), True)


def test_a_replay_leaves_references_alone() -> None:
    text = alert_xml({"msgType": "Update", "references": REFERENCE})
    moved = draft(text, CapOptions(replay_at=datetime(2040, 1, 1, tzinfo=UTC)))
    assert moved.cap_references == draft(text).cap_references


def test_a_replay_at_the_end_of_the_calendar_is_refused() -> None:
    options = CapOptions(replay_at=datetime(9999, 12, 31, 23, tzinfo=UTC))
    assert refused(alert_xml(), options).code is R.CAP_TIME_INVALID


def test_a_replay_time_without_offset_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="replay_at"):
        CapOptions(replay_at=datetime(2031, 3, 1))  # noqa: DTZ001 - that is the mistake


# -- EDXL-DE -----------------------------------------------------------------------------------------


def test_wrapped_alerts_are_judged_one_by_one() -> None:
    broken = alert_xml({"scope": None})
    document = read(distribution_xml(alert_xml(), broken, alert_xml().replace("cap:1.2", "cap:1.1"), "<x/>"))
    assert len(document.drafts) == 1
    assert document.drafts[0].body.source_alert is not None
    assert document.drafts[0].body.source_alert.wrapped_in == "EDXL-DE-1.0"
    assert [place.code for place in document.refused] == [
        R.CAP_ELEMENT_MISSING,
        R.CAP_WRONG_VERSION,
        R.CAP_NOT_AN_ALERT,
    ]
    where = "/EDXLDistribution/contentObject[2]/xmlContent/embeddedXMLContent[1]/alert/scope"
    assert document.refused[0].path == where


@pytest.mark.parametrize("status", ["Exercise", "System", "Test"])
@pytest.mark.parametrize("options", [CapOptions(), EXERCISE])
def test_an_actual_alert_in_a_wrapper_that_is_not_actual_is_refused(status: str, options: CapOptions) -> None:
    assert refused(distribution_xml(alert_xml(), status=status), options).code is R.CAP_STATUS_CONFLICT


def test_a_test_in_an_actual_wrapper_stays_a_test() -> None:
    assert draft(distribution_xml(alert_xml({"status": "Test"}))).mode is Mode.TEST


def test_a_cancelling_wrapper_around_an_alert_is_refused() -> None:
    assert refused(distribution_xml(alert_xml(), kind="Cancel")).code is R.CAP_STATUS_CONFLICT
    cancel = alert_xml({"msgType": "Cancel", "references": REFERENCE})
    assert draft(distribution_xml(cancel, kind="Cancel")).relation is Relation.CANCELS


WRAPPERS = {
    "with nothing in it": (distribution_xml(), R.CAP_WRAPPER_EMPTY),
    "of an unknown status": (distribution_xml(alert_xml(), status="Real"), R.CAP_VALUE_INVALID),
    "that acknowledges": (distribution_xml(alert_xml(), kind="Ack"), R.CAP_MSGTYPE_NOT_TAKEN),
    "that reports an error": (distribution_xml(alert_xml(), kind="Error"), R.CAP_MSGTYPE_NOT_TAKEN),
    "without status": (
        distribution_xml(alert_xml()).replace("<distributionStatus>Actual</distributionStatus>", ""),
        R.CAP_ELEMENT_MISSING,
    ),
    "with more alerts than are read": (distribution_xml(*["<x/>"] * 201), R.CAP_XML_TOO_MANY),
}


@pytest.mark.parametrize(("text", "code"), WRAPPERS.values(), ids=WRAPPERS.keys())
def test_a_wrapper_is_refused(text: str, code: ReasonCode) -> None:
    assert refused(text).code is code


def test_a_wrappers_confidentiality_is_not_the_label() -> None:
    document = read(
        distribution_xml(alert_xml(), extra="<combinedConfidentiality>UNCLASSIFIED</combinedConfidentiality>")
    )
    assert [warning.code for warning in document.warnings] == [W.WRAPPER_LABEL_IGNORED]


# -- info blocks put together ------------------------------------------------------------------------

ENGLISH = info_xml()
FRENCH = info_xml(
    {"language": "fr", "event": "Onde de tempête", "headline": "Onde de tempête", "description": None},
    inner=area_xml({"areaDesc": "Côte extérieure"}),
)


def test_the_same_thing_in_two_languages_is_one_draft() -> None:
    found = draft(alert_xml(None, ENGLISH, FRENCH))
    assert [text.language for text in found.body.texts] == ["en-GB", "fr"]
    (area,) = found.body.areas
    assert [text.text for text in area.translations] == ["Côte extérieure"]


def test_different_severities_are_different_drafts() -> None:
    alert = taken(
        alert_xml(None, ENGLISH, FRENCH, info_xml({"severity": "Extreme", "headline": "Worse inland"}))
    )
    assert [each.precedence.value for each in alert.drafts] == ["PRIORITY", "IMMEDIATE"]
    assert [len(each.body.texts) for each in alert.drafts] == [2, 1]
    sources = [each.body.source_alert for each in alert.drafts]
    assert [(source.part, source.parts) for source in sources if source] == [(1, 2), (2, 2)]
    assert codes(alert) == [W.ALERT_SPLIT]


def test_different_words_in_one_language_are_paired_with_their_translations_in_order() -> None:
    other_en = info_xml({"description": "Inland: rivers rise."})
    other_fr = info_xml({"language": "fr", "description": "A l'intérieur: crues."})
    alert = taken(alert_xml(None, ENGLISH, other_en, FRENCH, other_fr))
    assert [[text.language for text in each.body.texts] for each in alert.drafts] == [["en-GB", "fr"]] * 2
    assert alert.drafts[1].body.texts[1].description == "A l'intérieur: crues."


def test_words_that_cannot_be_paired_stand_alone() -> None:
    other_en = info_xml({"description": "Inland: rivers rise."})
    alert = taken(alert_xml(None, ENGLISH, other_en, FRENCH))
    assert [[text.language for text in each.body.texts] for each in alert.drafts] == [
        ["en-GB"],
        ["en-GB"],
        ["fr"],
    ]


def test_areas_known_by_words_only_are_never_taken_for_the_same_place() -> None:
    words = {"polygon": None}
    text = alert_xml(
        None,
        info_xml(inner=area_xml({**words, "areaDesc": "The north"})),
        info_xml({"language": "fr"}, inner=area_xml({**words, "areaDesc": "Le sud"})),
    )
    assert [area.description for area in draft(text).body.areas] == ["The north", "Le sud"]


def test_an_embedded_resource_is_named_and_its_bytes_are_not_carried() -> None:
    resource = (
        "<resource><resourceDesc>Map</resourceDesc><mimeType>image/png</mimeType><size>12</size>"
        "<uri>https://met.example/karte-ö.png</uri><derefUri>iVBORw0KGgo=</derefUri></resource>"
    )
    alert = taken(alert_xml(None, info_xml(inner=resource)))
    (carried,) = alert.drafts[0].body.resources
    assert (carried.description, carried.size_bytes) == ("Map", 12)
    assert b"iVBORw0KGgo" not in alert.drafts[0].body.encode()
    assert codes(alert) == [W.RESOURCE_CONTENT_DROPPED]
