"""A label of ours as a STANAG 4774 document, where the standard can say it; else it is refused.

A reader that knows nothing of us must not take the document to mean more than the label: what restricts and
has no place in the standard is not written at all (``originator_controlled``), or only where leaving it out
narrows (``display_only_to``, in an extension of our own namespace).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from schemas.base import rfc3339
from schemas.interop.stanag4774.audience import Members, is_name, ordered
from schemas.interop.stanag4774.categories import tags_of
from schemas.interop.stanag4774.elements import NAMESPACE, OUR_NAMESPACE
from schemas.interop.stanag4774.outcome import LabelNotExpressible
from schemas.interop.stanag4774.reading import (
    DISPLAY_ONLY,
    HANDLING,
    ID_TYPES,
    REVIEW_NOT_SET,
    ROOT,
    VALUE,
)
from schemas.label import DraftLabel
from schemas.nato_policy import (
    CONTEXT,
    ONLY,
    POLICY,
    POLICY_URI,
    REGISTERED_OF_NATIVE,
    RELEASABLE,
    RELEASABLE_TO,
    SENSITIVITY,
    TAG_URIS,
    context_of,
    fold,
    value_of,
)
from schemas.reasons import ReasonCode

ALTERNATIVE_ROOT = "alternativeConfidentialityLabel"
REVIEW_AFTER = timedelta(days=5 * 365)
"""ReviewDateTime of a label without a review date, counted from its creation: the standard demands one."""

_TOKEN = re.compile(r"[^ ]+(?: [^ ]+)*")
_NOT_XML = re.compile("[\ufffe\uffff\t\r\n]")


@dataclass(frozen=True)
class OriginatorId:
    """Who made the label. Raises ValueError for an ``id_type`` that the standard lacks."""

    id_type: str
    text: str

    def __post_init__(self) -> None:
        if self.id_type not in ID_TYPES:
            raise ValueError("not an IDType of STANAG 4774")


def write_label(
    label: DraftLabel, members: Members, *, created: datetime, originator_id: OriginatorId | None = None
) -> bytes:
    """The label as an originatorConfidentialityLabel, in UTF-8. ``members``: communities at ``created``.

    Reading it with the same ``members`` gives the label again, names in the order of ``in_order``.

    Raises LabelNotExpressible.
    """
    return _document(ROOT, label, members, created, originator_id)


def write_alternative(
    label: DraftLabel,
    members: Members,
    *,
    policy: str,
    classification: str,
    created: datetime,
    originator_id: OriginatorId | None = None,
) -> bytes:
    """An equivalent of the label under another policy, as an alternativeConfidentialityLabel.

    It stands beside the originator's label, never in its place (ADatP-4774.1 section 4.2). The release stays
    the same; categories of one policy have no equivalent in another, so a label with any has none.

    Raises LabelNotExpressible, and ValueError for the label's own policy.
    """
    if policy == label.policy:
        raise ValueError("an alternative label is under another policy")
    if label.restrictive:
        raise _refused("/restrictive", "categories of one policy have no equivalent in another")
    other = label.model_copy(update={"policy": policy, "classification": classification})
    return _document(ALTERNATIVE_ROOT, other, members, created, originator_id)


def in_order(label: DraftLabel) -> DraftLabel:
    """The draft's label with its names in the one order that documents have: they are sets."""
    return DraftLabel(
        **{name: getattr(label, name) for name in DraftLabel.model_fields}
        | {
            "releasable_to": ordered(label.releasable_to),
            "display_only_to": ordered(label.display_only_to),
            "restrictive": tuple(sorted(label.restrictive)),
        }
    )


def _refused(pointer: str, explanation: str) -> LabelNotExpressible:
    return LabelNotExpressible(ReasonCode.LABEL_NOT_IN_4774, pointer, explanation)


def _document(
    root_name: str,
    label: DraftLabel,
    members: Members,
    created: datetime,
    originator_id: OriginatorId | None,
) -> bytes:
    _check(label, members)
    root = etree.Element(f"{{{NAMESPACE}}}{root_name}", nsmap={"slab": NAMESPACE})
    review = label.review_at if label.review_at is not None else _later(created)
    root.set("ReviewDateTime", rfc3339(review))
    information = _add(root, "ConfidentialityInformation")
    policy = _add(information, "PolicyIdentifier", label.policy)
    if label.policy == POLICY:
        policy.set("URI", POLICY_URI)
    _add(information, "Classification", _classification(label))
    for tag, values in _categories(label, members):
        category = _add(information, "Category")
        category.set("Type", tags_of(label.policy)[tag].value)
        category.set("TagName", tag)
        if label.policy == POLICY:
            category.set("URI", TAG_URIS[tag])
        for value in values:
            _add(category, "GenericValue", value)
    if originator_id is not None:
        _add(root, "OriginatorID", originator_id.text).set("IDType", originator_id.id_type)
    _add(root, "CreationDateTime", rfc3339(created))
    _add_handling(root, label)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _later(created: datetime) -> datetime:
    try:
        return created + REVIEW_AFTER
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    element.text = text
    return element


def _add_handling(root: etree._Element, label: DraftLabel) -> None:
    if label.review_at is not None and not label.display_only_to:
        return
    handling = etree.SubElement(root, f"{{{OUR_NAMESPACE}}}{HANDLING}", nsmap={"ent": OUR_NAMESPACE})
    if label.display_only_to:
        shown = etree.SubElement(handling, f"{{{OUR_NAMESPACE}}}{DISPLAY_ONLY}")
        for name in ordered(label.display_only_to):
            etree.SubElement(shown, f"{{{OUR_NAMESPACE}}}{VALUE}").text = name
    if label.review_at is None:
        etree.SubElement(handling, f"{{{OUR_NAMESPACE}}}{REVIEW_NOT_SET}")


def _check(label: DraftLabel, members: Members) -> None:
    if label.originator_controlled:
        raise _refused("/originator_controlled", "originator control has no place in the standard")
    if not label.releasable_to:
        raise _refused("/releasable_to", "no category means nobody: an absent one would mean everybody")
    for field in ("releasable_to", "display_only_to"):
        for index, name in enumerate(getattr(label, field)):
            if not is_name(name, members):
                raise _refused(f"/{field}/{index}", "neither a nation nor a community of this realm")
    if _nations(label.display_only_to, members) & _nations(label.releasable_to, members):
        raise _refused(
            "/display_only_to", "who may only look would have it in full for a reader who passes over that"
        )
    texts = {"/policy": label.policy, "/classification": label.classification}
    texts |= {f"/restrictive/{index}": value for index, value in enumerate(label.restrictive)}
    for pointer, text in texts.items():
        if not _TOKEN.fullmatch(text) or _NOT_XML.search(text):
            raise _refused(pointer, "spaces at the ends or side by side, or characters that XML lacks")
    if label.policy != POLICY and fold(label.policy) == POLICY:
        raise _refused("/policy", "a reader would take it for the NATO policy")
    for index, value in enumerate(label.restrictive):
        if label.policy == POLICY and fold(value) != value:
            raise _refused(f"/restrictive/{index}", "values of the NATO policy are in upper case")


def _classification(label: DraftLabel) -> str:
    if label.policy != POLICY:
        return label.classification
    registered = REGISTERED_OF_NATIVE.get(label.classification)
    if registered is None:
        raise _refused("/classification", "not one of the NATO policy's five")
    return registered


def _nations(names: Collection[str], members: Members) -> set[str]:
    return {nation for name in names for nation in (members[name] if len(name) > 3 else (name,))}


def _categories(label: DraftLabel, members: Members) -> list[tuple[str, tuple[str, ...]]]:
    sensitivity = [(SENSITIVITY, tuple(sorted(label.restrictive)))] if label.restrictive else []
    if label.policy != POLICY:
        return [(RELEASABLE_TO, ordered(label.releasable_to)), *sensitivity]
    context, only, added = _nato_audience(label, members)
    contexts = (value_of(context), RELEASABLE) if added else (value_of(context),)
    found: list[tuple[str, tuple[str, ...]]] = [(CONTEXT, contexts)]
    if only:
        found.append((ONLY, tuple(map(value_of, ordered(only)))))
    if added:
        found.append((RELEASABLE_TO, (value_of(context), *map(value_of, ordered(added)))))
    return [*found, *sensitivity]


def _nato_audience(label: DraftLabel, members: Members) -> tuple[str, set[str], set[str]]:
    """Context, Only and what Releasable To adds."""
    released = set(label.releasable_to)
    named = context_of(released)
    if named is not None:
        return named, set(), released - {named}
    if POLICY not in members:
        raise _refused("/releasable_to", "the realm has no community NATO, so its members are not known")
    inside = {name for name in released if _nations((name,), members) <= set(members[POLICY])}
    if not inside:
        raise _refused("/releasable_to", "nobody of it belongs to NATO, which the policy has as context")
    return POLICY, inside, released - inside
