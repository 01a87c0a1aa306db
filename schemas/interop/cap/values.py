"""Values of CAP elements: text, vocabulary, times, languages, references (CAP 1.2 section 3.2, 3.3)."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from schemas.alert_source import SourceReference
from schemas.interop.cap.elements import Node, leaf_text
from schemas.interop.cap.outcome import CapRefusal, CapWarningCode, Warnings
from schemas.reasons import ReasonCode

VocabularyT = TypeVar("VocabularyT", bound=StrEnum)

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-](?:0\d|1[0-4]):[0-5]\d\Z", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_ID = re.compile(r"[^\s,<&]{1,500}\Z")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LIST_ITEM = re.compile(r'"([^"]*)"|(\S+)')
_URI = re.compile(r"[^\s<>\x00-\x20]{1,2000}\Z")


def text_of(node: Node, max_length: int, warnings: Warnings, *, one_line: bool = False) -> str | None:
    """The element's text, or None where it is empty.

    Line and paragraph separators become line ends and bidirectional overrides are removed with a warning;
    ``one_line`` makes every run of white space one space.

    Raises CapRefusal (CAP_TEXT_INVALID).
    """
    text = leaf_text(node).replace("\u2028", "\n").replace("\u2029", "\n")
    if _BIDI.search(text):
        warnings.add(
            CapWarningCode.TEXT_CLEANED,
            node.path,
            node.line,
            "characters that override the direction of text were removed",
        )
        text = _BIDI.sub("", text)
    if _CONTROL.search(text):
        raise node.refuse(ReasonCode.CAP_TEXT_INVALID, "the text holds control characters")
    if one_line:
        text = " ".join(text.split())
    if len(text) > max_length:
        raise node.refuse(ReasonCode.CAP_TEXT_INVALID, f"the text is longer than {max_length} characters")
    return text or None


def mandatory_text(node: Node, max_length: int, warnings: Warnings, *, one_line: bool = False) -> str:
    """Like ``text_of``, where an empty element is as good as none.

    Raises CapRefusal (CAP_ELEMENT_MISSING, CAP_TEXT_INVALID).
    """
    text = text_of(node, max_length, warnings, one_line=one_line)
    if text is None:
        raise node.refuse(ReasonCode.CAP_ELEMENT_MISSING, "a mandatory element is empty")
    return text


def vocabulary(node: Node, words: type[VocabularyT]) -> VocabularyT:
    """The element's value, which must be one of ``words`` exactly.

    Raises CapRefusal (CAP_VALUE_INVALID).
    """
    try:
        return words(leaf_text(node))
    except ValueError:
        raise node.refuse(ReasonCode.CAP_VALUE_INVALID, f"one of {', '.join(words)} is expected") from None


def parse_time(text: str) -> datetime | None:
    """A CAP time in UTC, or None where the text is none: no ``Z``, no fractions, no leap second."""
    if not _TIME.match(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def time_of(node: Node) -> datetime:
    """The element's time in UTC.

    Raises CapRefusal (CAP_TIME_INVALID).
    """
    time = parse_time(leaf_text(node))
    if time is None:
        raise node.refuse(ReasonCode.CAP_TIME_INVALID, "YYYY-MM-DDThh:mm:ss(+|-)hh:mm is expected")
    return time


def language_of(node: Node) -> str:
    """The element's BCP 47 tag in the customary case (section 2.1.1 of RFC 5646): ``zh-mo`` is ``zh-MO``.

    Raises CapRefusal (CAP_LANGUAGE_INVALID).
    """
    tag = leaf_text(node)
    if len(tag) > 35 or not _LANGUAGE.match(tag):
        raise node.refuse(ReasonCode.CAP_LANGUAGE_INVALID, "a BCP 47 language tag is expected")
    first, *rest = tag.split("-")
    cased = (sub.upper() if len(sub) == 2 else sub.title() if len(sub) == 4 else sub.lower() for sub in rest)
    return "-".join((first.lower(), *cased))


def id_of(node: Node) -> str:
    """``identifier`` or ``sender``: no white space, comma, less-than sign or ampersand.

    Raises CapRefusal (CAP_ELEMENT_MISSING, CAP_VALUE_INVALID).
    """
    text = leaf_text(node)
    if not text:
        raise node.refuse(ReasonCode.CAP_ELEMENT_MISSING, "a mandatory element is empty")
    if not _ID.match(text) or _CONTROL.search(text):
        raise node.refuse(ReasonCode.CAP_VALUE_INVALID, "white space, comma, < and & are not allowed here")
    return text


def uri_of(node: Node) -> str | None:
    """An absolute or relative reference, never fetched; None where the element is empty.

    Raises CapRefusal (CAP_VALUE_INVALID).
    """
    text = leaf_text(node)
    if text and not _URI.match(text):
        raise node.refuse(ReasonCode.CAP_VALUE_INVALID, "a URI is expected")
    return text or None


def list_of(node: Node, warnings: Warnings) -> tuple[str, ...]:
    """``addresses`` and ``incidents``: parted by spaces, an item with spaces in double quotes.

    Raises CapRefusal (CAP_TEXT_INVALID).
    """
    text = text_of(node, 20_000, warnings) or ""
    items = tuple(quoted or bare for quoted, bare in _LIST_ITEM.findall(text))
    if len(items) > 100 or any(len(item) > 2000 for item in items):
        raise node.refuse(ReasonCode.CAP_TEXT_INVALID, "the list is too long")
    return tuple(item for item in items if item)


def references_of(node: Node) -> tuple[SourceReference, ...]:
    """``references``: ``sender,identifier,sent`` triples parted by white space, each once.

    Raises CapRefusal (CAP_REFERENCE_INVALID).
    """
    found: dict[SourceReference, None] = {}
    triples = leaf_text(node).split()
    if len(triples) > 200:
        raise node.refuse(ReasonCode.CAP_REFERENCE_INVALID, "more than 200 references")
    for triple in triples:
        parts = triple.split(",")
        sent = parse_time(parts[2]) if len(parts) == 3 else None
        if sent is None or not _ID.match(parts[0]) or not _ID.match(parts[1]):
            raise _bad_reference(node)
        found[SourceReference(sender=parts[0], identifier=parts[1], sent=sent)] = None
    return tuple(found)


def _bad_reference(node: Node) -> CapRefusal:
    return node.refuse(ReasonCode.CAP_REFERENCE_INVALID, "sender,identifier,sent is expected")
