"""The generated JSON Schema: current, valid, and saying what the models say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas import generate
from schemas.header import Kind
from schemas.message import DRAFT_MODELS, parse_draft
from schemas.strict_json import JsonRefused

SCHEMAS = Path(generate.__file__).parent
EXAMPLES = SCHEMAS / "examples"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / "json" / name).read_text(encoding="utf-8"))
    return found


def draft_schema(kind: Kind) -> Draft202012Validator:
    return Draft202012Validator(schema(f"{kind.value.replace('_', '-')}-draft.json"))


def example(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    return found


def test_the_files_are_what_the_models_say() -> None:
    assert generate.drift() == (), "run python -m schemas.generate"


def test_drift_is_seen(tmp_path: Path) -> None:
    generate.write(tmp_path)
    assert generate.drift(tmp_path) == ()
    (tmp_path / "label.json").write_text("{}\n")
    (tmp_path / "header.json").unlink()
    (tmp_path / "left-over.json").write_text("{}\n")
    assert generate.drift(tmp_path) == ("header.json", "label.json", "left-over.json")


def test_the_check_exits_with_1_on_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "drift", lambda: ())
    assert generate.main(["--check"]) == 0
    monkeypatch.setattr(generate, "drift", lambda: ("label.json",))
    assert generate.main(["--check"]) == 1
    assert generate.main(["--chek"]) == 2


@pytest.mark.parametrize("name", sorted(path.name for path in generate.JSON_DIRECTORY.glob("*.json")))
def test_every_file_is_valid_json_schema_2020_12(name: str) -> None:
    found = schema(name)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(found)


def test_every_object_in_every_schema_refuses_unknown_fields() -> None:
    def objects(node: Any) -> list[dict[str, Any]]:
        if isinstance(node, list):
            return [found for each in node for found in objects(each)]
        if not isinstance(node, dict):
            return []
        own = [node] if node.get("type") == "object" else []
        return own + [found for each in node.values() for found in objects(each)]

    for name in generate.all_schemas():
        for found in objects(schema(name)):
            assert found.get("additionalProperties") is False, name


def test_every_kind_has_an_example() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == {kind.value for kind in Kind}


@pytest.mark.parametrize("kind", Kind)
def test_the_example_is_a_good_draft_by_schema_and_by_model(kind: Kind) -> None:
    data = (EXAMPLES / f"{kind}.json").read_bytes()
    draft_schema(kind).validate(json.loads(data))
    draft = parse_draft(data)
    assert isinstance(draft, DRAFT_MODELS[kind])
    assert draft.body.findings(NOW, draft.header.references) == ()


@pytest.mark.parametrize("kind", Kind)
def test_the_example_survives_encoding(kind: Kind) -> None:
    draft = parse_draft((EXAMPLES / f"{kind}.json").read_bytes())
    assert parse_draft(draft.encode()) == draft


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("part", ["header", "label", "body"])
def test_schema_and_model_refuse_a_missing_part_and_an_unknown_field(kind: Kind, part: str) -> None:
    without, with_more = example(kind), example(kind)
    del without[part]
    with_more[part]["colour"] = "red"
    for value in (without, with_more):
        assert not draft_schema(kind).is_valid(value)
        with pytest.raises(JsonRefused):
            parse_draft(json.dumps(value).encode())


@pytest.mark.parametrize("kind", Kind)
def test_the_schema_of_a_kind_refuses_every_other_kind(kind: Kind) -> None:
    for other in Kind:
        if other is not kind:
            value = example(kind)
            value["header"]["kind"] = other.value
            assert not draft_schema(kind).is_valid(value)
            with pytest.raises(JsonRefused):
                parse_draft(json.dumps(value).encode())


@pytest.mark.parametrize("kind", Kind)
def test_whatever_field_is_replaced_by_nonsense_the_model_refuses_it_and_so_does_the_schema(
    kind: Kind,
) -> None:
    def paths(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        return [path, *(found for key, value in items for found in paths(value, (*path, key)))]

    for path in paths(example(kind)):
        if not path:
            continue
        value = example(kind)
        parent = value
        for key in path[:-1]:
            parent = parent[key]  # type: ignore[index]
        parent[path[-1]] = {"nonsense": [True]}  # type: ignore[index]
        assert not draft_schema(kind).is_valid(value), path
        with pytest.raises(JsonRefused):
            parse_draft(json.dumps(value).encode())
