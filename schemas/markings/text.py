"""Words inside a marking: whatever could be taken for another part of it, or for nothing, is escaped.

Escapes have the form ``\\u{202E}``. A backslash is itself escaped, so that two texts never render alike.
"""

import re
import unicodedata
from collections.abc import Collection

_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_RIGHT_TO_LEFT = ("R", "AL", "AN")

_ASCII_PUNCTUATION = frozenset(" -.'+&#*_;!?=<>@$%[]{}|~^`")
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks (by their category) that are drawn as nothing."""

_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:[ -][A-Z0-9]+)*")
_OWN_WORDS = frozenset(
    (
        *(
            "REL",
            "TO",
            "NOFORN",
            "NF",
            "ORCON",
            "OC",
            "DISPLAY",
            "ONLY",
            "NATIONAL",
            "ORIGINATOR",
            "CONTROLLED",
        ),
        *("RELEASABLE", "RELIDO", "EYES", "U", "R", "C", "S", "TS", "NU", "NR", "NC", "NS", "CTS"),
        *("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP", "COSMIC", "JOINT", "NATO"),
    )
)
"""Words that markings are made of: a category that has one of them stands in quotes."""


def plain(text: str, *, also: str = "") -> str:
    """The text, readable where it is harmless: letters, digits, single inner spaces, ``/`` between letters.

    ``also`` names further characters that may stand here. Text that runs from right to left is isolated, so
    that it can't turn round what stands beside it.
    """
    made = "".join(
        character if _stands(text, at, also) else f"\\u{{{ord(character):X}}}"
        for at, character in enumerate(text)
    )
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in made):
        return made.join(_ISOLATE)
    return made


def _stands(text: str, at: int, also: str) -> bool:
    character = text[at]
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if character == " ":
        return bool(before and after) and before != " "
    if character == "/":
        return before.isalnum() and after.isalnum()
    if character in _ASCII_PUNCTUATION or character in also:
        return True
    category = unicodedata.category(character)
    if _INVISIBLE.match(character) or category[0] not in "LMN":
        return False
    return bool(before) or category[0] != "M"


def category_name(value: str) -> str:
    """A restrictive category: as it is where it is plainly one, else in quotes."""
    if _NAME.fullmatch(value) and _OWN_WORDS.isdisjoint(re.split("[ -]", value)):
        return value
    return f'"{plain(value)}"'


def category_names(values: Collection[str]) -> str:
    """All restrictive categories; their order has no meaning, so it is always the same."""
    return "/".join(sorted(map(category_name, values)))


def codes(names: Collection[str], *, usa_first: bool = False) -> str:
    """Nations A to Z, then communities A to Z; ``usa_first`` is the register's order (IC-ISM). Never cut."""
    ordered = sorted(names, key=lambda name: (usa_first and name != "USA", len(name) > 3, name))
    return ", ".join(ordered)
