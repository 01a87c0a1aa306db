"""``Category`` elements: which tags a policy has, of which type, and their values (ADatP-4774 App. 1)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas.interop.stanag4774.elements import Node, children
from schemas.interop.stanag4774.outcome import LabelWarning, LabelWarningCode
from schemas.interop.xml.places import Slot
from schemas.nato_policy import (
    ADMINISTRATIVE,
    CONTEXT,
    ONLY,
    POLICY,
    RELEASABLE_TO,
    SENSITIVITY,
    TAG_URIS,
    fold,
)
from schemas.reasons import ReasonCode as C

OBJECT_IDENTIFIER = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]{0,39})){1,30}", re.ASCII)


class CategoryType(StrEnum):
    """How values restrict: every one must be held, at least one must be, or not at all."""

    RESTRICTIVE = "RESTRICTIVE"
    PERMISSIVE = "PERMISSIVE"
    INFORMATIVE = "INFORMATIVE"


NATO_TAGS: Mapping[str, CategoryType] = {
    SENSITIVITY: CategoryType.RESTRICTIVE,
    RELEASABLE_TO: CategoryType.PERMISSIVE,
    ADMINISTRATIVE: CategoryType.INFORMATIVE,
    CONTEXT: CategoryType.PERMISSIVE,
    ONLY: CategoryType.PERMISSIVE,
}
OTHER_TAGS: Mapping[str, CategoryType] = {
    SENSITIVITY: CategoryType.RESTRICTIVE,
    RELEASABLE_TO: CategoryType.PERMISSIVE,
}
"""What is said and understood under a policy whose own tags are not known here."""


@dataclass(frozen=True)
class Values:
    """A tag's values, each with its element."""

    node: Node
    values: tuple[tuple[Node, str], ...]


def tags_of(policy: str) -> Mapping[str, CategoryType]:
    """The tags that are understood under a policy."""
    return NATO_TAGS if policy == POLICY else OTHER_TAGS


def read_categories(
    nodes: Sequence[Node], policy: str, level: str, warnings: list[LabelWarning]
) -> dict[str, Values]:
    """The PERMISSIVE and RESTRICTIVE categories by tag name; INFORMATIVE ones are warnings.

    ``level`` is the registered classification. A tag that is not understood is refused unless it is
    INFORMATIVE, which never decides about access.

    Raises LabelXmlRefused (LABEL_XML_TAG_..., LABEL_XML_VALUE_..., LABEL_XML_ATTRIBUTE_INVALID, ...).
    """
    found: dict[str, Values] = {}
    names: set[str] = set()
    for node in nodes:
        given = node.attributes("URI", mandatory=("Type", "TagName"))
        tag = node.token(given["TagName"])
        # Also names that differ by case alone: a reader that folds them would merge the two.
        if tag.casefold() in names:
            raise node.refuse(C.LABEL_XML_TAG_REPEATED, "one Category per tag name")
        names.add(tag.casefold())
        kind = _type(node, given["Type"], tag, policy)
        _check_uri(node, given.get("URI"), tag, policy, warnings)
        values = _values(node)
        if kind is CategoryType.INFORMATIVE:
            if tag == ADMINISTRATIVE and policy == POLICY and level != "UNCLASSIFIED":
                raise node.refuse(
                    C.LABEL_XML_VALUE_UNKNOWN, "Administrative is for UNCLASSIFIED alone in the NATO policy"
                )
            warnings.append(
                LabelWarning(
                    LabelWarningCode.INFORMATIVE_IGNORED,
                    node.path,
                    node.line,
                    "handling information that our labels do not carry",
                )
            )
            continue
        if not values:
            raise node.refuse(C.LABEL_XML_ELEMENT_MISSING, "a category without a value")
        _refuse_repeated(values, policy)
        found[tag] = Values(node, values)
    return found


def _type(node: Node, given: str, tag: str, policy: str) -> CategoryType:
    known = tags_of(policy)
    try:
        kind = CategoryType(given)
    except ValueError:
        raise node.refuse(C.LABEL_XML_TAG_TYPE, "Type is RESTRICTIVE, PERMISSIVE or INFORMATIVE") from None
    if tag in known:
        if kind is not known[tag]:
            raise node.refuse(C.LABEL_XML_TAG_TYPE, f"{tag} is {known[tag]}")
        return kind
    if kind is not CategoryType.INFORMATIVE or tag.casefold() in {name.casefold() for name in known}:
        raise node.refuse(C.LABEL_XML_TAG_UNKNOWN, "a tag that restricts and is not understood here")
    return kind


def _check_uri(node: Node, uri: str | None, tag: str, policy: str, warnings: list[LabelWarning]) -> None:
    if uri is None:
        return
    if not OBJECT_IDENTIFIER.fullmatch(uri):
        raise node.refuse(C.LABEL_XML_ATTRIBUTE_INVALID, "URI is urn:oid: and an object identifier")
    expected = TAG_URIS.get(tag) if policy == POLICY else None
    if expected is not None and uri == expected:
        return
    if expected is not None or uri in TAG_URIS.values():
        raise node.refuse(C.LABEL_XML_URI_CONFLICT, "the URI is that of another tag")
    warnings.append(
        LabelWarning(
            LabelWarningCode.URI_NOT_CHECKED, node.path, node.line, "the tag's object identifier is not known"
        )
    )


def _values(node: Node) -> tuple[tuple[Node, str], ...]:
    parts = children(node, (Slot("GenericValue", many=True),))
    for each in parts["GenericValue"]:
        each.attributes()
    return tuple((each, each.text()) for each in parts["GenericValue"])


def _refuse_repeated(values: tuple[tuple[Node, str], ...], policy: str) -> None:
    seen: set[str] = set()
    for node, value in values:
        compared = fold(value) if policy == POLICY else value
        if compared in seen:
            raise node.refuse(C.LABEL_XML_VALUE_REPEATED, "the same value stands twice")
        seen.add(compared)
