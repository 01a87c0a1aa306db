"""Actors are understood before anything is played: what they owe, when, and what is wrong with a script."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drills.acting import Act, acts, answer_template, delay
from drills.actors import DOES, Actor, Misbehaviour
from drills.life_injects import RequestMove
from drills.misbehaving import STOPPED_BY, judged
from drills.partner_system import Answer
from drills.scenario_file import ScenarioError, load_scenario
from entente.cli import build_app
from entente.drill_pace import paced
from entente.terminal import CommandFailed
from schemas.base import Statement
from schemas.strict_yaml import parse_yaml

ACTORS = Path(__file__).with_name("actors.yaml")
SCENARIO = load_scenario(ACTORS)
OWED = {act.serial: act for act in acts(SCENARIO)}


def test_what_every_actor_owes_is_known_before_the_play() -> None:
    assert {serial: (act.nation, act.originator, act.actor.does) for serial, act in OWED.items()} == {
        "1.1-A1": ("XBB", "XAA", "acknowledge"),
        "1.1-A2": ("XCC", "XAA", "silent"),
        "2.1-A3": ("XBB", "XAA", "request"),
        "2.1-A4": ("XBB", "XAA", "answer"),
        "2.2-A4": ("XBB", "XCC", "answer"),
        "2.1-A5": ("XCC", "XAA", "request"),
        "2.2-A6": ("XAA", "XCC", "request"),
        "2.2-A4-A7": ("XCC", "XBB", "request"),
        "3.1-A8": ("XCC", "XAA", "read"),
        **{f"3.1-A{number}": ("XCC", "XAA", "misbehave") for number in range(9, 14)},
    }
    assert {act.actor.does for act in OWED.values()} == set(DOES)
    assert {act.actor.misbehave for act in OWED.values()} - {None} == set(Misbehaviour)
    moves = {act.actor.request.act for act in OWED.values() if act.actor.request}
    assert moves == set(RequestMove) - {RequestMove.CANCEL}


def test_an_actor_reacts_to_what_another_above_it_sends_and_to_no_message_of_its_own_nation() -> None:
    close = OWED["2.2-A4-A7"]
    assert (close.on, close.inject, close.request) == ("2.2-A4", "2.2", "2.2")
    assert all(act.nation != act.originator for act in OWED.values())


def test_an_answer_is_as_its_request_but_for_what_it_says_itself() -> None:
    template = answer_template(OWED["2.2-A4"], SCENARIO)
    assert template.header == {
        "kind": "information_response",
        "precedence": "PRIORITY",
        "mode": "EXERCISE",
        "exercise_id": "ACTORS 1",
        "subject": "EXERCISE: answer",
    }
    assert template.label == {"policy": "REALM", "classification": "LIMITED", "releasable_to": ["XCC"]}
    assert template.body["rfi_id"] == "XCC-RFI-1"
    assert template.refers_to == ("2.2",)


def test_the_dice_fall_the_same_for_the_same_seed_and_stay_within_the_spread() -> None:
    act = OWED["1.1-A1"]
    drawn = [delay(act, seed) for seed in range(50)]
    assert drawn == [delay(act, seed) for seed in range(50)]
    assert timedelta(minutes=1) <= min(drawn) < timedelta(minutes=2) < max(drawn) <= timedelta(minutes=3)
    assert len(set(drawn)) == len(drawn)
    assert {delay(OWED["2.1-A3"], seed) for seed in range(3)} == {timedelta(seconds=30)}
    assert delay(OWED["2.1-A4"], 1) != delay(OWED["2.2-A4"], 1), "each act has its own throw"


def test_an_actor_acts_at_most_as_often_as_it_may(tmp_path: Path) -> None:
    once = "after: 30s, times: 1, request: {act: ACCEPT}"
    accepted = _acts(
        tmp_path, '{injects: ["2.1"]}, after: 30s, request: {act: ACCEPT}', "{from: [XAA, XCC]}, " + once
    )
    assert [act.on for act in accepted if act.number == 3] == ["2.1"]


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = ACTORS.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "changed.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def _acts(tmp_path: Path, old: str, new: str) -> tuple[Act, ...]:
    return acts(load_scenario(_changed(tmp_path, old, new)))


DUTY = "when: {kinds: [threat_alert], precedences: [FLASH], from: [XAA]}"


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        pytest.param(DUTY, "when: {}", "when: {}", "at least one of kinds", id="anything at all"),
        pytest.param(
            DUTY, "when: {kinds: [exercise_notice]}", "when: {k", "nothing that reaches XBB", id="nothing"
        ),
        pytest.param(DUTY, "when: {from: [XAA, XDD]}", "XDD", "the realm has no XDD", id="a stranger sends"),
        pytest.param(DUTY, 'when: {injects: ["9.9"]}', '"9.9"', "no inject 9.9 sends", id="no such inject"),
        pytest.param(DUTY, 'when: {injects: ["1.2"]}', '"1.2"]', "no inject 1.2 sends", id="nothing is sent"),
        pytest.param(
            DUTY,
            'when: {injects: ["1.1", "3.1"]}',
            '"3.1"]}',
            "3.1: it does not reach XBB",
            id="others get it",
        ),
        pytest.param(
            '["2.1"]}, after',
            '["1.1"]}, after',
            '"1.1"]}, after',
            "no information_request",
            id="an alert is accepted",
        ),
        pytest.param(
            "- nation: XBB\n", "- nation: XDD\n", "nation: XDD", "the realm has no XDD", id="a strange nation"
        ),
        pytest.param("after: 2m", "after: soon", "after: soon", "90s, 12m", id="a time that is none"),
        pytest.param(
            "spread: 1m", "spread: 3m", "nation: XBB\n", "not longer than after", id="before the message"
        ),
        pytest.param(
            "silent: true",
            "silent: true, read: true",
            "{nation: XCC, name: MARKER-ACTOR on",
            "exactly one of",
            id="silent and yet not",
        ),
        pytest.param(
            "{precedences: [FLASH]}, silent",
            '{injects: ["3.1"]}, silent',
            "{nation: XCC, name: MARKER-ACTOR r",
            "one of them is silent",
            id="silent here, and acting there",
        ),
        pytest.param(
            "redirect_to: XBB",
            "redirect_to: XDD",
            "redirect_to: XDD",
            "no XDD",
            id="redirected to a stranger",
        ),
        pytest.param(
            "request: {act: ACCEPT",
            "request: {act: CANCEL",
            "request: {act: CANCEL",
            "takes nothing back",
            id="an actor cancels",
        ),
        pytest.param(
            "{act: ACCEPT}",
            "{act: DECLINE}",
            "request: {act: DECLINE}",
            "DECLINE needs decline_code",
            id="without a code",
        ),
        pytest.param(
            "state: ANSWERED", "state: ANSWER", "state: ANSWER,", "desk", id="an answer that is no draft"
        ),
        pytest.param(
            "misbehave: FLOOD",
            "misbehave: SHOUT",
            "misbehave: SHOUT",
            "is none of the words that can stand here (ACKNOWLEDGE_TWICE,",
            id="an unknown misbehaviour",
        ),
        pytest.param("speed: 300", "speed: 0", "speed: 0", "0.01 or more", id="time that stands still"),
        pytest.param("speed: 300", "speed: 0.001", "speed: 0.001", "0.01", id="time that hardly moves"),
    ],
)
def test_a_script_that_cannot_be_played_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    file = _changed(tmp_path, old, new)
    with pytest.raises(ScenarioError) as refused:
        load_scenario(file)
    assert words in str(refused.value)
    script = file.read_text(encoding="utf-8")
    before = script[
        : script.index(place, script.index("\nactors:") if place in script.split("\nactors:")[1] else 0)
    ]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert f"line {line}, column {column}: " in str(refused.value)


def test_the_command_line_sets_the_speed_takes_it_away_and_draws_a_seed_where_there_is_none() -> None:
    assert paced(SCENARIO, None, None).speed == 300
    assert paced(SCENARIO, 60, None).speed == 60
    assert paced(SCENARIO, 0, None).speed is None
    assert paced(SCENARIO, None, 7).seed == 7
    assert paced(paced(SCENARIO, None, 7), None, None).seed == 7
    with pytest.raises(CommandFailed, match=r"no speed below 0\.01"):
        paced(SCENARIO, 1e-300, None)
    assert len({paced(SCENARIO, None, None).seed for _ in range(5)} - {None}) > 1


def test_a_check_says_how_often_actors_react_and_how_long_the_play_takes_at_least() -> None:
    said = CliRunner().invoke(build_app("drill"), ["drill", "check", str(ACTORS)], catch_exceptions=False)
    assert "actors   13, who react 14 times" in said.stdout
    assert "300 times as fast: 2 s at least" in said.stdout


@pytest.mark.parametrize(
    ("answers", "code", "remark"),
    [
        (
            [Answer(422, {"code": "SCHEMA_INVALID"}), Answer(429, {"code": "RATE_LIMITED"})],
            "SCHEMA_INVALID, RATE_LIMITED",
            "",
        ),
        (
            [Answer(422, {"code": "SCHEMA_INVALID"}), Answer(201, {})],
            "SCHEMA_INVALID",
            "FLOOD must be stopped, and was taken",
        ),
        ([Answer(500, {})], "500", "FLOOD must be stopped by SCHEMA_INVALID or RATE_LIMITED, but was by 500"),
    ],
)
def test_misbehaviour_is_judged_by_every_answer(answers: list[Answer], code: str, remark: str) -> None:
    found = judged(Misbehaviour.FLOOD, answers)
    assert (found.code, found.remark) == (code, remark)


def test_the_format_names_everything_that_actors_do_and_with_what_misbehaviour_is_stopped() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "scenario-format.md").read_text(encoding="utf-8")
    section = page.split("### Actors")[1].split("### Faults")[0]
    for member in (*DOES, "when", "after", "times"):
        assert f"| `{member}`" in section
    for how, codes in STOPPED_BY.items():
        assert f"| `{how.value}` |" in section
        row = section.split(f"| `{how.value}` |")[1].split("\n")[0]
        assert all(f"`{code.value}`" in row for code in codes), how
    script = "actors:\n" + section.split("```yaml\nactors:\n")[1].split("```")[0]
    assert [actor.does for actor in parse_yaml(_Script, script.encode()).actors] == ["acknowledge", "silent"]


class _Script(Statement):
    actors: tuple[Actor, ...]
