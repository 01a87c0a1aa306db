"""Scenarios that come with Entente, in realms of their own: real processes, a real broker, real signals."""

import json
import re
from pathlib import Path

import pytest

from drills.after_action.reviewing import review
from drills.course import StoodStill
from drills.hostile_acts import HostileAct
from drills.injects import Fault
from drills.objectives import Rating
from drills.outcome import DrillOutcome
from drills.scenario_file import find_scenario, list_scenarios, load_scenario
from tests.drills.elsewhere import entente, gateways_elsewhere
from tests.drills.test_drill_run import drill


def test_on_a_bad_day_everything_stops_and_nothing_is_lost(tmp_path: Path) -> None:
    code, told = drill(tmp_path, "bad-day")
    assert told.pop("failures") == []
    assert code == 0
    outcome = DrillOutcome.model_validate_json((next((tmp_path / "reports").glob("*.json"))).read_bytes())
    found = review(outcome)
    assert (found.lost, found.leaked, found.gaps) == (0, 0, 0)
    assert [each.stopped_by for each in outcome.attempts] == [
        *("TIME_INVALID", "CREDENTIALS_INVALID", "recognised", "OPEN_FAILED", "OPEN_FAILED"),
        *("the broker", "the broker", "MALFORMED_SEALED"),
    ]
    assert next(each.rating for each in found.objectives if each.id == "O1") is Rating.PERFORMED
    assert [each.serial for each in outcome.alarms if not each.told] == quiet_injects("bad-day")
    stood = [(each.what, each.nation) for each in outcome.outages if each.until is not None]
    assert stood == [
        (StoodStill.GATEWAY, "XBB"),
        (StoodStill.GATEWAY, "XCC"),
        (StoodStill.LINK, "XBB"),
        (StoodStill.BROKER, None),
        (StoodStill.SPEED, "XCC"),
        (StoodStill.ORDER, "XBB"),
        (StoodStill.ROOM, None),
        (StoodStill.CLOCK, "XCC"),
    ]
    assert [each.what for each in found.recoveries] == [what.words for what, _ in stood]
    assert all(each.recovered_seconds is not None for each in found.recoveries)
    # What is late on a slow or mixed up line may yet come before it is mended.
    sure = {what.words for what, _ in stood} - {StoodStill.SPEED.words, StoodStill.ORDER.words}
    assert all(each.held_up for each in found.recoveries if each.what in sure)


def test_who_comes_late_joins_or_leaves_has_what_it_may_have_and_nothing_else(tmp_path: Path) -> None:
    code, told = drill(tmp_path, "late-guests")
    assert told.pop("failures") == []
    assert code == 0
    outcome = DrillOutcome.model_validate(told, strict=False)
    has = {
        nation: [
            message.title.rpartition("(")[2].rstrip(")") if message.serial == "3.1.2" else message.serial
            for message in outcome.messages
            if message.kind == "threat_alert"
            and any(each.nation == nation and each.latency_ms is not None for each in message.nations)
        ]
        for nation in ("XGC", "XGD", "XGE")
    }
    assert has == {
        "XGC": ["1.1.2", "1.2.1", "1.2.2", "1.2.3", "1.2.4", "2.1.3", "2.1.5", "3.2.1", "4.1.2"],
        "XGD": ["2.1.3", "1.1.2", "1.2.3", "3.2.1", "4.1.2"],
        "XGE": ["1.1.2", "1.2.1", "1.2.2", "1.2.3", "1.2.4", "2.1.3", "2.1.5", "3.2.1"],
    }
    (backfill,) = outcome.backfills
    assert [(row.inject, row.fate) for row in backfill.rows] == [
        ("1.1.2", "sends"),
        ("1.2.1", "CLASSIFICATION_TOO_HIGH"),
        ("1.2.2", "withdrawn"),
        ("1.2.3", "sends"),
    ]
    steps = {step.serial: step.shown for life in outcome.lives for step in life.steps}
    assert steps["1.3.1"]["XGC"] == ("sent", "acknowledgement overdue")
    assert steps["3.2.1"]["XGD"] == ("1.2.3 updated", "3.2.1 current"), "of 1.2.2 it never learned"
    found = review(outcome)
    assert (found.lost, found.leaked, found.gaps) == (0, 0, 0)
    assert {each.rating for each in found.objectives} == {Rating.PERFORMED}
    (late,) = found.recoveries
    assert (late.nation, late.held_up) == ("XGC", 5)


def quiet_injects(name: str) -> list[str]:
    return [each.inject for each in load_scenario(find_scenario(name)).expectations if each.quiet]


@pytest.mark.parametrize(
    ("name", "attempts"),
    [
        ("strait-watch", ["REQUEST_TRANSITION_ILLEGAL", "CREDENTIALS_INVALID"]),
        ("cyber-shield", ["REFERENCE_BEYOND_RELEASE", "RECALLED", "CREDENTIALS_INVALID"]),
        ("monsoon", []),
        (
            "three-shores",
            ["NO_AGREEMENT", "AGREEMENT_NOT_COUNTERSIGNED", "AGREEMENT_SUSPENDED", "AGREEMENT_LEFT"],
        ),
    ],
)
def test_a_scenario_that_needs_gateways_alone_passes_and_meets_the_objectives_that_it_is_to_meet(
    tmp_path: Path, name: str, attempts: list[str]
) -> None:
    (tmp_path / "realm").mkdir()
    with gateways_elsewhere(tmp_path / "realm", name) as target:
        told = json.loads(
            entente("drill", "run", name, "--target", target, "--reports", tmp_path / "reports", "--json")
        )
    assert told.pop("failures") == []
    outcome = DrillOutcome.model_validate(told, strict=False)
    assert [each.stopped_by for each in outcome.attempts] == attempts
    found = review(outcome)
    short = {each.id: each.rating for each in found.objectives if each.rating is not Rating.PERFORMED}
    assert short == ({"O2": Rating.UNABLE} if name == "monsoon" else {}), "its nations are late or silent"
    assert (found.lost, found.leaked) == (0, 0)


def test_the_library_plays_every_fault_and_every_hostile_act() -> None:
    injects = [inject for each in list_scenarios() for inject in each.scenario.injects]
    assert {inject.fault for inject in injects} == {None, *Fault}
    assert {inject.hostile.act for inject in injects if inject.hostile is not None} == set(HostileAct)


def test_every_scenario_of_the_library_has_a_section_that_says_for_whom_and_how_long() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    sections = dict(
        re.findall(r"^## `([a-z-]+)`: [^\n]+\n\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    )
    assert set(sections) == {each.name for each in list_scenarios()}
    for name, text in sections.items():
        for words in ("nations", "pattern", "needs", r"seconds|minute"):
            assert re.search(words, text), f"{name}: {words}"
