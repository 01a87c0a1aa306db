"""Schemas become fields: of every kind there is, and of kinds that nobody has thought of yet."""

import json
from typing import Any

import pytest

from console.forms.arrangement import FIRST_ROWS, GROUPS, ONLY_WITH, ORDER, grouped
from console.forms.field import Field, Shape
from console.forms.from_schema import form_of
from schemas.generate import JSON_DIRECTORY

DRAFTS: dict[str, dict[str, Any]] = {
    path.name.removesuffix("-draft.json"): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(JSON_DIRECTORY.glob("*-draft.json"))
}

INVENTED: dict[str, Any] = {
    "type": "object",
    "required": ["header", "label", "body"],
    "properties": {
        "header": DRAFTS["threat-alert"]["properties"]["header"],
        "label": DRAFTS["threat-alert"]["properties"]["label"],
        "body": {"$ref": "#/$defs/IceReport"},
        "tear_lines": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "label": {"$ref": "#/$defs/DraftLabel"},
                    "subject": {"type": "string", "maxLength": 200},
                    "body": {"$ref": "#/$defs/IceReport"},
                },
            },
        },
    },
    "$defs": {
        **DRAFTS["threat-alert"]["$defs"],
        "IceReport": {
            "type": "object",
            "required": ["station", "thickness_cm", "passable", "seen_at", "track", "by"],
            "properties": {
                "station": {"type": "string", "maxLength": 64, "description": "Where it was measured."},
                "thickness_cm": {"type": "integer", "minimum": 0, "maximum": 400},
                "drift_knots": {"type": ["number", "null"]},
                "passable": {"type": "boolean"},
                "escort": {"type": "boolean", "default": False},
                "seen_at": {"type": "string", "format": "date-time"},
                "kind_of_ice": {"enum": ["grey", "white", "old"]},
                "colours": {"type": "array", "items": {"enum": ["r", "g"]}},
                "ships": {"type": "array", "items": {"type": "string", "maxLength": 60}},
                "track": {
                    "type": "object",
                    "properties": {
                        "type": {"const": "LineString"},
                        "coordinates": {"type": "array", "items": {"type": "array"}},
                    },
                },
                "by": {"oneOf": [{"$ref": "#/$defs/Aircraft"}, {"$ref": "#/$defs/Vessel"}]},
                "nested": {"type": "array", "items": {"$ref": "#/$defs/IceReport"}},
                "anything": {"type": "object"},
                "notes": {"anyOf": [{"type": "string", "maxLength": 4000}, {"type": "null"}]},
            },
        },
        "Aircraft": {
            "type": "object",
            "required": ["type", "callsign"],
            "properties": {"type": {"const": "aircraft"}, "callsign": {"type": "string", "maxLength": 20}},
        },
        "Vessel": {
            "type": "object",
            "required": ["type", "draught_m"],
            "properties": {"type": {"const": "vessel"}, "draught_m": {"type": "number"}},
        },
    },
}


def body_of(name: str) -> Field:
    body = form_of(DRAFTS[name]).member("body")
    assert body is not None
    return body


def every(field: Field) -> list[Field]:
    inside = [*field.members, *((field.item,) if field.item else ())]
    return [field, *(deeper for each in inside for deeper in every(each))]


@pytest.mark.parametrize("name", DRAFTS)
def test_no_field_of_a_kind_that_we_have_is_asked_for_as_json(name: str) -> None:
    assert [each.name for each in every(form_of(DRAFTS[name])) if each.shape is Shape.JSON] == []


@pytest.mark.parametrize("name", DRAFTS)
def test_every_field_of_a_body_stands_in_exactly_one_group(name: str) -> None:
    body = body_of(name)
    shown = [member.name for _, members in grouped(body) for member in members]
    assert sorted(shown) == sorted(member.name for member in body.members)


def test_arrangements_name_only_what_schemas_have() -> None:
    definitions = {key: each for schema in DRAFTS.values() for key, each in schema["$defs"].items()}
    for type_name, groups in GROUPS.items():
        for group in groups:
            assert set(group.fields) <= set(definitions[type_name]["properties"]), group
    for type_name, names in (*ORDER.items(), *FIRST_ROWS.items()):
        assert set(names) <= set(definitions[type_name]["properties"]), type_name
    for (type_name, name), (other, _) in ONLY_WITH.items():
        assert {name, other} <= set(definitions[type_name]["properties"])


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *(("station", Shape.LINE), ("thickness_cm", Shape.INTEGER), ("drift_knots", Shape.NUMBER)),
        *(("passable", Shape.YES_NO), ("escort", Shape.CHECK), ("seen_at", Shape.MOMENT)),
        *(("kind_of_ice", Shape.CHOICE), ("colours", Shape.CHOICES), ("ships", Shape.LINES)),
        *(("track", Shape.GEOMETRY), ("by", Shape.UNION), ("nested", Shape.JSON), ("anything", Shape.JSON)),
        ("notes", Shape.PARAGRAPH),
    ],
)
def test_a_kind_invented_here_gets_the_fields_that_fit(name: str, shape: Shape) -> None:
    body = form_of(INVENTED).member("body")
    assert body is not None
    found = body.member(name)
    assert found is not None
    assert found.shape is shape


def test_the_variants_of_a_union_are_named_by_what_tells_them_apart() -> None:
    body = form_of(INVENTED).member("body")
    union = body.member("by") if body else None
    assert union is not None
    assert [variant.name for variant in union.members] == ["aircraft", "vessel"]


@pytest.mark.parametrize(
    "schema",
    [
        *({}, {"type": "object"}, {"type": "array"}, {"type": []}, {"$ref": "#/$defs/none"}, {"enum": []}),
        *({"oneOf": []}, {"anyOf": [{}, {}]}, {"type": "array", "items": False}, {"allOf": [True, 3]}),
        *({"properties": {"a": 7}}, {"properties": {"a": {"type": "string", "pattern": 9}}}),
        {"type": "object", "properties": {"x": {"$ref": "#/properties/x"}}},
        {"type": "object", "properties": {"x": {"type": "string", "maxLength": "long", "minimum": "low"}}},
    ],
)
def test_an_odd_schema_gives_a_form_all_the_same(schema: dict[str, Any]) -> None:
    assert form_of(json.loads(json.dumps(schema))).name == ""
