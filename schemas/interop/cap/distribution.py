"""EDXL-DE 1.0 (OASIS, 2006): the CAP alerts embedded in a distribution's content objects.

The wrapper's confidentiality is not used: the label is the caller's decision. Its status and type must not
contradict an alert's, so that no exercise can pass for the real thing by its inner or outer half alone.
"""

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from schemas.interop.cap.alert import CapAlert, CapMessageType, CapStatus
from schemas.interop.cap.elements import Node, children, local_name
from schemas.interop.cap.outcome import CapRefusal, CapWarningCode, Warnings
from schemas.interop.cap.values import vocabulary
from schemas.interop.xml.places import Slot
from schemas.reasons import ReasonCode

EDXL_DE = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"
MAX_ALERTS = 200

WRAPPER_SLOTS = (
    Slot("distributionID", mandatory=True),
    Slot("senderID", mandatory=True),
    Slot("dateTimeSent", mandatory=True),
    Slot("distributionStatus", mandatory=True),
    Slot("distributionType", mandatory=True),
    Slot("combinedConfidentiality"),
    Slot("language"),
    Slot("senderRole", many=True),
    Slot("recipientRole", many=True),
    Slot("keyword", many=True),
    Slot("distributionReference", many=True),
    Slot("explicitAddress", many=True),
    Slot("targetArea", many=True),
    Slot("contentObject", many=True),
)
CONTENT_SLOTS = (
    Slot("contentDescription"),
    Slot("contentKeyword", many=True),
    Slot("incidentID"),
    Slot("incidentDescription"),
    Slot("originatorRole", many=True),
    Slot("consumerRole", many=True),
    Slot("confidentiality"),
    Slot("nonXMLContent"),
    Slot("xmlContent"),
)
XML_CONTENT_SLOTS = (Slot("keyXMLContent", many=True), Slot("embeddedXMLContent", many=True))


class DistributionStatus(StrEnum):
    """EDXL-DE 1.0 ``distributionStatus``."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"


class DistributionType(StrEnum):
    """EDXL-DE 1.0 ``distributionType``."""

    REPORT = "Report"
    UPDATE = "Update"
    CANCEL = "Cancel"
    REQUEST = "Request"
    RESPONSE = "Response"
    DISPATCH = "Dispatch"
    ACK = "Ack"
    ERROR = "Error"
    SENSOR_CONFIGURATION = "SensorConfiguration"
    SENSOR_CONTROL = "SensorControl"
    SENSOR_STATUS = "SensorStatus"
    SENSOR_DETECTION = "SensorDetection"


@dataclass(frozen=True)
class Distribution:
    """What the wrapper says, and the elements that it carries, each with its path."""

    status: DistributionStatus
    type: DistributionType
    contents: tuple[tuple[etree._Element, str], ...]


def unwrap(root: etree._Element, warnings: Warnings) -> Distribution:
    """The wrapper's status and its embedded elements.

    Raises CapRefusal (CAP_ELEMENT_..., CAP_VALUE_INVALID, CAP_MSGTYPE_NOT_TAKEN, CAP_WRAPPER_EMPTY).
    """
    node = Node(root, "/EDXLDistribution")
    parts = children(node, EDXL_DE, WRAPPER_SLOTS, warnings)
    status = vocabulary(parts["distributionStatus"][0], DistributionStatus)
    kind = vocabulary(parts["distributionType"][0], DistributionType)
    if kind in (DistributionType.ACK, DistributionType.ERROR):
        raise parts["distributionType"][0].refuse(
            ReasonCode.CAP_MSGTYPE_NOT_TAKEN, "acknowledgements and errors are not passed on"
        )
    for label in parts["combinedConfidentiality"]:
        _ignore_label(label, warnings)
    contents: list[tuple[etree._Element, str]] = []
    for content in parts["contentObject"]:
        contents.extend(_embedded(content, warnings))
    if not contents:
        raise node.refuse(ReasonCode.CAP_WRAPPER_EMPTY, "no embedded XML")
    if len(contents) > MAX_ALERTS:
        raise node.refuse(ReasonCode.CAP_XML_TOO_MANY, f"more than {MAX_ALERTS} embedded documents")
    return Distribution(status, kind, tuple(contents))


def _embedded(content: Node, warnings: Warnings) -> list[tuple[etree._Element, str]]:
    parts = children(content, EDXL_DE, CONTENT_SLOTS, warnings)
    for label in parts["confidentiality"]:
        _ignore_label(label, warnings)
    for other in parts["nonXMLContent"]:
        _ignore_content(other, warnings)
    found: list[tuple[etree._Element, str]] = []
    for xml in parts["xmlContent"]:
        inner = children(xml, EDXL_DE, XML_CONTENT_SLOTS, warnings)
        for key in inner["keyXMLContent"]:
            _ignore_content(key, warnings)
        for embedded in inner["embeddedXMLContent"]:
            elements = [child for child in embedded.element if isinstance(child.tag, str)]
            found.extend((child, f"{embedded.path}/{local_name(child)}") for child in elements)
    return found


def _ignore_label(node: Node, warnings: Warnings) -> None:
    warnings.add(
        CapWarningCode.WRAPPER_LABEL_IGNORED,
        node.path,
        node.line,
        "the wrapper's confidentiality is not the label; the label is the caller's decision",
    )


def _ignore_content(node: Node, warnings: Warnings) -> None:
    warnings.add(
        CapWarningCode.CONTENT_IGNORED, node.path, node.line, "content other than embedded XML was ignored"
    )


def check_agreement(distribution: Distribution, alert: CapAlert) -> None:
    """Refuse an alert that its wrapper contradicts.

    Raises CapRefusal (CAP_STATUS_CONFLICT).
    """
    if alert.status is CapStatus.ACTUAL and distribution.status is not DistributionStatus.ACTUAL:
        raise _conflict(alert, "status", "an Actual alert in a wrapper that is not Actual")
    cancelled = distribution.type is DistributionType.CANCEL
    if cancelled and alert.msg_type is not CapMessageType.CANCEL:
        raise _conflict(alert, "msgType", "an alert that is no Cancel in a wrapper that cancels")


def _conflict(alert: CapAlert, element: str, explanation: str) -> CapRefusal:
    return CapRefusal(ReasonCode.CAP_STATUS_CONFLICT, f"{alert.path}/{element}", alert.line, explanation)
