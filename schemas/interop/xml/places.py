"""Places in an XML document: lines for whoever must mend it, and sequences as an XSD lays them down."""

from dataclasses import dataclass

from lxml import etree


def line_of(element: etree._Element) -> int:
    """The element's line, counted from 1; 0 where the parser does not say. It stops counting at 65535."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


@dataclass(frozen=True)
class Slot:
    """One place in an XSD sequence: an element name and how often it may stand."""

    name: str
    mandatory: bool = False
    many: bool = False
