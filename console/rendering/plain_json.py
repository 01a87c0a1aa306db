"""A message as indented JSON that hides nothing: what cannot be seen, or reorders, is written ``\\u202e``.

It stays the same JSON value, so that what is copied from the page is the message.
"""

import json
from typing import Any

from console.visible import visible

_BEYOND = 0x10000


def plain_json(value: Any) -> str:
    """Indented JSON in which every character is visible."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(
        character if visible(character) == character else _escaped(character) for character in text
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if code < _BEYOND:
        return f"\\u{code:04x}"
    high, low = divmod(code - _BEYOND, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
