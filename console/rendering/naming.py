"""Names of fields and codes in the reader's language, else as schema or spelling have them. Pure."""

import re
from collections.abc import Callable
from typing import Any

from console.rendering.schema import Schema

Words = Callable[[str], str | None]
"""Looks a key of the ``kinds`` catalogue up in the reader's language; None where there is none."""

_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|_+|(?<=[A-Za-z])-(?=[A-Za-z])")
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_]")
_UNITS = {"m": "m", "km": "km", "bytes": "B", "seconds": "s", "minutes": "min", "hours": "h", "percent": "%"}
_LONGEST_NAME = 120


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


def language_tag(value: Any) -> str | None:
    """A BCP 47 tag as it may stand in mark-up; None for anything else."""
    return value if isinstance(value, str) and len(value) <= 35 and _LANGUAGE.match(value) else None


def no_words(_: str) -> str | None:
    """A catalogue without entries."""
    return None


def spelled_out(name: str) -> str:
    """A field's or code's own spelling as words: ``live_fire`` and ``liveFire`` as "Live fire"."""
    text = name[:_LONGEST_NAME]
    parts = [part for part in _BOUNDARY.split(text) if part]
    if not parts:
        return text
    words = [
        part if part.isupper() and "_" not in text and len(parts) == 1 else part.lower() for part in parts
    ]
    joined = " ".join(words)
    return joined[:1].upper() + joined[1:]


def key_of(*parts: str) -> str:
    """A key of the catalogue out of names that may hold anything."""
    return ".".join(_NOT_IN_KEYS.sub("_", part) for part in parts)


def field_label(name: str, schema: Schema, words: Words) -> str:
    """What a field is called: the catalogue's word, the schema's title, its own spelling."""
    found = words(key_of("field", name))
    if found is not None:
        return found
    title = schema.get("title")
    # A title that a program made of the name says no more than the name, and says it In Capitals.
    made = isinstance(title, str) and title.replace(" ", "_").lower() == name.lower()
    return title if isinstance(title, str) and title and not made else spelled_out(name)


def field_hint(schema: Schema) -> str | None:
    """What the schema says of a field."""
    said = schema.get("description")
    return said if isinstance(said, str) and said else None


def code_words(name: str, code: Any, words: Words) -> str:
    """What one word of a fixed list says, as a value of the field ``name``."""
    text = str(code)
    return words(key_of("code", name, text)) or words(key_of("code", text)) or spelled_out(text)


def unit_of(name: str) -> str | None:
    """The unit that a field's name ends with."""
    _, _, last = name.rpartition("_")
    return _UNITS.get(last) if last != name else None
