"""YAML for what people write by hand (realm plans, scenarios): read as strict JSON, faults named by place.

A subset: one document, no anchors, aliases or tags, no duplicate keys, string keys only, and no other
scalars than JSON's. A time stays text and is judged by the schema, like in JSON.
"""

import json
import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from schemas.plain_words import excerpt, in_plain_words
from schemas.strict_json import MAX_DEPTH, JsonRefused, json_pointer, parse_model

MAX_YAML_BYTES = 1024 * 1024

ModelT = TypeVar("ModelT", bound=BaseModel)
Place = tuple[int, int]
"""Line and column, counted from 1."""


class YamlRefused(ValueError):
    """A file is not acceptable.

    ``faults`` lists (line or None, pointer, explanation, column or None); lines and columns count from 1.
    """

    def __init__(self, faults: tuple[tuple[Place | None, str, str], ...]) -> None:
        super().__init__("; ".join(_sentence(*fault) for fault in faults))
        self.faults = tuple(
            (place[0] if place else None, pointer, explanation, place[1] if place else None)
            for place, pointer, explanation in faults
        )


_OPENING = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


class _Places:
    """Where every node stands, by its JSON pointer."""

    def __init__(self) -> None:
        self.by_pointer: dict[str, Place] = {}

    def nearest(self, pointer: str) -> Place | None:
        """The place of the pointer, or of the nearest thing around it that exists."""
        while pointer and pointer not in self.by_pointer:
            pointer = pointer.rpartition("/")[0]
        return self.by_pointer.get(pointer)


class _Loader(yaml.SafeLoader):
    """The safe loader, with only JSON's scalars: in YAML 1.1 `no` would be false and `12:30` a number."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"(?:null|~|)\Z", ["n", "~", ""]),
    ("bool", r"(?:true|false)\Z", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]*)\Z", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][+-]?[0-9]+)?\Z", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern, re.ASCII), _first)


def parse_yaml(model: type[ModelT], data: bytes) -> ModelT:
    """Read one YAML document and validate it as ``model``.

    Raises YamlRefused, one fault per offending place, each with its place where there is one.
    """
    if len(data) > MAX_YAML_BYTES:
        raise YamlRefused(((None, "", f"larger than {MAX_YAML_BYTES} bytes"),))
    places = _Places()
    value = _value(_compose(data), (), places)
    try:
        encoded = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise YamlRefused(((None, "", "a value has no place in JSON"),)) from None
    try:
        return parse_model(model, encoded, 4 * MAX_YAML_BYTES)
    except JsonRefused as refused:
        found = in_plain_words(model, value, refused.faults)
        faults = tuple((places.nearest(pointer), pointer, sentence) for pointer, sentence in found)
        raise YamlRefused(faults) from None


def _compose(data: bytes) -> yaml.Node:
    try:
        text = data.decode("utf-8")
        depth = 0
        for token in yaml.scan(text, Loader=_Loader):
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > MAX_DEPTH:
                # Stopped here already: further down the scanner takes quadratic time.
                raise YamlRefused(((_at(token.start_mark), "", f"nested deeper than {MAX_DEPTH}"),))
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                raise YamlRefused(
                    ((_at(token.start_mark), "", "anchors, aliases and tags are not accepted"),)
                )
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError:
        raise YamlRefused(((None, "", "not valid UTF-8"),)) from None
    except yaml.MarkedYAMLError as error:
        place = _at(error.problem_mark) if error.problem_mark else None
        raise YamlRefused(((place, "", f"not YAML: {error.problem}"),)) from None
    except (yaml.YAMLError, RecursionError):
        raise YamlRefused(((None, "", "not YAML, or nested too deeply"),)) from None
    if node is None:
        raise YamlRefused(((None, "", "the file is empty"),))
    return node


def _value(node: yaml.Node, path: tuple[str | int, ...], places: _Places) -> Any:
    pointer = json_pointer(path)
    places.by_pointer[pointer] = _at(node.start_mark)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, at), places) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        members: dict[str, Any] = {}
        for key, item in node.value:
            place = _at(key.start_mark)
            if key.tag != "tag:yaml.org,2002:str":
                raise YamlRefused(((place, pointer, "a key is text (quote it when it looks like a number)"),))
            if key.value in members:
                raise YamlRefused(((place, pointer, f"the key {excerpt(key.value)} stands twice"),))
            members[key.value] = _value(item, (*path, key.value), places)
            places.by_pointer[json_pointer((*path, key.value))] = place
        return members
    return _scalar(node, pointer)


def _scalar(node: yaml.Node, pointer: str) -> Any:
    constructor = yaml.constructor.SafeConstructor()
    try:
        value = constructor.construct_document(node)
    except (yaml.YAMLError, ValueError):
        raise YamlRefused(((_at(node.start_mark), pointer, "a value that cannot be read"),)) from None
    if isinstance(value, float) and not isfinite(value):
        raise YamlRefused(((_at(node.start_mark), pointer, "a number that is too large"),))
    return value


def place_in(data: bytes, pointer: str) -> Place | None:
    """Where in a document that was read once what a JSON pointer names stands, or the nearest around it."""
    return places_in(data, (pointer,))[0]


def places_in(data: bytes, pointers: Iterable[str]) -> tuple[Place | None, ...]:
    """The same of several."""
    places = _Places()
    _value(_compose(data), (), places)
    return tuple(places.nearest(pointer) for pointer in pointers)


def _at(mark: yaml.Mark) -> Place:
    return mark.line + 1, mark.column + 1


def _sentence(place: Place | None, pointer: str, explanation: str) -> str:
    return f"{told(place)}{explanation}" + (f" (at {shown(pointer)})" if pointer else "")


def told(place: Place | None) -> str:
    """A place as a sentence on it begins; empty without one."""
    return f"line {place[0]}, column {place[1]}: " if place is not None else ""


def shown(pointer: str) -> str:
    """A pointer for people: a member's name that is long is cut."""
    return "/".join(excerpt(step) for step in pointer.split("/"))
