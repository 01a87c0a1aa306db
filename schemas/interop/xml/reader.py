"""Hardened XML: no document type, no entities but the five, no network, no inclusion, bounded everything.

The document type is refused before the parser sees the document. The parser is told to load, resolve and
fetch nothing all the same, and what it built is checked again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from schemas.interop.xml.encoding import decode
from schemas.interop.xml.faults import XmlFault, XmlRefused
from schemas.interop.xml.places import line_of

MAX_DEPTH = 32
MAX_ELEMENTS = 50_000

XINCLUDE = "http://www.w3.org/2001/XInclude"

_PROLOG_ITEM = re.compile(r"[ \t\r\n]+|<!--.*?-->|<\?.*?\?>", re.DOTALL)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _check_prolog(text: str) -> None:
    position = 0
    while item := _PROLOG_ITEM.match(text, position):
        position = item.end()
    if text.startswith("<!", position):
        if text[position : position + 9].upper() == "<!DOCTYPE":
            raise XmlRefused(XmlFault.DOCTYPE, _line(text, position), "a document type declaration")
        raise XmlRefused(XmlFault.MALFORMED, _line(text, position), "not well-formed before the root")


@dataclass(frozen=True)
class HarmlessXml:
    """The root of a document that was read, and the line of every processing instruction in it."""

    root: etree._Element
    instructions: tuple[int, ...]


def read_xml(data: bytes, max_bytes: int) -> HarmlessXml:
    """Read a well-formed, harmless document of at most ``max_bytes``. Raises XmlRefused."""
    if len(data) > max_bytes:
        raise XmlRefused(XmlFault.TOO_LARGE, 0, f"larger than {max_bytes} bytes")
    text = decode(data)
    _check_prolog(text)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise XmlRefused(XmlFault.MALFORMED, error.lineno or 0, "not well-formed XML") from None
    except ValueError:
        raise XmlRefused(XmlFault.MALFORMED, 0, "not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlRefused(XmlFault.DOCTYPE, 1, "a document type declaration")
    return HarmlessXml(root, tuple(_check_tree(root)))


def _check_tree(root: etree._Element) -> Iterator[int]:
    """The lines of processing instructions, before the root and inside it. Raises XmlRefused."""
    sibling = root.getprevious()
    while sibling is not None:
        if isinstance(sibling, etree._ProcessingInstruction):
            yield line_of(sibling)
        sibling = sibling.getprevious()
    count = 0
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        count += 1
        line = line_of(node)
        if depth > MAX_DEPTH:
            raise XmlRefused(XmlFault.TOO_DEEP, line, f"nested deeper than {MAX_DEPTH}")
        if count > MAX_ELEMENTS:
            raise XmlRefused(XmlFault.TOO_MANY, line, f"more than {MAX_ELEMENTS} nodes")
        if isinstance(node, etree._Entity):
            raise XmlRefused(XmlFault.FORBIDDEN, line, "an entity reference")
        if isinstance(node.tag, str) and etree.QName(node).namespace == XINCLUDE:
            raise XmlRefused(XmlFault.FORBIDDEN, line, "an XInclude element")
        if isinstance(node, etree._ProcessingInstruction):
            yield line
        stack.extend((child, depth + 1) for child in node)
