"""Real CAP alerts, file by file: which are taken, as what, and which are refused and why.

The files are other people's and read where they lie. A file that the table does not name fails the test.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from lxml import etree

from schemas.geojson import Polygon
from schemas.header import Kind, Mode, Precedence
from schemas.interop.cap import CapOptions, CapRefused, CapTaken, CapWarningCode, read_cap
from schemas.interop.cap.alert import ALERT_SLOTS
from schemas.message import DRAFT_MODELS
from schemas.reasons import ReasonCode
from schemas.strict_json import parse_model
from schemas.wire import MAX_CONTENT_BYTES
from tests.shared_data import absent_reason, find_shared_data, shared_data

W = CapWarningCode
R = ReasonCode


@dataclass(frozen=True)
class Taken:
    """Expected of a file that is taken; languages, areas and warnings per alert, all alerts alike."""

    alerts: int
    languages: tuple[str, ...]
    areas: int
    precedence: Precedence
    warnings: tuple[CapWarningCode, ...] = ()
    about_document: tuple[CapWarningCode, ...] = ()
    action: str = "ALERT"
    references: int = 0


@dataclass(frozen=True)
class Refused:
    """Expected of a file that is refused as a whole."""

    code: ReasonCode
    path: str
    line: int


FILES: dict[str, Taken | Refused] = {
    "alerts/australia.cap": Taken(1, ("en-AU",), 2, Precedence.ROUTINE, (W.INFO_REPEATED,)),
    "alerts/canada.cap": Taken(1, ("en-CA", "fr-CA"), 2, Precedence.ROUTINE, action="UPDATE", references=2),
    "alerts/cap_amber_alert_example.xml": Taken(1, ("en-US", "es-US"), 1, Precedence.IMMEDIATE),
    "alerts/earthquake-iso8859-1.cap": Taken(
        1, ("en-US",), 1, Precedence.ROUTINE, (W.SIGNATURE_NOT_VERIFIED, W.ADDRESSES_WITHOUT_PRIVATE)
    ),
    "alerts/gdacs-cap_1001150.xml": Taken(1, ("en-US",), 2, Precedence.ROUTINE),
    "alerts/ie-2.49.0.1.372.0.250413231648.N_Norm002_SmallCraft.xml": Taken(
        1, ("en-GB",), 1, Precedence.ROUTINE, about_document=(W.PROCESSING_INSTRUCTION_IGNORED,)
    ),
    "alerts/ipaws-5e6dd9de023f1930ef6548d9.xml": Taken(
        1, (), 0, Precedence.PRIORITY, (W.SIGNATURE_NOT_VERIFIED,), action="CANCEL", references=1
    ),
    "alerts/ipaws-5e7e0fc5023f1930efcf3deb.xml": Taken(
        1, ("en-US",), 1, Precedence.FLASH, (W.SIGNATURE_NOT_VERIFIED, W.RESOURCE_CONTENT_DROPPED)
    ),
    "alerts/kz-2.49.0.0.398.0-20250306-133701-0284797-00-EN.xml": Taken(1, ("en-US",), 1, Precedence.ROUTINE),
    "alerts/mo-cap_monsoon.xml": Taken(
        1, ("zh-MO", "pt-PT", "en-US"), 1, Precedence.ROUTINE, (W.REFERENCE_TO_ITSELF,), action="UPDATE"
    ),
    "alerts/thunderstorm.cap": Taken(1, ("en-US",), 1, Precedence.IMMEDIATE),
    "alerts/v1dot2_appendix_adot1.xml": Taken(1, ("en-US",), 1, Precedence.IMMEDIATE),
    "alerts/v1dot2_appendix_adot3.xml": Taken(
        1, ("en-US",), 1, Precedence.ROUTINE, action="UPDATE", references=1
    ),
    "wrapped/bushfire_valid.edxlde": Taken(
        7,
        ("en-AU",),
        1,
        Precedence.ROUTINE,
        about_document=(W.PROCESSING_INSTRUCTION_IGNORED, W.WRAPPER_LABEL_IGNORED),
    ),
    "not-cap12/earthquake.cap": Refused(R.CAP_WRONG_VERSION, "/alert", 3),
    "not-cap12/invalid.cap": Refused(R.CAP_ELEMENT_MISSING, "/alert/scope", 2),
    "not-cap12/noaa_errors.cap": Refused(R.CAP_WRONG_VERSION, "/alert", 3),
    "not-cap12/v1dot0_appendix_adot1.xml": Refused(R.CAP_WRONG_VERSION, "/alert", 2),
    "not-cap12/v1dot1_appendix_adot1.xml": Refused(R.CAP_WRONG_VERSION, "/alert", 2),
    "not-cap12/xee.cap": Refused(R.CAP_XML_DOCTYPE, "/", 3),
    # Both lack category and certainty, which are mandatory; their element order alone would be a warning.
    "real-xsd-invalid/alertswiss-POA-1222963954-5.xml": Refused(
        R.CAP_ELEMENT_MISSING, "/alert/info[1]/category", 10
    ),
    "real-xsd-invalid/alertswiss-TEST-1163.xml": Refused(
        R.CAP_ELEMENT_MISSING, "/alert/info[1]/category", 10
    ),
    # Beside the alerts lie the schema and two descriptions, which are no alerts.
    "CAP-v1.2.xsd": Refused(R.CAP_NOT_AN_ALERT, "/alert", 9),
    "SOURCES.md": Refused(R.CAP_XML_MALFORMED, "/", 1),
    "index.json": Refused(R.CAP_XML_MALFORMED, "/", 1),
}
TAKEN = [name for name, expected in FILES.items() if isinstance(expected, Taken)]

LABEL = '{"policy": "XDR", "classification": "UNCLASSIFIED", "releasable_to": ["XNO", "XSW"]}'

pytestmark = pytest.mark.skipif(find_shared_data("cap") is None, reason=absent_reason("cap"))


def content(name: str) -> bytes:
    return shared_data("cap", *name.split("/")).read_bytes()


def test_every_file_is_in_the_table() -> None:
    root = shared_data("cap")
    assert {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} == set(FILES)


@pytest.mark.parametrize("name", TAKEN)
def test_file_is_taken(name: str) -> None:
    expected = FILES[name]
    assert isinstance(expected, Taken)
    document = read_cap(content(name))
    assert tuple(warning.code for warning in document.warnings) == expected.about_document
    assert len(document.alerts) == expected.alerts
    for alert in document.alerts:
        assert isinstance(alert, CapTaken)
        assert tuple(warning.code for warning in alert.warnings) == expected.warnings
        (draft,) = alert.drafts
        assert tuple(text.language for text in draft.body.texts) == expected.languages
        assert len(draft.body.areas) == expected.areas
        assert (draft.mode, draft.exercise_id) == (Mode.OPERATION, None)
        assert draft.precedence is expected.precedence
        assert draft.body.action == expected.action
        assert len(draft.cap_references) == expected.references


@pytest.mark.parametrize("name", [name for name in FILES if name not in TAKEN])
def test_file_is_refused(name: str) -> None:
    expected = FILES[name]
    assert isinstance(expected, Refused)
    (alert,) = read_cap(content(name)).alerts
    assert isinstance(alert, CapRefused)
    assert (alert.code, alert.path, alert.line) == (expected.code, expected.path, expected.line)


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_makes_a_draft_that_the_gateway_parses(name: str) -> None:
    replay = datetime(2031, 5, 1, 12, tzinfo=UTC)
    for draft in read_cap(content(name), CapOptions(as_exercise="COLD WATER 31", replay_at=replay)).drafts:
        header = draft.header(action_addressees=("XSW",)).encode().decode()
        data = f'{{"header": {header}, "label": {LABEL}, "body": {draft.body.encode().decode()}}}'.encode()
        parsed = parse_model(DRAFT_MODELS[Kind.THREAT_ALERT], data, MAX_CONTENT_BYTES)
        assert parsed.body == draft.body
        assert parsed.header.mode is Mode.EXERCISE
        assert parsed.header.expires_at is None or parsed.header.expires_at > replay
        assert parsed.body.findings(replay) == ()


def test_latin_1_and_chinese_text_arrive_as_written() -> None:
    (salvador,) = read_cap(content("alerts/earthquake-iso8859-1.cap")).drafts
    assert "Usulután" in salvador.subject
    (macao,) = read_cap(content("alerts/mo-cap_monsoon.xml")).drafts
    assert macao.body.texts[0].event == "強烈季候風信號"
    assert macao.body.texts[1].event == "VENTOS FORTES DE MONÇÃO"


def test_real_geometry_is_turned_round_and_metric() -> None:
    (canada,) = read_cap(content("alerts/canada.cap")).drafts
    geometry = canada.body.areas[0].geometry
    assert isinstance(geometry, Polygon)
    assert (-82.9314, 42.3481) in geometry.coordinates[0]
    (fire,) = read_cap(content("alerts/australia.cap")).drafts
    circle = fire.body.areas[0].circles[0]
    assert (circle.longitude, circle.latitude, circle.radius_m) == (147.0598, -35.3888, 25_000.0)


def test_areas_in_two_languages_are_one_area_with_a_translation() -> None:
    (canada,) = read_cap(content("alerts/canada.cap")).drafts
    area = canada.body.areas[0]
    assert (area.description, area.language) == ("Windsor - Leamington - Essex County", "en-CA")
    assert [(text.language, text.text) for text in area.translations] == [
        ("fr-CA", "Windsor - Leamington - comté d'Essex")
    ]


def test_local_offsets_keep_their_instant() -> None:
    (ireland,) = read_cap(content("alerts/ie-2.49.0.1.372.0.250413231648.N_Norm002_SmallCraft.xml")).drafts
    assert ireland.body.onset == datetime(2025, 4, 14, 12, tzinfo=UTC)
    assert ireland.expires_at == datetime(2025, 4, 14, 19, tzinfo=UTC)


def test_a_real_alert_with_its_elements_reversed_is_taken_with_a_warning() -> None:
    root = etree.fromstring(content("alerts/thunderstorm.cap"))
    info = root.find("{*}info")
    assert info is not None
    for parent in (root, info):
        for child in list(parent):
            parent.insert(0, child)
    (straight,) = read_cap(content("alerts/thunderstorm.cap")).alerts
    (reversed_,) = read_cap(etree.tostring(root)).alerts
    assert isinstance(straight, CapTaken)
    assert isinstance(reversed_, CapTaken)
    assert [warning.code for warning in reversed_.warnings] == [W.ELEMENT_ORDER, W.ELEMENT_ORDER]
    assert reversed_.drafts == straight.drafts


@pytest.mark.parametrize("element", [slot.name for slot in ALERT_SLOTS if slot.mandatory])
def test_a_real_alert_without_a_mandatory_element_is_refused(element: str) -> None:
    root = etree.fromstring(content("alerts/thunderstorm.cap"))
    found = root.find(f"{{*}}{element}")
    assert found is not None
    root.remove(found)
    (alert,) = read_cap(etree.tostring(root)).alerts
    assert isinstance(alert, CapRefused)
    assert (alert.code, alert.path) == (R.CAP_ELEMENT_MISSING, f"/alert/{element}")
