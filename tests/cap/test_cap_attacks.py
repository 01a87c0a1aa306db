"""Hostile and broken documents: each refused with its own code, and nothing fetched, expanded or followed."""

import codecs

import pytest

from schemas.interop.cap import CapWarningCode
from schemas.reasons import ReasonCode
from tests.cap.alert_xml import (
    NAMESPACE,
    REFERENCE,
    alert_xml,
    draft,
    info_xml,
    read,
    refused,
    taken,
)

R = ReasonCode
PLAIN = alert_xml()
LAUGHS = (
    "<!DOCTYPE alert ["
    '<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
    + "]>"
)


def with_event(event: str) -> str:
    return alert_xml(None, info_xml({"event": event}))


XML_ATTACKS = {
    "a document type that names an external file": (
        '<!DOCTYPE alert SYSTEM "file:///etc/passwd">' + PLAIN,
        R.CAP_XML_DOCTYPE,
    ),
    "a document type that names a host": (
        '<!DOCTYPE alert PUBLIC "-//X" "http://127.0.0.1:9/x.dtd">' + PLAIN,
        R.CAP_XML_DOCTYPE,
    ),
    "billion laughs": (LAUGHS + with_event("&j;"), R.CAP_XML_DOCTYPE),
    "an external entity": (
        '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + with_event("&x;"),
        R.CAP_XML_DOCTYPE,
    ),
    "a parameter entity": (
        '<!DOCTYPE alert [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]>' + PLAIN,
        R.CAP_XML_DOCTYPE,
    ),
    "a document type behind a comment and a processing instruction": (
        "<!-- <alert> --><?x y?>\n<!DOCTYPE alert>" + PLAIN,
        R.CAP_XML_DOCTYPE,
    ),
    "a document type in lower case": ("<!doctype alert>" + PLAIN, R.CAP_XML_DOCTYPE),
    "a document type after the root": (PLAIN + "<!DOCTYPE alert>", R.CAP_XML_MALFORMED),
    "an entity that nobody declared": (with_event("&storm;"), R.CAP_XML_MALFORMED),
    "a comment that never ends before the root": ("<!-- <alert/>", R.CAP_XML_MALFORMED),
    "a tag that never ends": (PLAIN[:-3], R.CAP_XML_MALFORMED),
    "two roots": (PLAIN + PLAIN, R.CAP_XML_MALFORMED),
    "nothing at all": ("", R.CAP_XML_MALFORMED),
    "XML 1.1": ('<?xml version="1.1"?>' + PLAIN, R.CAP_XML_MALFORMED),
    "an unfinished XML declaration": ('<?xml version="1.0"' + PLAIN, R.CAP_XML_MALFORMED),
    "a namespace prefix that nobody declared": (PLAIN.replace("<scope>", "<x:scope>"), R.CAP_XML_MALFORMED),
    "a character that XML does not have": (with_event("a&#1;b"), R.CAP_XML_MALFORMED),
    "inclusion of another document": (
        PLAIN.replace(
            "</info>",
            '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/></info>',
        ),
        R.CAP_XML_FORBIDDEN,
    ),
    "nesting beyond any alert": (
        PLAIN.replace("</alert>", '<x xmlns="urn:x">' * 40 + "</x>" * 40 + "</alert>"),
        R.CAP_XML_TOO_DEEP,
    ),
    "nesting beyond the parser": (
        PLAIN.replace("</alert>", '<x xmlns="urn:x">' * 5000 + "</x>" * 5000 + "</alert>"),
        R.CAP_XML_MALFORMED,
    ),
    "more elements than any alert has": (
        PLAIN.replace("</alert>", '<x xmlns="urn:x">' + "<y/>" * 50_001 + "</x></alert>"),
        R.CAP_XML_TOO_MANY,
    ),
    "more bytes than are read": (PLAIN + " " * (4 * 1024 * 1024), R.CAP_TOO_LARGE),
}


@pytest.mark.parametrize(("text", "code"), XML_ATTACKS.values(), ids=XML_ATTACKS.keys())
def test_xml_is_refused(text: str, code: ReasonCode) -> None:
    assert refused(text).code is code


ENCODINGS = {
    "UTF-8 with a wrong byte": PLAIN.replace("Storm", "St\u00f8rm").encode("latin-1"),
    "an encoding that Python knows and no XML parser should": b'<?xml version="1.0" encoding="utf-7"?>'
    + PLAIN.encode(),
    "a codec that is no encoding": b'<?xml version="1.0" encoding="rot13"?>' + PLAIN.encode(),
    "EBCDIC": ('<?xml version="1.0" encoding="cp037"?>' + PLAIN).encode(),
    "UTF-16 without a byte order mark": PLAIN.encode("utf-16-le"),
    "UTF-16 by declaration only": b'<?xml version="1.0" encoding="utf-16"?>' + PLAIN.encode(),
    "UTF-32": codecs.BOM_UTF32_LE + PLAIN.encode("utf-32-le"),
    "a byte order mark that contradicts the declaration": codecs.BOM_UTF8
    + b'<?xml version="1.0" encoding="ISO-8859-1"?>'
    + PLAIN.encode(),
    "half a UTF-16 character": codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le") + b"\x00\xd8",
}


@pytest.mark.parametrize("data", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_encoding_is_refused(data: bytes) -> None:
    assert refused(data).code is R.CAP_ENCODING


@pytest.mark.parametrize(
    ("declared", "codec", "event"),
    [
        ("UTF-8", "utf-8", "Sturmflut, 高潮"),
        ("utf-8", "utf-8-sig", "Sturmflut, 高潮"),
        ("UTF-16", "utf-16", "Sturmflut, 高潮"),
        ("ISO-8859-1", "latin-1", "Tempête à marée"),
        ("iso-8859-15", "iso8859-15", "Tempête, 5 €"),
        ("windows-1252", "cp1252", "“Tempête”"),
        ("windows-1251", "cp1251", "Шторм"),
        ("ISO-8859-7", "iso8859-7", "Καταιγίδα"),
        ("Shift_JIS", "shift_jis", "高潮警報"),
        ("EUC-KR", "euc_kr", "폭풍해일"),
        ("GB18030", "gb18030", "风暴潮"),
        ("Big5", "big5", "風暴潮"),
        ("US-ASCII", "ascii", "Storm surge"),
    ],
)
def test_encoding_is_read(declared: str, codec: str, event: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>\n' + with_event(event)
    assert draft(text.encode(codec)).body.texts[0].event == event


def test_markup_in_a_text_stays_text() -> None:
    text = with_event("<![CDATA[<!DOCTYPE html> & <b>surge</b>]]>")
    assert draft(text).body.texts[0].event == "<!DOCTYPE html> & <b>surge</b>"


def test_a_comment_cannot_hide_half_of_a_text() -> None:
    assert (
        draft(with_event("No <!-- -->evacuation<?x?> needed")).body.texts[0].event == "No evacuation needed"
    )


def test_a_processing_instruction_is_ignored_with_a_warning() -> None:
    document = read('<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>' + PLAIN)
    assert [warning.code for warning in document.warnings] == [CapWarningCode.PROCESSING_INSTRUCTION_IGNORED]
    assert document.drafts


def test_a_schema_location_is_not_followed() -> None:
    located = PLAIN.replace(
        "<alert ",
        '<alert xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd" ',
    )
    assert taken(located).drafts == taken(PLAIN).drafts


def test_line_numbers_are_those_of_the_document() -> None:
    text = '<?xml version="1.0"\n encoding="utf-8"?>\n\n' + PLAIN.replace("<status>Actual", "\n<status>Live")
    place = refused(text)
    assert (place.code, place.path, place.line) == (R.CAP_VALUE_INVALID, "/alert/status", 5)


def test_a_refusal_quotes_nothing_of_the_document() -> None:
    for text in (with_event("SECRETWORD" * 50), alert_xml({"status": "SECRETWORD"}), PLAIN + "<SECRETWORD"):
        assert "SECRETWORD" not in str(refused(text))


STRUCTURE = {
    "more areas than are read": (
        alert_xml(None, *[info_xml(inner="<area><areaDesc>a</areaDesc></area>" * 501)] * 2),
        R.CAP_XML_TOO_MANY,
        "/alert",
    ),
    "more references than are read": (
        alert_xml({"references": f"{REFERENCE} " * 201}),
        R.CAP_REFERENCE_INVALID,
        "/alert/references",
    ),
    "another root element of the CAP namespace": (
        PLAIN.replace("alert", "warning"),
        R.CAP_NOT_AN_ALERT,
        "/alert",
    ),
    "an alert without namespace": (PLAIN.replace(f' xmlns="{NAMESPACE}"', ""), R.CAP_NOT_AN_ALERT, "/alert"),
    "CAP 1.1": (PLAIN.replace("cap:1.2", "cap:1.1"), R.CAP_WRONG_VERSION, "/alert"),
    "a CAP version yet to come": (PLAIN.replace("cap:1.2", "cap:2.0"), R.CAP_WRONG_VERSION, "/alert"),
    "an element CAP does not have": (
        alert_xml({"classification": "SECRET"}),
        R.CAP_ELEMENT_UNKNOWN,
        "/alert",
    ),
    "an element in the wrong block": (alert_xml({"urgency": "Past"}), R.CAP_ELEMENT_UNKNOWN, "/alert"),
    "status twice": (
        PLAIN.replace("</status>", "</status><status>Test</status>"),
        R.CAP_ELEMENT_REPEATED,
        "/alert/status",
    ),
    "severity twice": (
        PLAIN.replace("</severity>", "</severity><severity>Minor</severity>"),
        R.CAP_ELEMENT_REPEATED,
        "/alert/info[1]/severity",
    ),
    "text between elements": (alert_xml(None, inner="loose"), R.CAP_TEXT_INVALID, "/alert"),
    "an element inside a text": (
        with_event("Storm <b xmlns='urn:x'>surge</b>"),
        R.CAP_ELEMENT_UNKNOWN,
        "/alert/info[1]/event",
    ),
    "an empty identifier": (alert_xml({"identifier": " "}), R.CAP_ELEMENT_MISSING, "/alert/identifier"),
    "an identifier with a space": (
        alert_xml({"identifier": "a b"}),
        R.CAP_VALUE_INVALID,
        "/alert/identifier",
    ),
    "a sender with a comma": (alert_xml({"sender": "a,b"}), R.CAP_VALUE_INVALID, "/alert/sender"),
    "a text longer than a draft carries": (
        alert_xml(None, info_xml({"description": "x" * 20_001})),
        R.CAP_TEXT_INVALID,
        "/alert/info[1]/description",
    ),
    "control characters in a text": (with_event("a\x85b"), R.CAP_TEXT_INVALID, "/alert/info[1]/event"),
    "a language that is none": (
        alert_xml(None, info_xml({"language": "e_n"})),
        R.CAP_LANGUAGE_INVALID,
        "/alert/info[1]/language",
    ),
    "a link with a space": (
        alert_xml(None, info_xml({"web": "http://x/ y"})),
        R.CAP_VALUE_INVALID,
        "/alert/info[1]/web",
    ),
    "a resource of negative size": (
        alert_xml(
            None,
            info_xml(
                inner="<resource><resourceDesc>map</resourceDesc><mimeType>image/png</mimeType>"
                "<size>-1</size></resource>"
            ),
        ),
        R.CAP_VALUE_INVALID,
        "/alert/info[1]/resource[1]/size",
    ),
    "a parameter without a name": (
        alert_xml(None, info_xml(inner="<parameter><value>1</value></parameter>")),
        R.CAP_ELEMENT_MISSING,
        "/alert/info[1]/parameter[1]/valueName",
    ),
    "more areas than a draft carries": (
        alert_xml(
            None, info_xml(inner="".join(f"<area><areaDesc>a {i}</areaDesc></area>" for i in range(201)))
        ),
        R.CAP_DRAFT_INVALID,
        "/alert",
    ),
}


@pytest.mark.parametrize(("text", "code", "path"), STRUCTURE.values(), ids=STRUCTURE.keys())
def test_structure_is_refused(text: str, code: ReasonCode, path: str) -> None:
    place = refused(text)
    assert (place.code, place.path) == (code, path)


def test_direction_overrides_are_removed_with_a_warning() -> None:
    alert = taken(with_event("Storm \u202esurge\u202c"))
    assert alert.drafts[0].body.texts[0].event == "Storm surge"
    assert [warning.code for warning in alert.warnings] == [CapWarningCode.TEXT_CLEANED]


def test_extensions_are_ignored_with_a_warning() -> None:
    alert = taken(PLAIN.replace("</info>", '<x:level xmlns:x="urn:x">red</x:level></info>'))
    assert [warning.code for warning in alert.warnings] == [CapWarningCode.EXTENSION_IGNORED]
    assert alert.drafts == taken(PLAIN).drafts
