"""A JSON Schema (2020-12) as fields. What is not understood is asked for as JSON."""

import re
from collections.abc import Mapping
from typing import Any

from console.forms.field import Field, Shape

MAX_NESTING = 10
"""How deep objects may stand in each other before they are asked as JSON."""

LONG_TEXT = 250
"""From how many characters on a text gets several lines."""

SHAPES = ("Point", "LineString", "Polygon", "MultiPolygon")
"""GeoJSON geometries that can be entered (RFC 7946 section 3.1)."""

_NATION = re.compile(r"^\^?\[A-Z\]\{3\}\$?$")
_AUDIENCE = re.compile(r"^\^?\(\[A-Z\]\{3\}\|\[A-Z\]\[A-Z0-9-\]\{\d+,\d+\}\)\$?$")
_ALTERNATIVES = re.compile(r"^\^\((\w+(?:\|\w+)+)\)\$$")

Schema = Mapping[str, Any]


def form_of(schema: Schema) -> Field:
    """The whole schema as one field, an object."""
    return _Reader(schema).field("", schema, required=True)


class _Reader:
    """Reads one document, following its references."""

    def __init__(self, document: Schema) -> None:
        self._definitions: Mapping[str, Any] = document.get("$defs") or document.get("definitions") or {}

    def field(self, name: str, schema: Any, *, required: bool, within: tuple[str, ...] = ()) -> Field:
        """One schema as a field; ``within`` are the definitions that it stands in."""
        if not isinstance(schema, Mapping) or len(within) > MAX_NESTING:
            return Field(name, Shape.JSON, required)
        merged, type_name = self._resolve(schema)
        if type_name and type_name in within:
            return _described(Field(name, Shape.JSON, required), merged, type_name)
        inside = (*within, type_name or f"({name})")
        for _ in range(2):
            merged, deeper = self._resolve(_without_null(merged))
            type_name = type_name or deeper
        found = self._shaped(name, merged, required, inside)
        return _described(found, merged, type_name)

    def _resolve(self, schema: Schema) -> tuple[dict[str, Any], str]:
        """The schema with references followed and ``allOf`` taken together."""
        merged: dict[str, Any] = dict(schema)
        type_name = ""
        for _ in range(MAX_NESTING):
            reference = merged.pop("$ref", None)
            if reference is None:
                break
            type_name = str(reference).rpartition("/")[2]
            merged = {**self._definitions.get(type_name, {}), **merged}
        for part in merged.pop("allOf", ()):
            if not isinstance(part, Mapping):
                continue
            resolved, part_name = self._resolve(part)
            type_name = type_name or part_name
            if {"if", "then", "else", "not"} & part.keys():
                continue  # rules between fields: whoever takes the draft judges them
            merged = _together(merged, resolved)
        return merged, type_name

    def _shaped(self, name: str, schema: dict[str, Any], required: bool, within: tuple[str, ...]) -> Field:
        variants = schema.get("oneOf") or schema.get("anyOf")
        if "const" in schema:
            return Field(name, Shape.CONSTANT, required, constant=schema["const"])
        if isinstance(schema.get("enum"), list):
            options = tuple(str(each) for each in schema["enum"] if isinstance(each, str))
            whole = len(options) == len([each for each in schema["enum"] if each is not None])
            return Field(name, Shape.CHOICE if whole and options else Shape.JSON, required, options=options)
        if isinstance(variants, list) and variants:
            return self._union(name, variants, required, within)
        match schema.get("type"):
            case "string":
                return _text(name, schema, required)
            case "integer" | "number" as kind:
                return _number(name, schema, required, Shape.INTEGER if kind == "integer" else Shape.NUMBER)
            case "boolean":
                asked = required and "default" not in schema
                return Field(name, Shape.YES_NO if asked else Shape.CHECK, required)
            case "array":
                return self._list(name, schema, required, within)
            case "object":
                return self._object(name, schema, required, within)
        if isinstance(schema.get("properties"), Mapping):
            return self._object(name, schema, required, within)
        return Field(name, Shape.JSON, required)

    def _object(self, name: str, schema: dict[str, Any], required: bool, within: tuple[str, ...]) -> Field:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or not properties:
            return Field(name, Shape.JSON, required)
        shape = _geometry_type(properties)
        if shape is not None:
            return Field(name, Shape.GEOMETRY, required, options=(shape,))
        if set(properties) == {"policy", "classification"}:
            return Field(name, Shape.LEVEL, required)
        needed = schema.get("required") or ()
        members = tuple(
            self.field(str(key), each, required=key in needed, within=within)
            for key, each in properties.items()
        )
        return Field(name, Shape.OBJECT, required, members=members)

    def _list(self, name: str, schema: dict[str, Any], required: bool, within: tuple[str, ...]) -> Field:
        if "items" not in schema or schema["items"] is False or "prefixItems" in schema:
            return Field(name, Shape.JSON, required)
        item = self.field("", schema["items"], required=True, within=within)
        shape = Shape.LIST
        if item.shape is Shape.CHOICE:
            shape = Shape.CHOICES
        elif item.shape is Shape.NATION:
            shape = Shape.NATIONS
        elif item.shape is Shape.LINE:
            audience = item.pattern is not None and _AUDIENCE.match(item.pattern)
            shape = Shape.AUDIENCE if audience else Shape.LINES
        elif item.shape is Shape.JSON:
            return Field(name, Shape.JSON, required)
        fewest, most = schema.get("minItems"), schema.get("maxItems")
        return Field(
            *(name, shape, required),
            item=item,
            options=item.options if shape is Shape.CHOICES else (),
            fewest=fewest if isinstance(fewest, int) else 0,
            most=most if isinstance(most, int) else None,
        )

    def _union(self, name: str, variants: list[Any], required: bool, within: tuple[str, ...]) -> Field:
        found = [self.field("", each, required=True, within=within) for each in variants]
        if all(each.shape is Shape.GEOMETRY for each in found):
            return Field(name, Shape.GEOMETRY, required, options=tuple(o for f in found for o in f.options))
        wide = [each for each in found if not (each.shape is Shape.CONSTANT and each.constant in ("", None))]
        if len(wide) == 1:  # a text that may be empty
            only = wide[0]
            return Field(**{**only.__dict__, "name": name, "required": required})
        named = tuple(
            Field(**{**each.__dict__, "name": _variant_name(each, place)}) for place, each in enumerate(wide)
        )
        if len({each.name for each in named}) != len(named):
            return Field(name, Shape.JSON, required)
        return Field(name, Shape.UNION, required, members=named)


def _described(found: Field, schema: Mapping[str, Any], type_name: str) -> Field:
    title, description, default = schema.get("title"), schema.get("description"), schema.get("default")
    return Field(
        **{
            **found.__dict__,
            "title": title if isinstance(title, str) else found.title,
            "description": description if isinstance(description, str) else found.description,
            "default": found.default if default is None else default,
            "type_name": type_name or found.type_name,
        }
    )


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """An optional value is written as a choice with null: here it is the value alone."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        rest = [each for each in kinds if each != "null"]
        schema = {**schema, "type": rest[0]} if len(rest) == 1 else schema
    for word in ("anyOf", "oneOf"):
        variants = schema.get(word)
        if not isinstance(variants, list):
            continue
        rest = [each for each in variants if not (isinstance(each, Mapping) and _says_nothing(each))]
        outer = {key: value for key, value in schema.items() if key != word}
        if len(rest) == 1 and isinstance(rest[0], Mapping):
            return _without_null({**rest[0], **outer})
        schema = {**outer, word: rest}
    return schema


def _together(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**one, **{key: value for key, value in other.items() if key not in one}}
    if isinstance(one.get("properties"), Mapping) and isinstance(other.get("properties"), Mapping):
        merged["properties"] = {
            **one["properties"],
            **{key: value for key, value in other["properties"].items() if key not in one["properties"]},
        }
    if "required" in one or "required" in other:
        merged["required"] = [*one.get("required", ()), *other.get("required", ())]
    return merged


def _says_nothing(variant: Mapping[str, Any]) -> bool:
    return variant.get("type") == "null" or ("const" in variant and variant["const"] is None)


def _text(name: str, schema: Mapping[str, Any], required: bool) -> Field:
    pattern = schema.get("pattern")
    pattern = pattern if isinstance(pattern, str) else None
    if schema.get("format") == "date-time":
        return Field(name, Shape.MOMENT, required)
    if pattern is not None and _NATION.match(pattern):
        return Field(name, Shape.NATION, required, pattern=pattern)
    listed = None if pattern is None else _ALTERNATIVES.match(pattern)
    if listed is not None:
        return Field(name, Shape.CHOICE, required, options=tuple(listed[1].split("|")))
    longest = schema.get("maxLength")
    longest = longest if isinstance(longest, int) else None
    several = pattern is None and longest is not None and longest > LONG_TEXT
    shape = Shape.PARAGRAPH if several else Shape.LINE
    return Field(name, shape, required, longest=longest, pattern=pattern)


def _number(name: str, schema: Mapping[str, Any], required: bool, shape: Shape) -> Field:
    bounds = [schema.get("minimum"), schema.get("maximum")]
    lowest, highest = (each if isinstance(each, (int, float)) else None for each in bounds)
    return Field(name, shape, required, lowest=lowest, highest=highest)


def _geometry_type(properties: Mapping[str, Any]) -> str | None:
    if set(properties) - {"bbox"} != {"type", "coordinates"}:
        return None
    kind = properties["type"]
    constant = kind.get("const") if isinstance(kind, Mapping) else None
    if constant is None and isinstance(kind, Mapping) and len(kind.get("enum") or ()) == 1:
        constant = kind["enum"][0]
    return constant if constant in SHAPES else None


def _variant_name(variant: Field, place: int) -> str:
    for member in variant.members:
        if member.shape is Shape.CONSTANT and isinstance(member.constant, str):
            return member.constant
    return variant.type_name or variant.title or f"{variant.shape}-{place + 1}"
