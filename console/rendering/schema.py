"""Reading a JSON Schema as far as rendering needs it: references, what may be absent, what is fixed. Pure.

A schema comes from our own gateway, yet nothing here trusts it: what it does not say, or says wrongly, only
makes the rendering plainer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
_MOST_STEPS = 16
_NOTHING: Schema = {}


class SchemaReader:
    """One kind's schema: finds what describes a part of a message."""

    def __init__(self, root: Schema | None) -> None:
        self._root = root if isinstance(root, Mapping) else _NOTHING

    def body(self) -> Schema:
        """What describes a message's body."""
        return self.part(self.resolved(self._root), "body")

    def header(self) -> Schema:
        """What describes a message's header."""
        return self.part(self.resolved(self._root), "header")

    def label(self) -> Schema:
        """What describes a message's label."""
        return self.part(self.resolved(self._root), "label")

    def part(self, schema: Schema, name: str) -> Schema:
        """What describes one member of an object."""
        properties = schema.get("properties")
        found = properties.get(name) if isinstance(properties, Mapping) else None
        return self.resolved(found) if isinstance(found, Mapping) else _NOTHING

    def item(self, schema: Schema) -> Schema:
        """What describes each item of a list."""
        items = schema.get("items")
        return self.resolved(items) if isinstance(items, Mapping) else _NOTHING

    def resolved(self, schema: Any, value: Any = None) -> Schema:
        """The schema itself behind references and choices, with what was said beside them."""
        said: dict[str, Any] = {}
        for _ in range(_MOST_STEPS):
            if not isinstance(schema, Mapping):
                return said
            # What stands nearer to the member wins over what stands behind the reference.
            said = {**schema, **said}
            following = self._behind(schema, value)
            if following is None:
                return said
            named = str(schema.get("$ref", "")).rpartition("/")[2]
            # The name of a definition is a program's word, no title.
            schema = {key: part for key, part in following.items() if key != "title" or part != named}
        return said

    def _behind(self, schema: Schema, value: Any) -> Schema | None:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._definition(reference)
        for choice in ("anyOf", "oneOf", "allOf"):
            options = schema.get(choice)
            if isinstance(options, Sequence) and not isinstance(options, str):
                return self._chosen(options, value)
        return None

    def _chosen(self, options: Sequence[Any], value: Any) -> Schema | None:
        possible = [each for each in options if isinstance(each, Mapping) and each.get("type") != "null"]
        if len(possible) > 1 and value is not None:
            fitting = [each for each in possible if self._fits(self.resolved(each), value)]
            possible = fitting or possible
        return possible[0] if possible else None

    @staticmethod
    def _fits(schema: Schema, value: Any) -> bool:
        if isinstance(value, Mapping):
            properties = schema.get("properties")
            if not isinstance(properties, Mapping) or not set(value) <= set(properties):
                return False
            fixed = {
                name: part["const"]
                for name, part in properties.items()
                if isinstance(part, Mapping) and "const" in part
            }
            return all(value.get(name) == const for name, const in fixed.items())
        if "enum" in schema:
            return value in schema["enum"]
        if "const" in schema:
            return bool(value == schema["const"])
        named: dict[str, type | tuple[type, ...]] = {
            "string": str,
            "boolean": bool,
            "array": list,
            "integer": int,
            "number": (int, float),
        }
        expected = named.get(str(schema.get("type")))
        return expected is not None and isinstance(value, expected)

    def _definition(self, reference: str) -> Schema | None:
        if not reference.startswith("#/"):
            return None
        found: Any = self._root
        for step in reference[2:].split("/"):
            found = (
                found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
            )
        return found if isinstance(found, Mapping) else None


def fixed_words(schema: Schema) -> tuple[Any, ...]:
    """The words that a value is one of; empty where it may be anything."""
    words = schema.get("enum")
    if isinstance(words, Sequence) and not isinstance(words, str):
        return tuple(words)
    return (schema["const"],) if "const" in schema else ()
