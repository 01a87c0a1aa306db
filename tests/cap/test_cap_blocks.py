"""What is taken apart and put together: EDXL-DE wrappers, info blocks, areas, resources."""

import pytest

from schemas.header import Mode, Relation
from schemas.interop.cap import CapOptions, CapWarningCode
from schemas.reasons import ReasonCode
from tests.cap.alert_xml import (
    REFERENCE,
    alert_xml,
    area_xml,
    codes,
    distribution_xml,
    draft,
    info_xml,
    read,
    refused,
    taken,
)

R = ReasonCode
W = CapWarningCode


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
@pytest.mark.parametrize("options", [CapOptions(), CapOptions(as_exercise="COLD WATER 31")])
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
