"""Partners' words made safe to look at: what would hide, reorder or break text is shown by its number."""

import unicodedata

_BREAKS = {"\n", "\t"}

_HIDING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of controls, format characters, halves of pairs, private and unassigned ones, and separators."""

_LOOKS_EMPTY = {
    "\u034f",  # combining grapheme joiner
    "\u115f",
    "\u1160",
    "\u17b4",
    "\u17b5",
    "\u2800",  # braille blank
    "\u3164",
    "\uffa0",
}


def visible(text: object) -> str:
    """``text`` with every control, zero-width and direction-changing character as ``⟦U+202E⟧``."""
    given = str(text)
    if _is_printable(given):
        return given
    return "".join(_shown(character) for character in given)


def one_line(text: object) -> str:
    """As ``visible``, with line breaks and tabs shown, too: for cells, titles and lists."""
    given = str(text)
    if _is_printable(given):
        return given
    return "".join(_marked(character) if character in _BREAKS else _shown(character) for character in given)


def _is_printable(text: str) -> bool:
    """Whether nothing in it needs looking at, character by character: so it is with nearly all of it."""
    return text.isascii() and text.isprintable()


def _shown(character: str) -> str:
    if character in _BREAKS:
        return character
    if character in _LOOKS_EMPTY or _variation(character):
        return _marked(character)
    category = unicodedata.category(character)
    return _marked(character) if category in _HIDING else character


def _variation(character: str) -> bool:
    """Selectors beyond those of emoji: a row of them carries hidden text."""
    return "\ufe00" <= character <= "\ufe0e" or "\U000e0100" <= character <= "\U000e01ef"


def _marked(character: str) -> str:
    return f"⟦U+{ord(character):04X}⟧"
