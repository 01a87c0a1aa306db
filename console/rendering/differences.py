"""What differs between two messages of a chain, field by field. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.rendering.naming import Words, field_label, language_tag
from console.rendering.places import shape_of
from console.rendering.reading import Reading, says_nothing
from console.rendering.schema import Schema, SchemaReader
from console.rendering.values import Value

_OWN_TO_EACH = frozenset({"message_id", "issued_at", "references", "originator", "kind"})
"""Members of the header that differ between any two messages, or cannot."""
MOST = 300
"""Differences shown; two messages may differ in thousands of codes."""
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not what it was. A side is None where the field did not stand there."""

    path: tuple[str, ...]
    pointer: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class _Step:
    """A place in both messages, and what describes it."""

    name: str
    path: tuple[str, ...]
    pointer: str
    schema: Schema


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], schema: Schema | None, words: Words
) -> tuple[Difference, ...]:
    """Every field of header, label and body that differs, in the order of the later message."""
    reader = SchemaReader(schema)
    reading = Reading(reader, words, _language(after))
    parts = {"body": reader.body(), "header": reader.header(), "label": reader.label()}
    found: list[Difference] = []
    for name, described in parts.items():
        old, new = _object(before, name), _object(after, name)
        if name == "header":
            old, new = _without(old, _OWN_TO_EACH), _without(new, _OWN_TO_EACH)
        for difference in _differing(old, new, _Step(name, (), f"/{name}", described), reading):
            found.append(difference)
            if len(found) == MOST:
                return tuple(found)
    return tuple(found)


def _differing(before: Any, after: Any, step: _Step, reading: Reading) -> Iterator[Difference]:
    if _same(before, after):
        return
    if _has_parts(before) and _has_parts(after):
        for name in dict.fromkeys((*after, *before)):
            yield from _differing(
                before.get(name, _MISSING),
                after.get(name, _MISSING),
                _into(step, str(name), reading),
                reading,
            )
    elif _is_list_of_things(before) and _is_list_of_things(after):
        for index in range(max(len(before), len(after))):
            yield from _differing(_at(before, index), _at(after, index), _item(step, index, reading), reading)
    else:
        yield Difference(step.path, step.pointer, _side(before, step, reading), _side(after, step, reading))


def _same(before: Any, after: Any) -> bool:
    if says_nothing(_or_none(before)) and says_nothing(_or_none(after)):
        return True
    if before is _MISSING or after is _MISSING:
        return False
    # As text: to Python true is 1, and to JSON it is not.
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def _side(value: Any, step: _Step, reading: Reading) -> Value | None:
    row = reading.row(step.name, _or_none(value), step.schema)
    return None if row is None else row.value


def _into(step: _Step, name: str, reading: Reading) -> _Step:
    schema = reading.schema.part(step.schema, name)
    pointer = f"{step.pointer}/{name.replace('~', '~0').replace('/', '~1')}"
    return _Step(name, (*step.path, field_label(name, schema, reading.words)), pointer, schema)


def _item(step: _Step, index: int, reading: Reading) -> _Step:
    path = (*step.path[:-1], f"{step.path[-1]} {index + 1}") if step.path else (str(index + 1),)
    return _Step(step.name, path, f"{step.pointer}/{index}", reading.schema.item(step.schema))


def _has_parts(value: Any) -> bool:
    return isinstance(value, Mapping) and shape_of(value) is None


def _is_list_of_things(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _at(values: Sequence[Any], index: int) -> Any:
    return values[index] if index < len(values) else _MISSING


def _or_none(value: Any) -> Any:
    return None if value is _MISSING else value


def _without(value: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    return {name: part for name, part in value.items() if name not in names}


def _object(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = message.get(name)
    return value if isinstance(value, Mapping) else {}


def _language(message: Mapping[str, Any]) -> str | None:
    return language_tag(_object(message, "header").get("language"))
