"""The page that teaches writing a scenario: its example plays, its mistakes are found, what it adds fits."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bus.known.reviewed import known_policies
from drills.after_action.reviewing import review
from drills.judging_nation import nation_outcome
from drills.objectives import Rating
from drills.outcome import DrillOutcome
from drills.scenario_file import ScenarioError, load_scenario
from drills.table import verdict
from entente.drill_check import check
from tests.drills.test_drill_run import drill
from tests.drills.test_judging_nation import HAS_IT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "drills.md").read_text(encoding="utf-8")
NAME = "oil-slick.yaml"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(EXAMPLE,) = (block for block in BLOCKS if block.startswith("title:"))
ADDITIONS = [block for block in BLOCKS if "injects:" in block and block != EXAMPLE]
MISTAKES = re.findall(r"^\| `(.+?)` \| (?:`(.+?)`|nothing) \| (.+?) \| .* \|$", PAGE, re.MULTILINE)


def of_text(directory: Path, text: str) -> Path:
    file = directory / NAME
    file.write_text(text, encoding="utf-8")
    return file


def merged(one: Any, other: Any) -> Any:
    """Whatever an addition names stands at the end of the member of the same name."""
    if isinstance(one, dict):
        return {**one, **{name: merged(one.get(name, type(more)()), more) for name, more in other.items()}}
    return [*one, *other]


def test_the_page_shows_what_a_check_of_its_example_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of_text(tmp_path, EXAMPLE)
    monkeypatch.chdir(tmp_path)
    check(NAME)
    assert f"```\n{capsys.readouterr().out}```" in PAGE


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES, ids=[row[1] or row[0] for row in MISTAKES])
def test_each_mistake_of_the_page_is_told_as_the_page_says(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert EXAMPLE.count(right) == 1
    text = EXAMPLE.replace(right, wrong) if wrong else re.sub(f".*{re.escape(right)}\n", "", EXAMPLE)
    file = of_text(tmp_path, text)
    with pytest.raises(ScenarioError) as refused:
        load_scenario(file, known_policies())
    assert str(refused.value) == f"{file}: {said}"


def test_the_page_has_mistakes_and_additions() -> None:
    assert len(MISTAKES) >= 8
    assert len(ADDITIONS) == 3


def test_what_the_page_adds_can_be_played_with_its_example(tmp_path: Path) -> None:
    whole = yaml.safe_load(EXAMPLE)
    for addition in ADDITIONS:
        whole = merged(whole, yaml.safe_load(addition))
    loaded = load_scenario(of_text(tmp_path, yaml.safe_dump(whole, sort_keys=False)))
    assert [planned.nation for planned in loaded.realm.nations] == ["XAA", "XBB", "XCC", "XDD"]


def test_the_example_of_the_page_plays_and_comes_to_what_the_page_says(tmp_path: Path) -> None:
    code, told = drill(tmp_path, str(of_text(tmp_path, EXAMPLE)))
    assert told.pop("failures") == []
    assert code == 0
    outcome = DrillOutcome.model_validate(told, strict=False)
    line = verdict(outcome).plain
    counted = line.rpartition(", ")[0]
    assert f"\n{counted}, " in PAGE, line
    assert {each.rating for each in review(outcome).objectives} == {Rating.PERFORMED}


def test_the_page_quotes_what_is_said_of_an_acknowledgement_that_is_missing(tmp_path: Path) -> None:
    expectation = load_scenario(of_text(tmp_path, EXAMPLE)).expectation("1.1.1")
    outcome = nation_outcome(expectation, "XCC", marking=None, accepted_at=datetime.now(UTC), **HAS_IT)
    assert f"\nFAILED  1.1.1 at XCC: {outcome.remark}\n" in PAGE
