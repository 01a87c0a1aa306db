"""A CAP 1.2 alert as frozen data: every element of the standard, values checked, times in UTC.

``AlertReader`` walks the XSD's sequences (CAP 1.2 section 3.2, 3.4); what is not allowed there is refused
with the element's path and line.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lxml import etree

from schemas.alert_source import SourceReference, SourceScope
from schemas.area import Area, NamedValue
from schemas.interop.cap.elements import CAP_1_2, Children, Node, children, is_signed, leaf_text
from schemas.interop.cap.geometry import circle_of, geometry_of, heights_of
from schemas.interop.cap.outcome import CapWarningCode, Warnings
from schemas.interop.cap.values import (
    id_of,
    language_of,
    list_of,
    mandatory_text,
    references_of,
    text_of,
    time_of,
    uri_of,
    vocabulary,
)
from schemas.interop.xml.places import Slot
from schemas.reasons import ReasonCode
from schemas.threat_alert import AlertText, Category, Certainty, Resource, ResponseType, Severity, Urgency

DEFAULT_LANGUAGE = "en-US"
"""CAP 1.2: the language of an info block that names none."""

MAX_AREAS = 1000
"""In all info blocks together. A draft carries fewer, but the same ones may stand in many languages."""


class CapStatus(StrEnum):
    """CAP 1.2 ``status``."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class CapMessageType(StrEnum):
    """CAP 1.2 ``msgType``."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


@dataclass(frozen=True)
class CapInfo:
    """One ``info`` block; what it says in words is in ``text``, whose language it has."""

    path: str
    line: int
    text: AlertText
    categories: tuple[Category, ...]
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    response_types: tuple[ResponseType, ...]
    effective: datetime | None
    onset: datetime | None
    expires: datetime | None
    event_codes: tuple[NamedValue, ...]
    parameters: tuple[NamedValue, ...]
    resources: tuple[Resource, ...]
    areas: tuple[Area, ...]


@dataclass(frozen=True)
class CapAlert:
    """One ``alert``."""

    path: str
    line: int
    identifier: str
    sender: str
    sent: datetime
    status: CapStatus
    msg_type: CapMessageType
    scope: SourceScope
    source: str | None
    restriction: str | None
    addresses: tuple[str, ...]
    codes: tuple[str, ...]
    note: str | None
    references: tuple[SourceReference, ...]
    incidents: tuple[str, ...]
    infos: tuple[CapInfo, ...]
    signed: bool


ALERT_SLOTS = (
    Slot("identifier", mandatory=True),
    Slot("sender", mandatory=True),
    Slot("sent", mandatory=True),
    Slot("status", mandatory=True),
    Slot("msgType", mandatory=True),
    Slot("source"),
    Slot("scope", mandatory=True),
    Slot("restriction"),
    Slot("addresses"),
    Slot("code", many=True),
    Slot("note"),
    Slot("references"),
    Slot("incidents"),
    Slot("info", many=True),
)
INFO_SLOTS = (
    Slot("language"),
    Slot("category", mandatory=True, many=True),
    Slot("event", mandatory=True),
    Slot("responseType", many=True),
    Slot("urgency", mandatory=True),
    Slot("severity", mandatory=True),
    Slot("certainty", mandatory=True),
    Slot("audience"),
    Slot("eventCode", many=True),
    Slot("effective"),
    Slot("onset"),
    Slot("expires"),
    Slot("senderName"),
    Slot("headline"),
    Slot("description"),
    Slot("instruction"),
    Slot("web"),
    Slot("contact"),
    Slot("parameter", many=True),
    Slot("resource", many=True),
    Slot("area", many=True),
)
AREA_SLOTS = (
    Slot("areaDesc", mandatory=True),
    Slot("polygon", many=True),
    Slot("circle", many=True),
    Slot("geocode", many=True),
    Slot("altitude"),
    Slot("ceiling"),
)
RESOURCE_SLOTS = (
    Slot("resourceDesc", mandatory=True),
    Slot("mimeType", mandatory=True),
    Slot("size"),
    Slot("uri"),
    Slot("derefUri"),
    Slot("digest"),
)
VALUE_SLOTS = (Slot("valueName", mandatory=True), Slot("value", mandatory=True))


class AlertReader:
    """Reads one alert; its leniencies are noted in ``warnings``."""

    def __init__(self, warnings: Warnings) -> None:
        self._warnings = warnings

    def read(self, element: etree._Element, path: str) -> CapAlert:
        """The alert, or a refusal.

        Raises CapRefusal.
        """
        node = Node(element, path)
        parts = children(node, CAP_1_2, ALERT_SLOTS, self._warnings)
        if len(parts["info"]) > 100 or len(parts["code"]) > 100:
            raise node.refuse(ReasonCode.CAP_XML_TOO_MANY, "more than 100 info or code elements")
        infos = tuple(self._info(info) for info in parts["info"])
        if sum(len(info.areas) for info in infos) > MAX_AREAS:
            raise node.refuse(ReasonCode.CAP_XML_TOO_MANY, f"more than {MAX_AREAS} areas")
        codes = (text_of(code, 2000, self._warnings) for code in parts["code"])
        return CapAlert(
            path=path,
            line=node.line,
            identifier=id_of(parts["identifier"][0]),
            sender=id_of(parts["sender"][0]),
            sent=time_of(parts["sent"][0]),
            status=vocabulary(parts["status"][0], CapStatus),
            msg_type=vocabulary(parts["msgType"][0], CapMessageType),
            scope=vocabulary(parts["scope"][0], SourceScope),
            source=self._text(parts, "source", 2000),
            restriction=self._text(parts, "restriction", 2000),
            addresses=self._list(parts, "addresses"),
            codes=tuple(code for code in codes if code),
            note=self._text(parts, "note", 2000),
            references=references_of(parts["references"][0]) if parts["references"] else (),
            incidents=self._list(parts, "incidents"),
            infos=infos,
            signed=is_signed(element),
        )

    def _text(self, parts: Children, name: str, max_length: int, *, one_line: bool = False) -> str | None:
        return text_of(parts[name][0], max_length, self._warnings, one_line=one_line) if parts[name] else None

    def _list(self, parts: Children, name: str) -> tuple[str, ...]:
        return list_of(parts[name][0], self._warnings) if parts[name] else ()

    def _info(self, node: Node) -> CapInfo:
        parts = children(node, CAP_1_2, INFO_SLOTS, self._warnings)
        language = language_of(parts["language"][0]) if parts["language"] else DEFAULT_LANGUAGE
        return CapInfo(
            path=node.path,
            line=node.line,
            text=self._words(parts, language),
            categories=tuple(dict.fromkeys(vocabulary(each, Category) for each in parts["category"])),
            urgency=vocabulary(parts["urgency"][0], Urgency),
            severity=vocabulary(parts["severity"][0], Severity),
            certainty=vocabulary(parts["certainty"][0], Certainty),
            response_types=tuple(
                dict.fromkeys(vocabulary(each, ResponseType) for each in parts["responseType"])
            ),
            effective=time_of(parts["effective"][0]) if parts["effective"] else None,
            onset=time_of(parts["onset"][0]) if parts["onset"] else None,
            expires=time_of(parts["expires"][0]) if parts["expires"] else None,
            event_codes=self._values(parts["eventCode"]),
            parameters=self._values(parts["parameter"]),
            resources=tuple(self._resource(each) for each in parts["resource"]),
            areas=tuple(self._area(each, language) for each in parts["area"]),
        )

    def _words(self, parts: Children, language: str) -> AlertText:
        return AlertText(
            language=language,
            event=mandatory_text(parts["event"][0], 200, self._warnings, one_line=True),
            headline=self._text(parts, "headline", 2000, one_line=True),
            description=self._text(parts, "description", 20_000),
            instruction=self._text(parts, "instruction", 20_000),
            audience=self._text(parts, "audience", 2000),
            sender_name=self._text(parts, "senderName", 200, one_line=True),
            contact=self._text(parts, "contact", 2000),
            web=uri_of(parts["web"][0]) if parts["web"] else None,
        )

    def _values(self, nodes: list[Node]) -> tuple[NamedValue, ...]:
        found: dict[NamedValue, None] = {}
        for node in nodes:
            parts = children(node, CAP_1_2, VALUE_SLOTS, self._warnings)
            name = mandatory_text(parts["valueName"][0], 200, self._warnings, one_line=True)
            value = text_of(parts["value"][0], 20_000, self._warnings) or ""
            found[NamedValue(name=name, value=value)] = None
        return tuple(found)

    def _resource(self, node: Node) -> Resource:
        parts = children(node, CAP_1_2, RESOURCE_SLOTS, self._warnings)
        media_type = leaf_text(parts["mimeType"][0])
        if not 1 <= len(media_type) <= 200 or not media_type.isascii() or not media_type.isprintable():
            raise parts["mimeType"][0].refuse(ReasonCode.CAP_VALUE_INVALID, "a media type is expected")
        size = leaf_text(parts["size"][0]) if parts["size"] else None
        if size is not None and not (size.isascii() and size.isdigit() and len(size) <= 15):
            raise parts["size"][0].refuse(ReasonCode.CAP_VALUE_INVALID, "a number of bytes is expected")
        if parts["derefUri"] and leaf_text(parts["derefUri"][0]):
            self._warnings.add(
                CapWarningCode.RESOURCE_CONTENT_DROPPED,
                parts["derefUri"][0].path,
                parts["derefUri"][0].line,
                "the bytes of an embedded resource are not carried",
            )
        return Resource(
            description=mandatory_text(parts["resourceDesc"][0], 2000, self._warnings),
            media_type=" ".join(media_type.split()),
            size_bytes=int(size) if size else None,
            uri=uri_of(parts["uri"][0]) if parts["uri"] else None,
            digest=uri_of(parts["digest"][0]) if parts["digest"] else None,
        )

    def _area(self, node: Node, language: str) -> Area:
        parts = children(node, CAP_1_2, AREA_SLOTS, self._warnings)
        altitude, ceiling = heights_of(parts["altitude"], parts["ceiling"])
        return Area(
            description=mandatory_text(parts["areaDesc"][0], 2000, self._warnings, one_line=True),
            language=language,
            geometry=geometry_of(node, parts["polygon"], self._warnings),
            circles=tuple(dict.fromkeys(circle_of(each) for each in parts["circle"])),
            geocodes=self._values(parts["geocode"]),
            altitude_m=altitude,
            ceiling_m=ceiling,
        )
