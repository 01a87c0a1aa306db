"""``read_label``: a STANAG 4774 document to a draft's label, or a refusal that names the place.

Strict, for a label read wrongly is a release made wrongly: what is not understood is refused, what is
left out never restricted anything, and the audience is never wider than the text's.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree
from pydantic import ValidationError

from schemas.interop.stanag4774.audience import Members, Reading, known_name, ordered, read_audience
from schemas.interop.stanag4774.categories import OBJECT_IDENTIFIER, Values, read_categories
from schemas.interop.stanag4774.elements import (
    NAMESPACE,
    OUR_NAMESPACE,
    Children,
    Node,
    children,
    document,
)
from schemas.interop.stanag4774.outcome import LabelWarning, LabelWarningCode
from schemas.interop.xml.places import Slot
from schemas.label import DraftLabel
from schemas.nato_policy import NATIVE_OF_REGISTERED, POLICY, POLICY_URI, SENSITIVITY, fold
from schemas.reasons import ReasonCode as C

ROOT = "originatorConfidentialityLabel"
OTHER_ROOTS = ("alternativeConfidentialityLabel", "metadataConfidentialityLabel", "ConfidentialityLabel")
ID_TYPES = (
    "rfc822Name",
    "dNSName",
    "directoryName",
    "uniformResourceIdentifier",
    "iPAddress",
    "x400Address",
    "userPrincipalName",
    "jID",
)
ROOT_SLOTS = (
    Slot("ConfidentialityInformation", mandatory=True),
    Slot("OriginatorID"),
    Slot("CreationDateTime", mandatory=True),
    Slot("SuccessionHandling"),
)
INFORMATION_SLOTS = (
    Slot("PolicyIdentifier", mandatory=True),
    Slot("Classification", mandatory=True),
    Slot("PrivacyMark"),
    Slot("Category", many=True),
)
HANDLING = "Handling"
DISPLAY_ONLY = "DisplayOnlyTo"
REVIEW_NOT_SET = "ReviewNotSet"
VALUE = "Value"

_SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,127}", re.ASCII)


@dataclass(frozen=True)
class ReadLabel:
    """A label that was taken. ``originator_id`` is who the document says made it: a claim, nothing more."""

    label: DraftLabel
    created: datetime
    originator_id: tuple[str, str] | None
    warnings: tuple[LabelWarning, ...]


def read_label(data: bytes, members_at: Callable[[datetime], Members], now: datetime) -> ReadLabel:
    """Read an originatorConfidentialityLabel. ``members_at``: the communities known, with their members then.

    Of a community that has grown since the document was created, only those are released to who were members.

    Raises LabelXmlRefused.
    """
    root = document(data)
    warnings: list[LabelWarning] = []
    _check_root(root)
    review = _root_attributes(root, warnings)
    handling = _take_handling(root)
    parts = children(root, ROOT_SLOTS)
    if parts["SuccessionHandling"]:
        raise parts["SuccessionHandling"][0].refuse(C.LABEL_XML_SUCCESSION, "a successor label is planned")
    if review is None:
        raise root.refuse(C.LABEL_XML_REVIEW_MISSING, "neither ReviewDateTime nor SuccessionHandling")
    created = parts["CreationDateTime"][0]
    created.attributes()
    made_at = _time(created, created.text())
    originator = _originator_id(parts)
    reading = Reading(members_at(made_at), members_at(now), warnings)
    said = _information(parts["ConfidentialityInformation"][0], reading)
    display_only, review_set = _handling(handling, reading, said.policy)
    try:
        label = DraftLabel(
            policy=said.policy,
            classification=said.classification,
            releasable_to=said.audience,
            display_only_to=display_only,
            restrictive=said.restrictive,
            review_at=review if review_set else None,
        )
    except ValidationError:
        raise root.refuse(C.LABEL_XML_DRAFT_INVALID, "more or longer values than a label carries") from None
    return ReadLabel(label, made_at, originator, tuple(warnings))


def _check_root(root: Node) -> None:
    name = etree.QName(root.element)
    if name.namespace == NAMESPACE and name.localname == ROOT:
        return
    if name.namespace == NAMESPACE and name.localname in OTHER_ROOTS:
        raise root.refuse(C.LABEL_XML_NOT_ORIGINATOR, f"{ROOT} is expected")
    raise root.refuse(C.LABEL_XML_NOT_A_LABEL, f"{ROOT} of the namespace of STANAG 4774 is expected")


def _root_attributes(root: Node, warnings: list[LabelWarning]) -> datetime | None:
    given = root.attributes("Id", "ReviewDateTime", _SCHEMA_LOCATION)
    if _SCHEMA_LOCATION in given:
        warnings.append(
            LabelWarning(
                LabelWarningCode.SCHEMA_LOCATION_IGNORED, root.path, root.line, "no schema is fetched"
            )
        )
    if "Id" in given and not _ID.fullmatch(given["Id"]):
        raise root.refuse(C.LABEL_XML_ATTRIBUTE_INVALID, "Id is an xs:ID")
    return _time(root, root.token(given["ReviewDateTime"])) if "ReviewDateTime" in given else None


def _time(node: Node, text: str) -> datetime:
    """An xs:dateTime with an offset; what is finer than a microsecond is cut."""
    parts = _TIME.fullmatch(text)
    if parts is not None:
        try:
            return datetime.fromisoformat(f"{parts[1]}{(parts[2] or '')[:7]}{parts[3]}").astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise node.refuse(C.LABEL_XML_TIME_INVALID, "YYYY-MM-DDThh:mm:ss with Z or an offset is expected")


def _originator_id(parts: Children) -> tuple[str, str] | None:
    for node in parts["OriginatorID"]:
        kind = node.attributes(mandatory=("IDType",))["IDType"]
        if kind not in ID_TYPES:
            raise node.refuse(C.LABEL_XML_ATTRIBUTE_INVALID, "an IDType that the standard lacks")
        return kind, node.long_text()
    return None


@dataclass(frozen=True)
class _Said:
    policy: str
    classification: str
    audience: tuple[str, ...]
    restrictive: tuple[str, ...]


def _information(node: Node, reading: Reading) -> _Said:
    warnings = reading.warnings
    node.attributes()
    parts = children(node, INFORMATION_SLOTS)
    policy = _policy(parts["PolicyIdentifier"][0], warnings)
    level = parts["Classification"][0]
    level.attributes()
    registered, native = _classification(level, policy)
    for mark in parts["PrivacyMark"]:
        mark.attributes()
        if len(mark.element):
            raise mark.refuse(C.LABEL_XML_TEXT_INVALID, "something else than text")
        warnings.append(
            LabelWarning(
                LabelWarningCode.PRIVACY_MARK_IGNORED, mark.path, mark.line, "a privacy mark decides nothing"
            )
        )
    found = read_categories(parts["Category"], policy, registered, warnings)
    audience = read_audience(found, policy, node, reading)
    return _Said(policy, native, audience, _restrictive(found, policy))


def _policy(node: Node, warnings: list[LabelWarning]) -> str:
    uri = node.attributes("URI").get("URI")
    text = node.text()
    policy = POLICY if fold(text) == POLICY else text
    if uri is None:
        return policy
    if not OBJECT_IDENTIFIER.fullmatch(uri):
        raise node.refuse(C.LABEL_XML_ATTRIBUTE_INVALID, "URI is urn:oid: and an object identifier")
    if (uri == POLICY_URI) is not (policy == POLICY):
        raise node.refuse(C.LABEL_XML_URI_CONFLICT, "the URI and the name are of different policies")
    if policy != POLICY:
        warnings.append(
            LabelWarning(
                LabelWarningCode.URI_NOT_CHECKED,
                node.path,
                node.line,
                "the policy's object identifier is not known",
            )
        )
    return policy


def _classification(node: Node, policy: str) -> tuple[str, str]:
    """As registered and as native text, which differ in the NATO policy alone."""
    text = node.text()
    if policy != POLICY:
        return text, text
    native = NATIVE_OF_REGISTERED.get(fold(text))
    if native is None:
        raise node.refuse(C.LABEL_XML_CLASSIFICATION_UNKNOWN, "not one of the NATO policy's five")
    return fold(text), native


def _restrictive(found: Mapping[str, Values], policy: str) -> tuple[str, ...]:
    if SENSITIVITY not in found:
        return ()
    values = (value for _, value in found[SENSITIVITY].values)
    return tuple(sorted(fold(value) if policy == POLICY else value for value in values))


def _take_handling(root: Node) -> Node | None:
    """Our extension, taken out where it stands last: everything else there is refused."""
    last = next((child for child in reversed(root.element) if isinstance(child.tag, str)), None)
    if last is None or etree.QName(last) != etree.QName(OUR_NAMESPACE, HANDLING):
        return None
    node = Node(last, f"{root.path}/{HANDLING}")
    if last.tail and last.tail.strip(" \t\r\n"):
        raise root.refuse(C.LABEL_XML_TEXT_INVALID, "text where only elements belong")
    root.element.remove(last)
    return node


def _handling(node: Node | None, reading: Reading, policy: str) -> tuple[tuple[str, ...], bool]:
    """``display_only_to``, and whether the review date is the label's own."""
    if node is None:
        return (), True
    node.attributes()
    parts = children(node, (Slot(DISPLAY_ONLY), Slot(REVIEW_NOT_SET)), namespace=OUR_NAMESPACE)
    for each in parts[REVIEW_NOT_SET]:
        each.attributes()
        children(each, (), namespace=OUR_NAMESPACE)
    names: set[str] = set()
    shown: set[str] = set()
    for each in parts[DISPLAY_ONLY]:
        each.attributes()
        values = children(each, (Slot(VALUE, mandatory=True, many=True),), namespace=OUR_NAMESPACE)[VALUE]
        for value in values:
            value.attributes()
            name = known_name(value, value.text(), reading.now, policy)
            if name in names:
                raise value.refuse(C.LABEL_XML_VALUE_REPEATED, "the same value stands twice")
            names.add(name)
            shown |= reading.meant(value, name)
    return ordered(shown), not parts[REVIEW_NOT_SET]
