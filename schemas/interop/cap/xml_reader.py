"""Hardened XML: no document type, no entities but the five, no network, no inclusion, bounded everything.

The document type is refused before the parser sees the document. The parser is told to load, resolve and
fetch nothing all the same, and what it built is checked again.
"""

import re

from lxml import etree

from schemas.interop.cap.elements import line_of
from schemas.interop.cap.encoding import decode
from schemas.interop.cap.outcome import CapRefusal, CapWarningCode, Warnings
from schemas.reasons import ReasonCode

MAX_BYTES = 4 * 1024 * 1024
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
            raise CapRefusal(
                ReasonCode.CAP_XML_DOCTYPE, "/", _line(text, position), "a document type declaration"
            )
        raise CapRefusal(
            ReasonCode.CAP_XML_MALFORMED, "/", _line(text, position), "not well-formed before the root"
        )


def read_xml(data: bytes, warnings: Warnings) -> etree._Element:
    """The root element of a well-formed, harmless document.

    Raises CapRefusal (CAP_TOO_LARGE, CAP_ENCODING, CAP_XML_...).
    """
    if len(data) > MAX_BYTES:
        raise CapRefusal(ReasonCode.CAP_TOO_LARGE, "/", 0, f"larger than {MAX_BYTES} bytes")
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
        raise CapRefusal(
            ReasonCode.CAP_XML_MALFORMED, "/", error.lineno or 0, "not well-formed XML"
        ) from None
    except ValueError:
        raise CapRefusal(ReasonCode.CAP_XML_MALFORMED, "/", 0, "not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise CapRefusal(ReasonCode.CAP_XML_DOCTYPE, "/", 1, "a document type declaration")
    _check_tree(root, warnings)
    return root


def _check_tree(root: etree._Element, warnings: Warnings) -> None:
    sibling = root.getprevious()
    while sibling is not None:
        _note_instruction(sibling, warnings)
        sibling = sibling.getprevious()
    count = 0
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        count += 1
        line = line_of(node)
        if depth > MAX_DEPTH:
            raise CapRefusal(ReasonCode.CAP_XML_TOO_DEEP, "/", line, f"nested deeper than {MAX_DEPTH}")
        if count > MAX_ELEMENTS:
            raise CapRefusal(ReasonCode.CAP_XML_TOO_MANY, "/", line, f"more than {MAX_ELEMENTS} nodes")
        if isinstance(node, etree._Entity):
            raise CapRefusal(ReasonCode.CAP_XML_FORBIDDEN, "/", line, "an entity reference")
        if isinstance(node.tag, str) and etree.QName(node).namespace == XINCLUDE:
            raise CapRefusal(ReasonCode.CAP_XML_FORBIDDEN, "/", line, "an XInclude element")
        _note_instruction(node, warnings)
        stack.extend((child, depth + 1) for child in node)


def _note_instruction(node: etree._Element, warnings: Warnings) -> None:
    if isinstance(node, etree._ProcessingInstruction):
        warnings.add(
            CapWarningCode.PROCESSING_INSTRUCTION_IGNORED,
            "/",
            line_of(node),
            "a processing instruction was ignored",
        )
