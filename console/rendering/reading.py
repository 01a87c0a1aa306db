"""One part of a message as a value that says what it is, by its schema, else by itself. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from console.rendering.naming import Words, code_words, field_hint, field_label, key_of, language_tag, unit_of
from console.rendering.places import is_number, position, shape_of
from console.rendering.schema import Schema, SchemaReader, fixed_words
from console.rendering.values import (
    Around,
    Coded,
    Group,
    Machine,
    Many,
    Moment,
    Nations,
    Prose,
    Quantity,
    Row,
    Table,
    Value,
    YesNo,
)

MOST_COLUMNS = 4
_DEEPEST = 12
_TIMES = frozenset({"date-time"})
_MACHINE = frozenset({"date", "time", "duration", "email", "uri", "uuid", "hostname", "ipv4", "ipv6"})
_NATION_PATTERNS = frozenset({"^[A-Z]{3}$", "^([A-Z]{3}|[A-Z][A-Z0-9-]{3,31})$"})
_TITLES = ("title", "designation", "name", "nation", "type", "description", "reference", "category")
"""Members that name a thing, the best first."""


class Reading:
    """Reads a message's parts, with one schema and one reader's words."""

    def __init__(self, schema: SchemaReader, words: Words, language: str | None) -> None:
        self.schema = schema
        self.words = words
        self.language = language

    def rows(
        self, value: Mapping[str, Any], schema: Schema, *, leaving_out: Collection[str | None] = ()
    ) -> tuple[Row, ...]:
        """Every member of an object that says something, in its order."""
        return self._rows(value, schema, leaving_out, depth=0)

    def row(self, name: str, value: Any, schema: Schema) -> Row | None:
        """One member, named; None where it says nothing."""
        return self._row(name, value, schema, self.language, depth=0)

    def _rows(
        self, value: Mapping[str, Any], schema: Schema, leaving_out: Collection[str | None], *, depth: int
    ) -> tuple[Row, ...]:
        language = _language_of(value) or self.language
        found = (
            self._row(str(name), part, self.schema.part(schema, str(name)), language, depth=depth)
            for name, part in value.items()
            if name not in leaving_out
        )
        return tuple(row for row in found if row is not None)

    def _row(self, name: str, value: Any, schema: Schema, language: str | None, *, depth: int) -> Row | None:
        if says_nothing(value):
            return None
        label = field_label(name, schema, self.words)
        # A field that the catalogue names needs no explaining out of a schema, which explains it to programs.
        hint = None if self.words(key_of("field", name)) else field_hint(schema)
        return Row(name, label, self._value(name, value, schema, language, depth), hint)

    def _value(self, name: str, value: Any, schema: Schema, language: str | None, depth: int) -> Value:
        schema = self.schema.resolved(schema, value)
        if isinstance(value, bool):
            return YesNo(value)
        if value in fixed_words(schema) and not isinstance(value, Mapping | list):
            return Coded(str(value), code_words(name, value, self.words))
        if is_number(value):
            return Quantity(value, unit_of(name))
        if isinstance(value, str):
            return _of_text(value, schema, language)
        if depth >= _DEEPEST or not isinstance(value, Mapping | list):
            return Machine(str(value))
        if isinstance(value, Mapping):
            return self._of_object(value, schema, depth)
        return self._of_list(name, value, self.schema.item(schema), language, depth)

    def _of_object(self, value: Mapping[str, Any], schema: Schema, depth: int) -> Value:
        shape = shape_of(value)
        if shape is not None:
            return shape
        around = self._around(value, schema, depth)
        if around is not None:
            return around
        title = next((name for name in _TITLES if _is_word(value.get(name))), None)
        # The language shows in the text's own mark-up.
        told = {title, "language"} if _language_of(value) else {title}
        rows = self._rows(value, schema, told, depth=depth + 1)
        if title is None:
            return Group(rows)
        part = self.schema.part(schema, title)
        language = _language_of(value) or self.language
        return Group(rows, self._value(title, value[title], part, language, depth + 1))

    def _around(self, value: Mapping[str, Any], schema: Schema, depth: int) -> Around | None:
        longitude, latitude = value.get("longitude"), value.get("latitude")
        if longitude is None or latitude is None or not is_number(longitude) or not is_number(latitude):
            return None
        radius = value.get("radius_m")
        known = ("longitude", "latitude", "radius_m") if is_number(radius) else ("longitude", "latitude")
        return Around(
            position(longitude, latitude),
            Quantity(radius, "m") if is_number(radius) and radius is not None else None,
            self._rows(value, schema, known, depth=depth + 1),
        )

    def _of_list(
        self, name: str, values: Sequence[Any], schema: Schema, language: str | None, depth: int
    ) -> Value:
        if schema.get("pattern") in _NATION_PATTERNS and all(isinstance(each, str) for each in values):
            return Nations(tuple(values))
        table = self._table(values, schema, depth)
        if table is not None:
            return table
        items = (
            self._value(name, each, schema, language, depth + 1) for each in values if not says_nothing(each)
        )
        return Many(tuple(items))

    def _table(self, values: Sequence[Any], schema: Schema, depth: int) -> Table | None:
        """Things that have the same few plain parts, as a table; None for anything else."""
        if not values or not all(isinstance(each, Mapping) and each for each in values):
            return None
        names = list(dict.fromkeys(name for each in values for name in each))
        plain = all(not isinstance(part, Mapping | list) for each in values for part in each.values())
        if not plain or not 2 <= len(names) <= MOST_COLUMNS or {"longitude", "latitude"} <= set(names):
            return None
        parts = {name: self.schema.part(self.schema.resolved(schema, values[0]), name) for name in names}
        return Table(
            tuple(field_label(name, parts[name], self.words) for name in names),
            tuple(
                tuple(
                    None
                    if says_nothing(each.get(name))
                    else self._value(
                        name, each[name], parts[name], _language_of(each) or self.language, depth + 1
                    )
                    for name in names
                )
                for each in values
            ),
        )


def says_nothing(value: Any) -> bool:
    """Whether a member is there without saying anything."""
    return value is None or value == "" or (isinstance(value, Mapping | list) and not value)


def moment(text: Any) -> datetime | None:
    """An RFC 3339 time; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _of_text(text: str, schema: Schema, language: str | None) -> Value:
    if schema.get("format") in _TIMES:
        at = moment(text)
        return Moment(at) if at is not None else Prose(text, language)
    if schema.get("pattern") in _NATION_PATTERNS:
        return Nations((text,))
    if schema.get("format") in _MACHINE or ("pattern" in schema and len(text) <= 200):
        return Machine(text)
    return Prose(text, language)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _language_of(value: Mapping[str, Any]) -> str | None:
    return language_tag(value.get("language"))
