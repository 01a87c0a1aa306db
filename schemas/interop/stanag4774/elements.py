"""Elements against the sequences of the XSD: names, counts and order are strict, unknown is refused.

The document itself is read by the hardened reader of ``schemas.interop.xml``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree
from pydantic import TypeAdapter, ValidationError

from schemas.base import ShortText, TitleText
from schemas.interop.stanag4774.outcome import LabelXmlRefused
from schemas.interop.xml.faults import XmlFault, XmlRefused
from schemas.interop.xml.places import Slot, line_of
from schemas.interop.xml.reader import read_xml
from schemas.reasons import ReasonCode as C

NAMESPACE = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
OUR_NAMESPACE = "urn:entente:label:1"
MAX_LABEL_BYTES = 64 * 1024

_CODES = {
    XmlFault.TOO_LARGE: C.LABEL_XML_TOO_LARGE,
    XmlFault.ENCODING: C.LABEL_XML_ENCODING,
    XmlFault.MALFORMED: C.LABEL_XML_MALFORMED,
    XmlFault.DOCTYPE: C.LABEL_XML_DOCTYPE,
    XmlFault.FORBIDDEN: C.LABEL_XML_FORBIDDEN,
    XmlFault.TOO_DEEP: C.LABEL_XML_TOO_DEEP,
    XmlFault.TOO_MANY: C.LABEL_XML_TOO_DEEP,
}
_WHITE_SPACE = re.compile("[ \t\r\n]+")

_short_text: TypeAdapter[str] = TypeAdapter(ShortText)
_title_text: TypeAdapter[str] = TypeAdapter(TitleText)


@dataclass(frozen=True)
class Node:
    """An element with its path, for example ``/originatorConfidentialityLabel/CreationDateTime``."""

    element: etree._Element
    path: str

    @property
    def line(self) -> int:
        """Line in the document, from 1."""
        return line_of(self.element)

    def refuse(self, code: C, explanation: str) -> LabelXmlRefused:
        """A refusal about this element."""
        return LabelXmlRefused(code, self.path, self.line, explanation)

    def attributes(self, *allowed: str, mandatory: Sequence[str] = ()) -> dict[str, str]:
        """The attributes by name; none but the allowed and the mandatory ones may stand.

        Raises LabelXmlRefused LABEL_XML_ATTRIBUTE_INVALID.
        """
        found = {str(name): str(value) for name, value in self.element.attrib.items()}
        if not found.keys() <= {*allowed, *mandatory}:
            raise self.refuse(C.LABEL_XML_ATTRIBUTE_INVALID, "an attribute the standard does not have here")
        for name in mandatory:
            if name not in found:
                raise self.refuse(C.LABEL_XML_ATTRIBUTE_INVALID, f"the attribute {name} is mandatory")
        return found

    def text(self) -> str:
        """The element's text as an xs:token, one line of 1 to 64 characters, and nothing but text.

        A comment in the middle of a value is refused: readers differ in what they then take the value to be.

        Raises LabelXmlRefused LABEL_XML_TEXT_INVALID.
        """
        if len(self.element):
            raise self.refuse(C.LABEL_XML_TEXT_INVALID, "something else than text")
        return self.token(self.element.text or "")

    def long_text(self) -> str:
        """Like ``text``, up to 200 characters.

        Raises LabelXmlRefused LABEL_XML_TEXT_INVALID.
        """
        if len(self.element):
            raise self.refuse(C.LABEL_XML_TEXT_INVALID, "something else than text")
        return self._checked(self.element.text or "", _title_text, 200)

    def token(self, raw: str) -> str:
        """Text with white space collapsed as an xs:token; also for attributes.

        Raises LabelXmlRefused LABEL_XML_TEXT_INVALID.
        """
        return self._checked(raw, _short_text, 64)

    def _checked(self, raw: str, kind: TypeAdapter[str], at_most: int) -> str:
        try:
            return kind.validate_python(_WHITE_SPACE.sub(" ", raw).strip(" "), strict=True)
        except ValidationError:
            raise self.refuse(
                C.LABEL_XML_TEXT_INVALID, f"one line of 1 to {at_most} characters is expected"
            ) from None


Children = dict[str, list[Node]]


def document(data: bytes) -> Node:
    """The root of a harmless document: no document type, entity, processing instruction or inclusion.

    Raises LabelXmlRefused (LABEL_XML_TOO_LARGE, _ENCODING, _MALFORMED, _DOCTYPE, _FORBIDDEN, _TOO_DEEP).
    """
    try:
        read = read_xml(data, MAX_LABEL_BYTES)
    except XmlRefused as refused:
        raise LabelXmlRefused(_CODES[refused.fault], "/", refused.line, refused.explanation) from None
    if read.instructions:
        raise LabelXmlRefused(C.LABEL_XML_FORBIDDEN, "/", read.instructions[0], "a processing instruction")
    root = read.root
    return Node(root, f"/{etree.QName(root).localname}")


def children(node: Node, slots: Sequence[Slot], *, namespace: str = NAMESPACE) -> Children:
    """The element's children by name, each with its path; every slot is a key.

    Raises LabelXmlRefused (LABEL_XML_ELEMENT_..., LABEL_XML_EXTENSION_UNKNOWN, LABEL_XML_VALUE_TYPE, and
    LABEL_XML_TEXT_INVALID for loose text).
    """
    order = {slot.name: index for index, slot in enumerate(slots)}
    many = {slot.name for slot in slots if slot.many}
    found: Children = {slot.name: [] for slot in slots}
    last = 0
    _refuse_loose_text(node)
    for child in node.element:
        if not isinstance(child.tag, str):
            continue  # a comment between elements
        name = etree.QName(child)
        if name.namespace != namespace or name.localname not in order:
            raise _unknown(node, child, namespace)
        local = name.localname
        index = f"[{len(found[local]) + 1}]" if local in many else ""
        here = Node(child, f"{node.path}/{local}{index}")
        if order[local] < last:
            raise here.refuse(C.LABEL_XML_ELEMENT_ORDER, "the element stands out of its order")
        if found[local] and local not in many:
            raise here.refuse(C.LABEL_XML_ELEMENT_REPEATED, f"{local} may stand once")
        last = order[local]
        found[local].append(here)
    for slot in slots:
        if slot.mandatory and not found[slot.name]:
            raise LabelXmlRefused(
                C.LABEL_XML_ELEMENT_MISSING,
                f"{node.path}/{slot.name}",
                node.line,
                f"{slot.name} is mandatory",
            )
    return found


def _unknown(node: Node, child: etree._Element, namespace: str) -> LabelXmlRefused:
    line, name = line_of(child), etree.QName(child)
    if name.namespace == namespace and name.localname in ("IntegerValue", "BitStringValue"):
        return LabelXmlRefused(
            C.LABEL_XML_VALUE_TYPE, f"{node.path}/{name.localname}", line, "only GenericValue is used"
        )
    if name.namespace != namespace:
        return LabelXmlRefused(
            C.LABEL_XML_EXTENSION_UNKNOWN, node.path, line, "an element of a namespace that is not read here"
        )
    return LabelXmlRefused(C.LABEL_XML_ELEMENT_UNKNOWN, node.path, line, "an element the standard lacks")


def _refuse_loose_text(node: Node) -> None:
    pieces = [node.element.text, *(child.tail for child in node.element)]
    if any(piece and piece.strip(" \t\r\n") for piece in pieces):
        raise node.refuse(C.LABEL_XML_TEXT_INVALID, "text where only elements belong")
