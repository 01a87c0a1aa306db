"""Nothing a user meets is undocumented: codes, events, subjects, settings, metrics, commands."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

from console.settings import ConsoleSettings
from drills.actors import DOES, Misbehaviour
from drills.expectation import Expectation
from drills.hostile_acts import HostileAct
from drills.inject import KINDS
from drills.injects import Fault
from drills.objectives import Measure
from drills.scenario import Scenario
from entente.cli import app as command_line
from gateways.counters import Counters
from gateways.settings import Settings
from schemas.audit import AuditEvent
from schemas.event import EventType
from schemas.header import Kind
from schemas.reasons import ReasonCode
from schemas.wire import ContentType, Lane

ROOT = Path(__file__).resolve().parents[2]
LARGEST_PICTURE = 120_000
"""Octets: they are in every clone for good."""


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("code", list(ReasonCode), ids=str)
def test_every_code_stands_in_errors_with_its_own_words(code: ReasonCode) -> None:
    assert f"| `{code}` | {code.explanation} |" in _page("errors.md")


def test_errors_lists_no_code_that_is_gone() -> None:
    listed = re.findall(r"^\| `([A-Z0-9_]+)` \|", _page("errors.md"), re.MULTILINE)
    assert set(listed) == {code.value for code in ReasonCode}


@pytest.mark.parametrize("event", list(AuditEvent), ids=str)
def test_every_audit_event_stands_in_operations(event: AuditEvent) -> None:
    assert f"`{event.value}`" in _page("operations.md")


@pytest.mark.parametrize("event", list(EventType), ids=str)
def test_every_type_of_event_stands_in_the_life_of_a_message(event: EventType) -> None:
    assert f"`{event.value}`" in _page("lifecycle.md")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_stands_in_operations(name: str) -> None:
    assert f"`ENTENTE_GATEWAY_{name.upper()}`" in _page("operations.md")


@pytest.mark.parametrize("name", sorted(ConsoleSettings.model_fields))
def test_every_setting_of_the_console_stands_in_operations(name: str) -> None:
    assert f"`ENTENTE_CONSOLE_{name.upper()}`" in _page("operations.md")


@pytest.mark.parametrize("lane", list(Lane), ids=str)
def test_every_lane_stands_in_subjects(lane: Lane) -> None:
    assert f"`{lane.value}`" in _page("subjects.md")
    assert f"`<n>-{lane.value}`" in _page("subjects.md")


@pytest.mark.parametrize("content_type", list(ContentType), ids=str)
def test_every_content_type_stands_in_the_wire_format(content_type: ContentType) -> None:
    assert f"`{content_type.value}`" in _page("wire-format.md")


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_every_kind_stands_in_messages(kind: Kind) -> None:
    assert f"`{kind.value}`" in _page("messages.md")


def _commands(command: Any, path: str = "entente") -> list[str]:
    children: dict[str, Any] | None = getattr(command, "commands", None)
    if children is None:
        return [path]
    return [name for child, sub in children.items() for name in _commands(sub, f"{path} {child}")]


def test_every_command_is_found() -> None:
    assert len(_commands(typer.main.get_command(command_line))) > 10


@pytest.mark.parametrize("command", _commands(typer.main.get_command(command_line)))
def test_every_command_stands_in_operations(command: str) -> None:
    assert f"`{command}" in _page("operations.md")


def test_every_metric_stands_in_operations() -> None:
    names = {f"entente_{field.name}" for field in fields(Counters)}
    for path in (ROOT / "gateways").rglob("*.py"):
        names |= set(re.findall(r'"(entente_[a-z0-9_]+)"', path.read_text(encoding="utf-8")))
    missing = [name for name in sorted(names) if f"`{name}" not in _page("operations.md")]
    assert not missing


WORDS_OF_SCENARIOS = {
    *Scenario.model_fields,
    *KINDS,
    *DOES,
    *Expectation.model_fields,
    *(word.value for words in (Fault, HostileAct, Misbehaviour, Measure) for word in words),
}


@pytest.mark.parametrize("word", sorted(WORDS_OF_SCENARIOS))
def test_every_word_of_scenarios_stands_in_their_format(word: str) -> None:
    assert re.search(f"`{word}[`:]", _page("scenario-format.md"))


def test_links_between_pages_lead_somewhere() -> None:
    dead = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                dead.append(f"{page.relative_to(ROOT)} -> {target}")
    assert not dead


def test_paths_named_in_the_pages_exist() -> None:
    dead = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(
            r"`((?:schemas|bus|gateways|drills|entente|tests|benchmarks|docs)/[A-Za-z0-9_./-]+)`",
            page.read_text(encoding="utf-8"),
        ):
            if not (ROOT / target).exists():
                dead.append(f"{page.relative_to(ROOT)}: {target}")
    assert not dead


def test_every_picture_in_the_pages_is_there_has_words_and_is_small_and_none_is_unused() -> None:
    shown = set()
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            assert len(words) > 20, f"{page.relative_to(ROOT)}: {target} does not say what is to be seen"
            shown.add((page.parent / target).resolve())
    assert shown == set((ROOT / "docs" / "pictures").iterdir())
    assert not [path.name for path in shown if path.stat().st_size > LARGEST_PICTURE]
