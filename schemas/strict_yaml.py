"""YAML for what people write by hand (realm plans, scenarios): read as strict JSON, faults named by line.

A subset: one document, no anchors, aliases or tags, no duplicate keys, string keys only, and no other
scalars than JSON's. A time stays text and is judged by the schema, like in JSON.
"""

import json
import re
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from schemas.strict_json import MAX_DEPTH, JsonRefused, json_pointer, parse_model

MAX_YAML_BYTES = 1024 * 1024

ModelT = TypeVar("ModelT", bound=BaseModel)


class YamlRefused(ValueError):
    """A file is not acceptable; ``faults`` lists (line counted from 1 or None, pointer, explanation)."""

    def __init__(self, faults: tuple[tuple[int | None, str, str], ...]) -> None:
        super().__init__("; ".join(_sentence(*fault) for fault in faults))
        self.faults = faults


_OPENING = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


class _Lines:
    """The line of every node by its JSON pointer."""

    def __init__(self) -> None:
        self.by_pointer: dict[str, int] = {}

    def nearest(self, pointer: str) -> int | None:
        """The line of the pointer, or of the nearest thing around it that exists."""
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

    Raises YamlRefused, one fault per offending place, each with its line where there is one.
    """
    if len(data) > MAX_YAML_BYTES:
        raise YamlRefused(((None, "", f"larger than {MAX_YAML_BYTES} bytes"),))
    lines = _Lines()
    value = _value(_compose(data), (), lines)
    try:
        encoded = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise YamlRefused(((None, "", "a value has no place in JSON"),)) from None
    try:
        return parse_model(model, encoded, 4 * MAX_YAML_BYTES)
    except JsonRefused as refused:
        faults = tuple(
            (lines.nearest(pointer), pointer, explanation) for pointer, _, explanation in refused.faults
        )
        raise YamlRefused(faults) from None


def _compose(data: bytes) -> yaml.Node:
    try:
        text = data.decode("utf-8")
        depth = 0
        for token in yaml.scan(text, Loader=_Loader):
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > MAX_DEPTH:
                # Stopped here already: further down the scanner takes quadratic time.
                raise YamlRefused(((token.start_mark.line + 1, "", f"nested deeper than {MAX_DEPTH}"),))
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                raise YamlRefused(
                    ((token.start_mark.line + 1, "", "anchors, aliases and tags are not accepted"),)
                )
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError:
        raise YamlRefused(((None, "", "not valid UTF-8"),)) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlRefused(((line, "", f"not YAML: {error.problem}"),)) from None
    except (yaml.YAMLError, RecursionError):
        raise YamlRefused(((None, "", "not YAML, or nested too deeply"),)) from None
    if node is None:
        raise YamlRefused(((None, "", "the file is empty"),))
    return node


def _value(node: yaml.Node, path: tuple[str | int, ...], lines: _Lines) -> Any:
    pointer = json_pointer(path)
    lines.by_pointer[pointer] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, at), lines) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        members: dict[str, Any] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:str":
                raise YamlRefused(((line, pointer, "a key is text (quote it when it looks like a number)"),))
            if key.value in members:
                raise YamlRefused(((line, pointer, f"the key {key.value} stands twice"),))
            members[key.value] = _value(item, (*path, key.value), lines)
            lines.by_pointer[json_pointer((*path, key.value))] = line
        return members
    return _scalar(node, pointer)


def _scalar(node: yaml.Node, pointer: str) -> Any:
    constructor = yaml.constructor.SafeConstructor()
    try:
        return constructor.construct_document(node)
    except (yaml.YAMLError, ValueError):
        raise YamlRefused(((node.start_mark.line + 1, pointer, "a value that cannot be read"),)) from None


def _sentence(line: int | None, pointer: str, explanation: str) -> str:
    where = f"line {line}: " if line is not None else ""
    return f"{where}{explanation}" + (f" (at {pointer})" if pointer else "")
