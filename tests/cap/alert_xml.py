"""Hand-written CAP alerts for tests: a whole one, and the same with single elements changed or left out."""

from collections.abc import Mapping

from schemas.interop.cap import (
    CapDocument,
    CapDraft,
    CapOptions,
    CapRefused,
    CapTaken,
    CapWarningCode,
    read_cap,
)

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"

ALERT: dict[str, str] = {
    "identifier": "XNO-MET-2031-0007",
    "sender": "warnings@met.example",
    "sent": "2031-03-01T09:00:00+01:00",
    "status": "Actual",
    "msgType": "Alert",
    "scope": "Public",
}
INFO: dict[str, str] = {
    "language": "en-GB",
    "category": "Met",
    "event": "Storm surge",
    "urgency": "Expected",
    "severity": "Severe",
    "certainty": "Likely",
    "effective": "2031-03-01T09:00:00+01:00",
    "onset": "2031-03-01T18:00:00+01:00",
    "expires": "2031-03-02T06:00:00+01:00",
    "headline": "Storm surge on the outer coast tonight",
    "description": "Water levels up to 1.8 m above the astronomical tide between 18 and 04 hours.",
}
AREA: dict[str, str] = {
    "areaDesc": "Outer coast between the two lighthouses",
    "polygon": "62.0,5.0 62.0,6.0 63.0,6.0 62.0,5.0",
}
REFERENCE = "warnings@met.example,XNO-MET-2031-0006,2031-02-28T21:00:00+01:00"

Changes = Mapping[str, str | None]


def elements(fields: Mapping[str, str], changes: Changes | None = None) -> str:
    """The fields as elements, with changed values, additions at the end, and None to leave one out."""
    wanted = {**fields, **(changes or {})}
    return "".join(f"<{name}>{value}</{name}>" for name, value in wanted.items() if value is not None)


def area_xml(changes: Changes | None = None) -> str:
    return f"<area>{elements(AREA, changes)}</area>"


def info_xml(changes: Changes | None = None, *, inner: str | None = None) -> str:
    return f"<info>{elements(INFO, changes)}{area_xml() if inner is None else inner}</info>"


def alert_xml(changes: Changes | None = None, *infos: str, inner: str | None = None) -> str:
    """An alert with one info block unless others (or ``inner`` instead) are given."""
    content = inner if inner is not None else "".join(infos) or info_xml()
    return f'<alert xmlns="{NAMESPACE}">{elements(ALERT, changes)}{content}</alert>'


def distribution_xml(*alerts: str, status: str = "Actual", kind: str = "Report", extra: str = "") -> str:
    contents = "".join(
        f"<contentObject><xmlContent><embeddedXMLContent>{alert}</embeddedXMLContent></xmlContent></contentObject>"
        for alert in alerts
    )
    return (
        '<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">'
        "<distributionID>d-1</distributionID><senderID>ops@met.example</senderID>"
        "<dateTimeSent>2031-03-01T09:00:00+01:00</dateTimeSent>"
        f"<distributionStatus>{status}</distributionStatus><distributionType>{kind}</distributionType>"
        f"{extra}{contents}</EDXLDistribution>"
    )


def read(text: str | bytes, options: CapOptions | None = None) -> CapDocument:
    return read_cap(text.encode() if isinstance(text, str) else text, options)


def taken(text: str | bytes, options: CapOptions | None = None) -> CapTaken:
    """The only alert of a document, which must be taken."""
    (alert,) = read(text, options).alerts
    assert isinstance(alert, CapTaken), alert
    return alert


def draft(text: str | bytes, options: CapOptions | None = None) -> CapDraft:
    """The only draft of the only alert."""
    (only,) = taken(text, options).drafts
    return only


def refused(text: str | bytes, options: CapOptions | None = None) -> CapRefused:
    """The only alert of a document, which must be refused."""
    (alert,) = read(text, options).alerts
    assert isinstance(alert, CapRefused), alert
    return alert


def codes(alert: CapTaken) -> list[CapWarningCode]:
    """What the reader was warned of."""
    return [warning.code for warning in alert.warnings]
