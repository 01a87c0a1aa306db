"""An element's children against the sequence of the XSD: counts are strict, order is not.

Unknown elements of the CAP namespace are refused, for they may change the meaning; elements of other
namespaces are extensions and ignored with a warning.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from schemas.interop.cap.outcome import CapRefusal, CapWarningCode, Warnings
from schemas.interop.xml.places import Slot, line_of
from schemas.reasons import ReasonCode

CAP_1_2 = "urn:oasis:names:tc:emergency:cap:1.2"
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True)
class Node:
    """An element with its path (for example ``/alert/info[2]/area[1]``) and line."""

    element: etree._Element
    path: str

    @property
    def line(self) -> int:
        """Line in the document, see ``line_of``."""
        return line_of(self.element)

    def refuse(self, code: ReasonCode, explanation: str) -> CapRefusal:
        """A refusal about this element."""
        return CapRefusal(code, self.path, self.line, explanation)


Children = dict[str, list[Node]]


def local_name(element: etree._Element) -> str:
    """Name without namespace."""
    return etree.QName(element).localname


def children(node: Node, namespace: str, slots: Sequence[Slot], warnings: Warnings) -> Children:
    """The element's children by name, each with its path; every slot is a key.

    Raises CapRefusal (CAP_ELEMENT_..., CAP_TEXT_INVALID for text between elements).
    """
    order = {slot.name: index for index, slot in enumerate(slots)}
    found: Children = {slot.name: [] for slot in slots}
    many = {slot.name for slot in slots if slot.many}
    last, in_order = 0, True
    _refuse_loose_text(node)
    for child in node.element:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child)
        if name.namespace != namespace:
            _ignore(node, child, warnings)
            continue
        local = name.localname
        if local not in order:
            raise CapRefusal(
                ReasonCode.CAP_ELEMENT_UNKNOWN, node.path, line_of(child), "an element the standard lacks"
            )
        index = f"[{len(found[local]) + 1}]" if local in many else ""
        found[local].append(Node(child, f"{node.path}/{local}{index}"))
        in_order = in_order and order[local] >= last
        last = order[local]
    for slot in slots:
        _check_count(node, slot, found[slot.name])
    if not in_order:
        warnings.add(
            CapWarningCode.ELEMENT_ORDER, node.path, node.line, "the elements are not in the order of the XSD"
        )
    return found


def _check_count(node: Node, slot: Slot, nodes: list[Node]) -> None:
    if slot.mandatory and not nodes:
        raise CapRefusal(
            ReasonCode.CAP_ELEMENT_MISSING, f"{node.path}/{slot.name}", node.line, f"{slot.name} is mandatory"
        )
    if len(nodes) > 1 and not slot.many:
        raise nodes[1].refuse(ReasonCode.CAP_ELEMENT_REPEATED, f"{slot.name} may stand once")


def _refuse_loose_text(node: Node) -> None:
    pieces = [node.element.text, *(child.tail for child in node.element)]
    if any(piece and piece.strip() for piece in pieces):
        raise node.refuse(ReasonCode.CAP_TEXT_INVALID, "text where only elements belong")


def _ignore(node: Node, child: etree._Element, warnings: Warnings) -> None:
    name = etree.QName(child)
    if name.namespace == XMLDSIG and name.localname == "Signature":
        warnings.add(
            CapWarningCode.SIGNATURE_NOT_VERIFIED,
            f"{node.path}/Signature",
            line_of(child),
            "the alert carries a digital signature, which was not verified",
        )
        return
    warnings.add(
        CapWarningCode.EXTENSION_IGNORED,
        node.path,
        line_of(child),
        "an element of another namespace was ignored",
    )


def is_signed(element: etree._Element) -> bool:
    """Whether an XML signature stands directly inside the element. It proves nothing: it is not verified."""
    return element.find(f"{{{XMLDSIG}}}Signature") is not None


def leaf_text(node: Node) -> str:
    """All text of an element without child elements, comments cut out, white space trimmed at the ends.

    Raises CapRefusal (CAP_ELEMENT_UNKNOWN).
    """
    pieces = [node.element.text or ""]
    for child in node.element:
        if isinstance(child.tag, str):
            raise CapRefusal(
                ReasonCode.CAP_ELEMENT_UNKNOWN, node.path, line_of(child), "an element inside text"
            )
        pieces.append(child.tail or "")
    return "".join(pieces).strip(" \t\r\n")
