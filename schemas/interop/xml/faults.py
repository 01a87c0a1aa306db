"""Why a document is not read at all, whatever it is about."""

from enum import Enum, auto


class XmlFault(Enum):
    """What is wrong with a document as XML; each standard's reader has a code of its own for each."""

    TOO_LARGE = auto()
    ENCODING = auto()
    MALFORMED = auto()
    DOCTYPE = auto()
    FORBIDDEN = auto()
    TOO_DEEP = auto()
    TOO_MANY = auto()


class XmlRefused(Exception):
    """A document that is refused unread. ``line`` counts from 1; 0 where there is none."""

    def __init__(self, fault: XmlFault, line: int, explanation: str) -> None:
        super().__init__(f"{explanation} (line {line})")
        self.fault = fault
        self.line = line
        self.explanation = explanation
