"""The schemas of the OpenAPI document, as a program that reads it should find them.

What pydantic derives from our models is true and says too little for a generated client: members that are
always there look optional, members that are left out look as if they might be null, exact bytes have no type,
and every member has a title that repeats its name.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.audit import AuditRecord
from schemas.header import Kind
from schemas.message import DRAFT_MODELS, MESSAGE_MODELS

Json = dict[str, Any]

PREFIX = "#/components/schemas/"
DRAFT: Json = {"$ref": f"{PREFIX}Draft"}
_EXACT = {"message": f"{PREFIX}Message", "record": f"{PREFIX}AuditRecord"}
"""Members that are put into answers as exact bytes, by name, and what those are."""
_TELLING = {
    "Awaited": "DeadlineAwaited",
    "Disabled": "WebhookDisabledBecause",
    "Event": "FeedEvent",
    "Batch": "TrafficBatch",
    "Heartbeat": "TrafficHeartbeat",
    "Gets": "ChangeForNation",
    "Standing": "AgreementPartyStanding",
}
"""Names that say enough beside their module, and too little in a generated client."""
_GENERIC = re.compile(rf"({re.escape(PREFIX)})?([A-Za-z]+)_([A-Za-z]+)_")


def complete(answers: Json, request_models: Iterable[type[BaseModel]]) -> Json:
    """All schemas by name: those of ``answers`` (what FastAPI derived), of requests, drafts and messages."""
    named = {name: schema for name, schema in answers.items() if not name.endswith("ValidationError")}
    statements: list[type[BaseModel]] = [*request_models, AuditRecord]
    statements += [*DRAFT_MODELS.values(), *MESSAGE_MODELS.values()]
    references, defined = models_json_schema(
        [(model, "validation") for model in statements], ref_template=PREFIX + "{model}"
    )
    others: Json = defined["$defs"]
    asked = set(_reached([references[(model, "validation")] for model in statements], others))
    for name, schema in named.items():
        _without_null(schema)
        if name not in asked:
            _always_there(schema)
        _exact_members(schema)
    named |= {name: schema for name, schema in others.items() if name not in named}
    for form, models in (("Draft", DRAFT_MODELS), ("Message", MESSAGE_MODELS)):
        members = {kind: references[(model, "validation")] for kind, model in models.items()}
        for kind, reference in members.items():
            _of_kind(named[_name(reference)], kind)
        named[form] = {
            "description": f"A {form.lower()}: header, label, and the body that goes with the header's kind.",
            "oneOf": list(members.values()),
        }
    return {_plain_name(name): _renamed(_untitled(schema)) for name, schema in sorted(named.items())}


def plain_parameters(operation: Json) -> None:
    """Take out of an operation's parameters the repeated names, and null, which no address can say."""
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _untitled(_not_null(parameter["schema"]))


def _without_null(schema: Json) -> None:
    """An answer leaves out what is not there: no member of it is ever null."""
    for name, member in schema.get("properties", {}).items():
        schema["properties"][name] = _not_null(member)


def _not_null(schema: Json) -> Json:
    """What a schema allows besides null."""
    if schema.get("default", ...) is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    return {**choices[0], **{key: value for key, value in schema.items() if key != "anyOf"}}


def _always_there(schema: Json) -> None:
    """A member with a default is optional in what we read; in what we write it always stands."""
    for name, member in schema.get("properties", {}).items():
        if "default" in member:
            del member["default"]
            schema["required"] = [*schema.get("required", ()), name]


def _exact_members(schema: Json) -> None:
    for name, reference in _EXACT.items():
        member = schema.get("properties", {}).get(name)
        if member is not None and not member.keys() & {"type", "$ref", "anyOf", "allOf"}:
            member["$ref"] = reference


def _of_kind(schema: Json, kind: Kind) -> None:
    """The header of a kind's draft or message names that kind."""
    header = schema["properties"]["header"]
    schema["properties"]["header"] = {
        "allOf": [
            header,
            {"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind.value}}},
        ]
    }


def _reached(value: Any, schemas: Json) -> Iterator[str]:
    """Names of the schemas that a value refers to, also by way of others."""
    waiting, seen = list(_references(value)), set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting += _references(schemas[name])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield _name(value)
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _name(reference: Json) -> str:
    return str(reference["$ref"]).removeprefix(PREFIX)


def _plain_name(name: str) -> str:
    """``Draft_ThreatAlert_`` -> ``ThreatAlertDraft``, ``Event`` -> ``FeedEvent``."""
    return _TELLING.get(name, _GENERIC.sub(r"\3\2", name))


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: PREFIX + _plain_name(_name(value)) if key == "$ref" else _renamed(inner)
            for key, inner in value.items()
        }
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value


def _untitled(schema: Any) -> Any:
    """Without ``title``, which is but the name in other letters; a member of that name stays."""
    if isinstance(schema, list):
        return [_untitled(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _untitled(inner) for name, inner in value.items()}
        if key in ("properties", "$defs")
        else _untitled(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
