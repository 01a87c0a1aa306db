"""Drills against real gateways: what is as expected passes, and every broken expectation is found."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from entente.cli import build_app
from entente.drill import FAILED
from entente.terminal import CommandFailed
from tests.drills.drill_process import SMALL, Played


def drill(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and outcome of a run."""
    result = CliRunner().invoke(
        build_app("drill"),
        ["drill", "run", *arguments, "--reports", str(tmp_path / "reports"), "--json"],
        catch_exceptions=False,
    )
    outcome: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, outcome


def test_the_main_scenario_passes_with_every_attempt_stopped_by_its_own_rule(tmp_path: Path) -> None:
    code, outcome = drill(tmp_path, "baltic-guard")
    assert outcome["failures"] == []
    assert code == 0
    assert len(outcome["messages"]) == 48
    for attempt in outcome["attempts"]:
        assert attempt["stopped_by"] == attempt["expected"]
        assert attempt["reached"] == []
    (tear_lines,) = (message for message in outcome["messages"] if message["serial"] == "7.8.1")
    assert {each["nation"]: each["version"] for each in tear_lines["nations"]} == {
        "NOR": 0,
        "SWE": 0,
        "EST": 1,
        "POL": 1,
        "XAL": 1,
        "XVE": 2,
    }
    assert len({each["marking"] for each in tear_lines["nations"]}) == 3
    life = [(step["version"], step["step"], *set(step["states"].values())) for step in outcome["agreements"]]
    assert life == [
        (1, "propose", "proposed"),
        (1, "countersign", "proposed"),
        (1, "countersign", "in_force"),
        (1, "suspend", "suspended"),
        (1, "resume", "in_force"),
        (2, "propose", "proposed"),
        (2, "countersign", "proposed"),
        (2, "countersign", "in_force"),
        (2, "leave", "left"),
    ]
    lives = {life["begins"]: life["steps"] for life in outcome["lives"]}
    assert set(lives) == {"8.1.1", "8.2.2", "8.3.1", "9.1.1", "9.2.1"}
    assert lives["8.2.2"][-2]["shown"]["NOR"] == ["8.2.2 corrected", "8.2.3 cancelled"]
    assert lives["8.2.2"][-2]["shown"]["POL"] == ["8.2.6 current"]
    overdue, acknowledged = (step["shown"]["XAL"] for step in lives["8.1.1"][-2:])
    assert overdue == ["delivered", "acknowledgement overdue"]
    assert acknowledged[0].startswith("acknowledged, ")
    assert acknowledged[0].endswith(" s late")
    recalled, confirmed = lives["8.3.1"][-2:]
    assert recalled["shown"]["XAL"] == ["no answer yet"]
    assert confirmed["shown"]["XAL"] == ["8.3.1 recalled", "withdrawn"]
    assert confirmed["shown"]["SWE"] == ["8.3.1 recalled", "withdrawn, had been read"]
    assert lives["9.2.1"][-1]["shown"]["SWE"] == ["cancelled, an answer came too late"]
    (webhook,) = outcome["webhooks"]
    assert len(webhook["posts"]) == webhook["told"] > 0
    first = outcome["messages"][0]
    reached = [nation for nation in first["nations"] if nation["state"]]
    states = {nation["nation"]: nation["state"] for nation in reached}
    assert states == {"FIN": "acknowledged", "NOR": "delivered", "POL": "delivered", "SWE": "actioned"}
    assert all(nation["latency_ms"] > 0 for nation in reached)


def test_a_small_drill_passes_and_its_report_stands_alone(played: Played) -> None:
    assert (played.code, played.outcome["failures"]) == (0, [])
    (html,) = played.reports.glob("*.html")
    (stored,) = played.reports.glob("*.json")
    assert json.loads(stored.read_text())["messages"] == played.outcome["messages"]
    page = html.read_text(encoding="utf-8")
    found = _Page(page)
    assert found.fetched == [], "nothing is fetched from anywhere"
    assert "script" not in found.tags
    for words in (
        "An alert for XBB alone",
        "NOT_IN_RELEASE_SET",
        "SUBJECT_MISMATCH",
        "EXERCISE REALM CLOSED",
    ):
        assert words in page
    for words in ("Agreements over time", "Release decisions by code", "classify it LIMITED or lower"):
        assert words in page
    for words in (
        "The life of messages",
        "1.1 cancelled",
        "told: what it has is cancelled",
        "as a first message",
    ):
        assert words in page


def test_the_outcome_counts_decisions_by_code_and_follows_agreements(played: Played) -> None:
    counts = {each["code"]: (each["count"], each["injects"]) for each in played.outcome["decisions_by_code"]}
    # 1.1, its acknowledgement and its update each for one nation, not for the other; the preview for neither.
    assert counts == {
        "RELEASE_PERMITTED": (3, ["1.1", "1.2", "6.2"]),
        "NOT_IN_RELEASE_SET": (4, ["1.1", "1.2", "6.2", "4.1"]),
        "CLASSIFICATION_TOO_HIGH": (1, ["4.1"]),
    }
    (step,) = played.outcome["agreements"]
    assert (step["nation"], step["step"], step["id"]) == ("XAA", "propose", "three")
    assert set(step["states"].values()) == {"proposed"}
    assert step["took_ms"] > 0


BROKEN = {
    "must_have: [XBB], must_never: {XCC: NOT_IN_RELEASE_SET}": (
        "must_have: [XCC], must_never: {XBB: NOT_ADDRESSED}",
        [
            "1.1 at XCC: must have it, but it is NOT_IN_RELEASE_SET",
            "1.1 at XBB: must never have it, and got it",
        ],
    ),
    "refused: CLASSIFICATION_TOO_HIGH": (
        "refused: RELEASE_SET_EMPTY",
        [],
    ),
    "label: {classification: CLOSED}": (
        "label: {classification: OPEN}",
        ["2.1: must be stopped by RELEASE_SET_EMPTY, but was by nothing; must reach nobody, and reached XBB"],
    ),
    'marking: "REALM: LIMITED//REL TO XBB"': (
        'marking: "REALM: LIMITED"',
        ["1.1: the marking must be REALM: LIMITED, but is REALM: LIMITED//REL TO XBB"],
    ),
    "decisions: {XBB: CLASSIFICATION_TOO_HIGH}, says: [LIMITED]": (
        "decisions: {XBB: NO_AGREEMENT}, says: [OPEN SEA]",
        [
            "4.1: the decision for XBB must be NO_AGREEMENT, but is CLASSIFICATION_TOO_HIGH; "
            "publishing it must be RELEASE_SET_EMPTY, but would be CLASSIFICATION_TOO_HIGH; "
            "it must say 'OPEN SEA', and does not"
        ],
    ),
    "XBB: proposed, XCC: proposed": (
        "XBB: in_force, XCC: proposed",
        ["5.1: the agreement must be in_force at XBB, but is "],
    ),
    "rejected: TRUST_SIGNATURE, agreement: {XAA: proposed}": (
        "rejected: KEY_UNKNOWN, agreement: {XAA: in_force}",
        [
            "5.2: the agreement must be in_force at XAA, but is proposed; "
            "must be stopped by KEY_UNKNOWN, but was by TRUST_SIGNATURE"
        ],
    ),
    "shares: {XBB: CANCELLATION, XCC: FRESH}": (
        "shares: {XBB: UPDATE, XCC: NOTHING}",
        [
            "6.2 at XBB: must get UPDATE of the change, but gets CANCELLATION",
            "6.2 at XCC: must get NOTHING of the change, but gets FRESH",
        ],
    ),
    'XBB: {"1.1": CANCELLED}, XCC': (
        'XBB: {"1.1": UPDATED}, XCC',
        ["6.2: XBB must have 1.1 UPDATED, but has 1.1 "],
    ),
    "confirmed: {XCC: WITHDRAWN}": (
        "confirmed: {XBB: NOT_HELD, XCC: NOT_HELD}",
        [
            "6.3: XBB must have answered the recall with NOT_HELD, but answered with nothing; "
            "XCC must have answered the recall with NOT_HELD, but answered with "
        ],
    ),
    "posted: [message.cancelled]": (
        "posted: [message.cancelled, message.recalled]",
        ["6.1: message.recalled must be posted, and was not"],
    ),
    "rejected: SUBJECT_MISMATCH": (
        "rejected: SIGNATURE_INVALID",
        ["3.1: must be stopped by SIGNATURE_INVALID, but was by SUBJECT_MISMATCH"],
    ),
}
"""What is expected -> what is expected wrongly, and how the failures begin that tell so.

Patience is short here, since nothing of it comes: what a nation is seen to have instead may be what it had
before.
"""


def test_every_kind_of_expectation_that_is_broken_is_found_and_the_exit_code_says_so(
    tmp_path: Path,
) -> None:
    text = SMALL.read_text(encoding="utf-8")
    wanted: list[str] = []
    for right, (wrong, failures) in BROKEN.items():
        assert right in text
        text = text.replace(right, wrong)
        wanted += failures
    file = tmp_path / "broken.yaml"
    file.write_text(text, encoding="utf-8")
    code, outcome = drill(tmp_path, str(file), "--settle", "2")
    assert code == FAILED
    for sentence in wanted:
        assert any(failure.startswith(sentence) for failure in outcome["failures"]), sentence
    assert any("XBB holds message" in failure for failure in outcome["failures"])


CAP = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>{name}</identifier><sender>s@example.org</sender><sent>2020-01-02T03:04:05+00:00</sent>
<status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>{references}
<info><category>Fire</category><event>Wildfire</event><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Observed</certainty><headline>Fire {name}</headline></info></alert>"""


TERMS = (
    *("--as-exercise", "CAP 1", "--policy", "REALM", "--classification", "LIMITED"),
    *("--releasable-to", "XBB", "--releasable-to", "XCC"),
)


def test_cap_files_are_played_as_an_exercise_and_shown_file_by_file(tmp_path: Path) -> None:
    directory = tmp_path / "alerts"
    (directory / "deeper").mkdir(parents=True)
    (directory / "a.cap").write_text(CAP.format(name="fire-1", kind="Alert", references=""))
    earlier = "<references>s@example.org,fire-1,2020-01-02T03:04:05+00:00</references>"
    (directory / "deeper" / "b.xml").write_text(CAP.format(name="fire-2", kind="Update", references=earlier))
    (directory / "c.cap").write_text("<alert")
    (directory / "d.cap").write_text(CAP.format(name="fire-3", kind="Update", references=""))
    (directory / "read.me").write_text("no alert")
    code, outcome = drill(tmp_path, str(SMALL), "--cap", str(directory), *TERMS)
    assert (code, outcome["failures"]) == (0, [])
    files = {file["file"]: file for file in outcome["files"]}
    assert set(files) == {"a.cap", "c.cap", "d.cap", "deeper/b.xml"}
    assert [files[name]["taken"] for name in ("a.cap", "deeper/b.xml", "c.cap", "d.cap")] == [1, 1, 0, 0]
    assert files["c.cap"]["refused"][0].startswith("CAP_")
    assert files["d.cap"]["refused"][0].startswith("CAP_REFERENCE_MISSING")
    assert len(outcome["messages"]) == 2
    for message in outcome["messages"]:
        assert {nation["state"] for nation in message["nations"]} == {"delivered"}
        assert len(message["nations"]) == 2


class _Page(HTMLParser):
    """The tags of a page, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        pytest.param(TERMS[2:], "--as-exercise", id="no exercise to enter"),
        pytest.param(TERMS[:2], "nothing stands in for it", id="no label"),
        pytest.param(TERMS[:6], "nothing stands in for it", id="a label that releases to nobody"),
    ],
)
def test_alerts_do_not_play_without_exercise_and_label(
    tmp_path: Path, flags: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandFailed, match=words):
        CliRunner().invoke(
            build_app("drill"),
            ["drill", "run", str(SMALL), "--cap", str(tmp_path), *flags],
            catch_exceptions=False,
        )
