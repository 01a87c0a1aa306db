"""A message in plain words: every kind, every field, every language, and kinds that nobody knows yet."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from console.rendering.body import render_body
from console.rendering.handling import render_handling
from console.rendering.naming import no_words, spelled_out
from console.rendering.reading import moment
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
    Shape,
    Table,
    YesNo,
)
from console.wording import LANGUAGES, read_catalogue
from schemas.header import Kind
from tests.console.message.rendered import leaves, rows_of, said

HERE = Path(schemas.__file__).parent
KINDS = [kind.value for kind in Kind]


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind's messages, as ``GET /v1/schemas/{kind}`` gives it."""
    found: dict[str, Any] = json.loads((HERE / "json" / f"{kind.replace('_', '-')}-message.json").read_text())
    return found


def example(kind: str) -> dict[str, Any]:
    """The example of a kind."""
    found: dict[str, Any] = json.loads((HERE / "examples" / f"{kind}.json").read_text())
    return found


def flat(rendered: object) -> str:
    """Everything that is said, as one text."""
    return "\n".join(said(rendered))


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_of_a_message_is_shown(kind: str) -> None:
    message = example(kind)
    shown = flat(render_body(message, schema_of(kind), no_words))
    for leaf in leaves(message["body"]):
        if isinstance(leaf, str) and moment(leaf) is None and leaf not in ("en", "fr", "Point", "Polygon"):
            assert leaf in shown, leaf


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_shown_as_well_without_its_schema(kind: str) -> None:
    message = example(kind)
    shown = flat(render_body(message, None, no_words))
    for leaf in leaves(message["body"]):
        if isinstance(leaf, str) and leaf not in ("en", "fr", "Point", "Polygon"):
            assert leaf in shown, leaf


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_field_and_code_of_every_kind_has_words_in_every_language(kind: str, language: str) -> None:
    catalogue = read_catalogue(language)
    schema = schema_of(kind)
    asked: set[str] = set()

    def words(key: str) -> str:
        asked.add(key)
        return "word"

    # A made message with every field of the body's definitions asks for every name.
    definitions = schema["$defs"]
    for definition in definitions.values():
        for name, part in definition.get("properties", {}).items():
            if name in ("type", "coordinates") and "coordinates" in definition["properties"]:
                continue  # GeoJSON: shown as a shape
            asked.add(f"field.{name}")
            for reference in _references(part):
                for code in definitions[reference].get("enum", ()):
                    asked.add(f"code.{name}.{code}")
    asked -= {f"field.{name}" for name in ("kind", "precedence", "message_id", "originator", "relation")}
    missing = sorted(
        key
        for key in asked
        if not key.startswith(("code.kind.", "code.precedence.", "code.relation.", "code.standard."))
        and f"kinds.{key}" not in catalogue
    )
    assert missing == []
    assert f"kinds.kind.{kind}" in catalogue


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].rpartition("/")[2]} if "$ref" in part else set()
        return own.union(*map(_references, part.values()))
    return set().union(*map(_references, part)) if isinstance(part, list) else set()


def test_a_threat_alert_says_first_what_counts() -> None:
    rendered = render_body(example("threat_alert"), schema_of("threat_alert"), no_words)
    assert [row.name for row in rendered.facts] == [
        *("action", "threat_type", "severity", "urgency", "certainty", "confidence"),
    ]
    assert rendered.facts[2].value == Coded("Severe", "Severe")
    assert [section.key for section in rendered.sections] == ["what_to_do", "where", "when", "assessment"]


def test_a_reader_gets_the_words_of_their_own_language_first() -> None:
    message = example("threat_alert")
    french = render_body(message, schema_of("threat_alert"), no_words, "fr")
    assert [spoken.language for spoken in french.spoken] == ["fr", "en"]
    polish = render_body(message, schema_of("threat_alert"), no_words, "pl")
    assert [spoken.language for spoken in polish.spoken] == ["en", "fr"], "the message's language comes next"
    assert french.spoken[0].rows[0].value == Prose("Dommages à des câbles sous-marins", "fr")


INVENTED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "header": {"type": "object"},
        "label": {"type": "object"},
        "body": {"$ref": "#/$defs/Convoy"},
    },
    "$defs": {
        "Convoy": {
            "type": "object",
            "title": "Convoy",
            "properties": {
                "convoyNumber": {
                    "type": "string",
                    "title": "Convoy number",
                    "description": "As the port gave it.",
                },
                "state_of_sea": {"$ref": "#/$defs/Sea"},
                "sails_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
                "speed_knots": {"type": "number"},
                "draught_m": {"type": "number"},
                "armed": {"type": "boolean"},
                "escorts": {"type": "array", "items": {"type": "string", "pattern": "^[A-Z]{3}$"}},
                "ships": {"type": "array", "items": {"$ref": "#/$defs/Ship"}},
                "route": {"type": "object"},
                "ports": {"type": "array", "items": {"type": "object"}},
                "cargo": {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/Cargo"}]},
                "remarks": {"type": "string"},
            },
        },
        "Sea": {"type": "string", "enum": ["CALM", "very_rough"], "title": "Sea"},
        "Ship": {"type": "object", "properties": {"name": {"type": "string"}, "tons": {"type": "integer"}}},
        "Cargo": {"type": "object", "properties": {"fuel": {"type": "integer", "title": "Fuel on board"}}},
    },
}
INVENTED: dict[str, Any] = {
    "header": {"kind": "convoy_report", "language": "nl", "subject": "Convoy"},
    "label": {},
    "body": {
        "convoyNumber": "KX 17",
        "state_of_sea": "very_rough",
        "sails_at": "2030-01-02T03:04:05Z",
        "speed_knots": 12.5,
        "draught_m": 9,
        "armed": False,
        "escorts": ["XAA", "XBB"],
        "ships": [{"name": "Ann", "tons": 900}, {"name": "Bea", "tons": 1200}],
        "route": {"type": "LineString", "coordinates": [[4.5, 52.25], [-3.75, 50.0]]},
        "ports": [{"longitude": 4.5, "latitude": 52.25, "berth": "7"}],
        "cargo": {"fuel": 12},
        "remarks": "Langzaam",
        "unforeseen": {"deep": [{"er": "still"}]},
    },
}


def test_a_kind_that_nobody_knew_is_shown_decently() -> None:
    rows = rows_of(render_body(INVENTED, INVENTED_SCHEMA, no_words))
    assert rows["convoyNumber"].label == "Convoy number"
    assert rows["convoyNumber"].hint == "As the port gave it."
    assert rows["state_of_sea"].value == Coded("very_rough", "Very rough")
    assert rows["state_of_sea"].label == "State of sea", "a definition's name is no title"
    assert rows["sails_at"].value == Moment(moment("2030-01-02T03:04:05Z"))  # type: ignore[arg-type]
    assert rows["speed_knots"].value == Quantity(12.5)
    assert rows["draught_m"].value == Quantity(9, "m")
    assert rows["armed"].value == YesNo(False)
    assert rows["escorts"].value == Nations(("XAA", "XBB"))
    assert rows["ships"].value == Table(
        ("Name", "Tons"),
        ((Prose("Ann", "nl"), Quantity(900)), (Prose("Bea", "nl"), Quantity(1200))),
    )
    route = rows["route"].value
    assert isinstance(route, Shape)
    assert route.rings[0].positions == ("52°15.0′N 004°30.0′E", "50°00.0′N 003°45.0′W")
    ports = rows["ports"].value
    assert isinstance(ports, Many)
    assert isinstance(ports.items[0], Around)
    cargo = rows["cargo"].value
    assert isinstance(cargo, Group)
    assert cargo.rows[0].label == "Fuel on board"
    assert rows["remarks"].value == Prose("Langzaam", "nl")
    assert "still" in flat(rows["unforeseen"].value), "what the schema does not know is shown all the same"


def test_what_a_known_kind_gets_later_is_shown_after_the_rest() -> None:
    message = example("acknowledgement")
    message["body"]["weather_at_officer"] = "Rain"
    rendered = render_body(message, schema_of("acknowledgement"), no_words)
    assert rendered.sections[-1].key == "more"
    assert rendered.sections[-1].rows[0].value == Prose("Rain", "en")


def test_header_and_label_say_how_a_message_is_handled() -> None:
    message = example("threat_alert")
    message["label"]["originator_controlled"] = False
    sections = render_handling(message, schema_of("threat_alert"), no_words)
    names = [row.name for section in sections for row in section.rows]
    assert "expires_at" in names
    assert names[names.index("policy") : names.index("policy") + 3] == [
        "policy",
        "classification",
        "releasable_to",
    ]
    assert "originator_controlled" not in names, "a caveat that does not hold is not shown"
    assert "subject" not in names


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside, max_size=4),
    max_leaves=20,
)


@given(body=BODIES, kind=st.sampled_from([*KINDS, "never_heard_of"]))
def test_whatever_a_body_holds_is_rendered_and_nothing_is_lost(body: Any, kind: str) -> None:
    message = {"header": {"kind": kind}, "label": {}, "body": body}
    schema = schema_of(kind) if kind in KINDS else INVENTED_SCHEMA
    shown = set(said(render_body(message, schema, no_words)))
    texts = {leaf for leaf in leaves(body) if isinstance(leaf, str)}
    # A text may have been read as a time, a language or a part of a place.
    assert {text for text in texts if moment(text) is None and len(text) > 5} <= shown | _languages(body)


def _languages(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["language"]} if isinstance(value.get("language"), str) else set()
        return own.union(*map(_languages, value.values()))
    return set().union(*map(_languages, value)) if isinstance(value, list) else set()


@given(schema=BODIES)
def test_no_schema_breaks_the_page(schema: Any) -> None:
    wrapped = {
        "properties": {"body": {"properties": {"convoyNumber": schema, "ships": schema}}},
        "$defs": schema,
    }
    for described in (
        schema,
        wrapped,
        {"$ref": "#"},
        {"properties": {"body": {"$ref": "#/properties/body"}}},
    ):
        assert "KX 17" in flat(render_body(INVENTED, described, no_words))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("live_fire", "Live fire"),
        ("liveFire", "Live fire"),
        ("ALERT", "ALERT"),
        ("UNABLE_TO_COMPLY", "Unable to comply"),
        ("very-rough", "Very rough"),
        ("CAP-1.2", "CAP-1.2"),
        ("", ""),
        ("x" * 500, "X" + "x" * 119),
    ],
)
def test_a_name_without_words_is_spelled_out(name: str, words: str) -> None:
    assert spelled_out(name) == words


def test_a_pattern_makes_an_identifier_not_prose() -> None:
    rows = rows_of(render_body(example("exercise_notice"), schema_of("exercise_notice"), no_words))
    assert rows["exercise_id"].value == Machine("COLD FJORD 30")
