"""The rule of docs/operations.md, "Side by side": what both versions say has one shape.

``wire.json`` holds, of the previous version, the digest of every wire schema (no titles, no descriptions)
and the reason codes that it knows. A change that fails here needs a new version of the content or document.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import schemas
from schemas.reasons import ReasonCode

ROOT = Path(schemas.__file__).parents[1]
PREVIOUS: dict[str, Any] = json.loads((Path(__file__).parent / "wire.json").read_bytes())
SPEAKING = ("bus/protocol", "gateways/receiving", "gateways/receipts")
"""Where codes are chosen that partners are told."""


def shape(value: Any) -> Any:
    """A JSON Schema without what is for readers only, and without the list of reason codes."""
    if isinstance(value, dict):
        if "SCHEMA_INVALID" in value.get("enum", ()):
            return "a reason code"
        words = {name for name in ("title", "description") if isinstance(value.get(name), str)}
        return {name: shape(each) for name, each in value.items() if name not in words}
    return [shape(each) for each in value] if isinstance(value, list) else value


def digest_of(name: str) -> str:
    """The digest of the shape of one wire schema of this version."""
    schema = json.loads((ROOT / "schemas" / "json" / f"{name}.json").read_bytes())
    return f"sha256:{hashlib.sha256(json.dumps(shape(schema), sort_keys=True).encode()).hexdigest()}"


@pytest.mark.parametrize("name", PREVIOUS["shapes"])
def test_what_travels_has_the_shape_that_the_previous_version_knows(name: str) -> None:
    assert digest_of(name) == PREVIOUS["shapes"][name]


def test_every_code_of_the_previous_version_is_understood() -> None:
    assert set(PREVIOUS["reason_codes"]) <= {code.value for code in ReasonCode}


def test_partners_are_told_no_code_that_the_previous_version_does_not_know() -> None:
    new = {code.name for code in ReasonCode if code.value not in PREVIOUS["reason_codes"]}
    for room in SPEAKING:
        for file in (ROOT / room).rglob("*.py"):
            assert not new & set(re.findall(r"ReasonCode\.(\w+)", file.read_text(encoding="utf-8"))), file
