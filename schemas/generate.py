"""``python -m schemas.generate``: writes the JSON Schema of every statement into ``schemas/json/``.

JSON Schema 2020-12, one file per statement, the same bytes for the same models and releases of pydantic. With
``--check`` nothing is written and the exit status is 1 when a file differs, is missing or has no statement.

A schema says less than its model: rules that tie fields together (an end after its start, a ring that closes)
are in the models only. What a schema refuses, the model refuses too.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from schemas.audit import AuditRecord
from schemas.control import Control
from schemas.header import DraftHeader, Header
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.lane_head import LaneHead
from schemas.message import DRAFT_MODELS, KINDS, MESSAGE_MODELS
from schemas.receipt import Receipts
from schemas.trust import DOCUMENT_MODELS
from schemas.wire import Delivery, Root

JSON_DIRECTORY = Path(__file__).parent / "json"
ID_PREFIX = "urn:entente:schema:"

STATEMENTS: dict[str, type[BaseModel]] = {
    "header": Header,
    "draft-header": DraftHeader,
    "label": ConfidentialityLabel,
    "draft-label": DraftLabel,
    "delivery": Delivery,
    "root": Root,
    "receipts": Receipts,
    "control": Control,
    "lane-head": LaneHead,
    "audit-record": AuditRecord,
    **{name.removeprefix("application/vnd.entente.").split(".")[0]: m for name, m in DOCUMENT_MODELS.items()},
}


def json_schema(name: str, model: type[BaseModel], kind: str | None = None) -> dict[str, Any]:
    """The schema of one statement; with ``kind``, its header must name that kind."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    schema = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"{ID_PREFIX}{name}:v1",
        **schema,
        "title": name,
    }
    if kind is not None:
        schema["allOf"] = [{"properties": {"header": {"properties": {"kind": {"const": kind}}}}}]
    return schema


def all_schemas() -> dict[str, dict[str, Any]]:
    """Every schema by file name."""
    found = {name: json_schema(name, model) for name, model in STATEMENTS.items()}
    for kind in KINDS:
        word = kind.value.replace("_", "-")
        for form, models in (("draft", DRAFT_MODELS), ("message", MESSAGE_MODELS)):
            found[f"{word}-{form}"] = json_schema(f"{word}-{form}", models[kind], kind.value)
    return {f"{name}.json": schema for name, schema in sorted(found.items())}


def render(schema: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def drift(directory: Path = JSON_DIRECTORY) -> tuple[str, ...]:
    """Names of files that are not what the models say: differing, missing or left over."""
    wanted = {name: render(schema) for name, schema in all_schemas().items()}
    there = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}
    return tuple(sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)))


def write(directory: Path = JSON_DIRECTORY) -> None:
    """Write every schema and remove what is left over."""
    directory.mkdir(exist_ok=True)
    for path in directory.glob("*.json"):
        path.unlink()
    for name, schema in all_schemas().items():
        (directory / name).write_text(render(schema), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done or in order, 1 drift, 2 unknown argument."""
    if list(arguments) == ["--check"]:
        changed = drift()
        for name in changed:
            sys.stderr.write(f"schemas/json/{name} is out of date: run python -m schemas.generate\n")
        return 1 if changed else 0
    if arguments:
        sys.stderr.write("usage: python -m schemas.generate [--check]\n")
        return 2
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
