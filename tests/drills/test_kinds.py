"""A scenario for a further kind of message needs no change to the runner: it plays every kind there is."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import drills
from bus.keystore import write_secret
from drills.scenario_file import load_scenario
from schemas.header import Kind
from tests.drills.cap_realm import Accesses
from tests.drills.elsewhere import entente
from tests.gateway.drafts import draft

EXERCISE = "EVERY KIND 26"
REFERS = {
    Kind.INFORMATION_RESPONSE: ("replies", Kind.INFORMATION_REQUEST),
    Kind.ACKNOWLEDGEMENT: ("acknowledges", Kind.THREAT_ALERT),
}
ROOM = Path(drills.__file__).parent


def scenario() -> dict[str, Any]:
    """One inject for each kind that the schemas know: the repository's example of it, published."""
    kinds = sorted(Kind, key=lambda kind: kind in REFERS)
    serials = {kind: f"1.1.{number}" for number, kind in enumerate(kinds, 1)}
    injects, expectations = [], []
    for at, kind in enumerate(kinds):
        author, recipients = ("XBB", ["XAA"]) if kind in REFERS else ("XAA", ["XBB", "XCC"])
        made = draft(kind.value, mode="EXERCISE", exercise_id=EXERCISE, action_addressees=recipients)
        made["label"]["releasable_to"] = recipients
        if kind in REFERS:
            relation, of = REFERS[kind]
            made["references"] = [{"inject": serials[of], "relation": relation}]
        title = f"One {kind.value.replace('_', ' ')}"
        injects.append({"serial": serials[kind], "at": at, "as": author, "title": title, "publish": made})
        expectations.append(
            {"inject": serials[kind], "must_have": recipients, "others": "NOT_IN_RELEASE_SET"}
        )
    nations = [{"nation": nation, "display_name": nation} for nation in ("XAA", "XBB", "XCC")]
    return {
        "title": "Every kind",
        "summary": "A message of each kind.",
        "exercise_id": EXERCISE,
        "realm": {"name": "Every kind", "nations": nations, "known_policies": ["REALM"]},
        "injects": injects,
        "expectations": expectations,
    }


def test_a_scenario_plays_every_kind_of_message_that_there_is(tmp_path: Path, accesses: Accesses) -> None:
    file, target = tmp_path / "kinds.yaml", tmp_path / "target.yaml"
    file.write_text(json.dumps(scenario()))
    assert len(load_scenario(file).injects) == len(Kind)
    for nation, access in accesses.items():
        write_secret(tmp_path / f"{nation}.key", access.key.encode())
    gateways = {
        nation: {"url": access.url, "key_file": f"{nation}.key"} for nation, access in accesses.items()
    }
    target.write_text(json.dumps({"gateways": gateways}))
    outcome = json.loads(
        entente("drill", "run", file, "--target", target, "--reports", tmp_path / "reports", "--json")
    )
    assert outcome["failures"] == []
    arrived = {
        message["kind"]: sorted(each["nation"] for each in message["nations"] if each["latency_ms"])
        for message in outcome["messages"]
    }
    assert arrived == {kind.value: ["XAA"] if kind in REFERS else ["XBB", "XCC"] for kind in Kind}


def _kinds_named(file: Path) -> Iterator[Kind]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Kind":
            yield Kind[node.attr]
        elif isinstance(node, ast.Constant) and node.value in [kind.value for kind in Kind]:
            yield Kind(node.value)


def test_what_runs_and_judges_a_drill_names_no_kind_but_for_questions_answers_and_acknowledgements() -> None:
    """Those are what partner systems do about messages; `load` and CAP make drafts of their own."""
    named = {
        file.relative_to(ROOM).as_posix(): kinds
        for file in ROOM.rglob("*.py")
        if "load" not in file.parts and (kinds := set(_kinds_named(file)))
    }
    assert named.pop("cap_play.py") == {Kind.THREAT_ALERT}
    acts = {Kind.INFORMATION_REQUEST, Kind.INFORMATION_RESPONSE, Kind.ACKNOWLEDGEMENT}
    assert {file: kinds - acts for file, kinds in named.items() if kinds - acts} == {}
