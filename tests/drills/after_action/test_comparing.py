"""Two drills side by side."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drills.after_action.comparing import Change, Comparison, compare
from drills.after_action.page import comparison_page
from drills.after_action.reviewing import review
from drills.objectives import Measure, Objective
from drills.outcome import DrillOutcome
from entente.cli import app
from entente.terminal import CommandFailed
from tests.drills.after_action.made import copy, drill, message, outage

GOAL = Objective(id="O1", title="In a minute", measure=Measure.ACKNOWLEDGED, goal_seconds=60)


def played(acknowledged: float | None, delivered: float = 1.0, recovered: float = 46.0) -> DrillOutcome:
    return drill(
        message("1.1.1", 0, copy("XBB", delivered, acknowledged, by=60)),
        message("2.1.1", 30, copy("XCC", recovered)),
        objectives=(GOAL,),
        outages=(outage("2.1.0", 20, 45),),
    )


def changes(found: Comparison) -> dict[str, Change]:
    return {pair.about: pair.change for table in found.tables for pair in table.pairs}


def test_a_drill_is_the_same_as_itself() -> None:
    found = compare(review(played(10)), review(played(10)))
    assert set(changes(found).values()) == {Change.SAME}


def test_what_became_worse_says_so_and_stands_first() -> None:
    found = compare(review(played(10)), review(played(None, 2.0, recovered=60)))
    told = changes(found)
    assert told["O1 In a minute"] is Change.WORSE
    assert told["XBB"] is Change.WORSE
    assert told["XBB FLASH: acknowledged"] is Change.WORSE
    assert told["XBB FLASH: delivered"] is Change.WORSE
    assert told["2.1.0 "] is Change.WORSE
    assert told["Copies lost"] is Change.SAME
    for table in found.tables:
        order = [list(Change).index(pair.change) for pair in table.pairs]
        assert order == sorted(order)


def test_the_other_way_round_the_same_is_better() -> None:
    worse = compare(review(played(10)), review(played(None, 2.0, recovered=60)))
    better = compare(review(played(None, 2.0, recovered=60)), review(played(10)))
    turned = {Change.WORSE: Change.BETTER, Change.BETTER: Change.WORSE}
    assert changes(better) == {about: turned.get(each, each) for about, each in changes(worse).items()}


def test_times_that_differ_by_noise_are_the_same() -> None:
    found = compare(review(played(10, 1.0)), review(played(12, 1.4)))
    assert set(changes(found).values()) == {Change.SAME}


def test_what_only_one_of_them_has_is_named() -> None:
    without = drill(message("1.1.1", 0, copy("XBB", 1, 10, by=60)), message("2.1.1", 30, copy("XCC", 46)))
    told = changes(compare(review(played(10)), review(without)))
    assert (told["O1 In a minute"], told["2.1.0 "]) == (Change.ONLY_FIRST, Change.ONLY_FIRST)


def test_different_exercises_are_told_apart_and_words_are_only_words() -> None:
    other = played(10).model_copy(update={"title": "<script>alert(1)</script>"})
    page = comparison_page(compare(review(played(10)), review(other)))
    assert "These are different exercises" in page
    assert "<script" not in page


def test_the_command_compares_two_reports_and_writes_a_page(tmp_path: Path) -> None:
    for name, outcome in (("a.json", played(10)), ("b.json", played(None))):
        (tmp_path / name).write_text(outcome.model_dump_json())
    page = tmp_path / "page.html"
    arguments = ["drill", "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    told = CliRunner().invoke(app, [*arguments, "--json", "--out", str(page)])
    assert told.exit_code == 0, told.output
    tables = {table["title"]: table["pairs"] for table in json.loads(told.stdout)["tables"]}
    assert tables["Objectives"][0]["change"] == "worse"
    assert "In a minute" in page.read_text()
    assert CliRunner().invoke(app, arguments).exit_code == 0


@pytest.mark.parametrize("text", [None, "", "{}", '{"title": 3}'])
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "a.json").write_text(played(10).model_dump_json())
    if text is not None:
        (tmp_path / "b.json").write_text(text)
    told = CliRunner().invoke(app, ["drill", "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert told.exit_code == 1
    assert "b.json" in str(told.exception) + told.output


def edited(member: str, value: str) -> str:
    """A report in which the first member of this name says something else; ``value`` is written as it is."""
    text = played(10).model_dump_json()
    found = re.search(rf'"{member}":("[^"]*"|[^,}}]*)', text)
    assert found is not None
    return f'{text[: found.start()]}"{member}":{value}{text[found.end() :]}'


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(("seconds", value) for value in ("NaN", "Infinity", "1e300", "-5", '"5"')),
        ("latency_ms", "-Infinity"),
        ("until", '"2026-11-22T12:00:01Z"'),
        ("missing", "1" + "0" * 400),
        ("started_at", '"9999-12-31T23:59:59Z"'),
    ],
)
def test_an_edited_report_is_refused_in_one_line_with_file_and_member(
    tmp_path: Path, member: str, value: str
) -> None:
    (tmp_path / "a.json").write_text(played(10).model_dump_json())
    (tmp_path / "b.json").write_text(edited(member, value))
    told = CliRunner().invoke(app, ["drill", "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    said = f"{told.exception}{told.output}"
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit | CommandFailed), told.exception
    assert "b.json is no report" in said
    assert ("outages" if member == "until" else member) in said
    assert "\n" not in str(told.exception)


def test_an_objective_that_is_no_longer_observed_is_not_the_same() -> None:
    with_it = drill(message("1.1.1", 0, copy("XBB", 1, 10, by=60)), objectives=(GOAL,))
    without = drill(objectives=(GOAL,))
    about = "O1 In a minute"
    [lost] = [
        pair
        for table in compare(review(with_it), review(without)).tables
        for pair in table.pairs
        if pair.about == about
    ]
    assert (lost.first, lost.second, lost.change) == ("P: 1 of 1", "not observed", Change.GONE)
    assert changes(compare(review(without), review(with_it)))[about] is Change.FOUND
    assert changes(compare(review(without), review(without)))[about] is Change.SAME
    assert '<td class="fixed bad">no longer observed</td>' in comparison_page(
        compare(review(with_it), review(without))
    )


def test_fewer_that_met_it_is_worse_also_within_a_rating() -> None:
    def met(count: int) -> DrillOutcome:
        copies = [copy("XBB", 1, 10 if number < count else 70, by=60) for number in range(10)]
        return drill(*(message(f"1.1.{n}", 0, each) for n, each in enumerate(copies)), objectives=(GOAL,))

    assert changes(compare(review(met(8)), review(met(6))))["O1 In a minute"] is Change.WORSE
    assert changes(compare(review(met(6)), review(met(8))))["O1 In a minute"] is Change.BETTER
