"""Scenarios are judged before anything starts: what is wrong is named with its line."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bus.known.reviewed import known_policies
from bus.protocol import deadlines, standings, succession
from bus.protocol.delivery_states import SHOWN
from drills.expectation import AgreementState
from drills.injects import DraftTemplate, InjectReference, TearLineTemplate
from drills.levels_named import misnamed
from drills.life_expectation import Awaited, Gets, State, Status
from drills.life_injects import RequestMove
from drills.placeholders import PlaceholderError, PlayedMessage, filled_in
from drills.scenario import LIFE
from drills.scenario_file import ScenarioError, find_scenario, list_scenarios, load_scenario
from schemas.agreement import ActKind
from schemas.header import Relation
from schemas.strict_json import parse

SMALL = Path(__file__).with_name("small.yaml")
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_every_scenario_that_comes_along_loads_and_judges_every_inject() -> None:
    listed = list_scenarios()
    assert "baltic-guard" in {each.name for each in listed}
    for each in listed:
        for inject in each.scenario.injects:
            assert each.scenario.expectation(inject.serial).inject == inject.serial
        assert [*misnamed(each.scenario, known_policies())] == []


def test_the_main_scenario_holds_what_the_issue_asks_for() -> None:
    scenario = load_scenario(find_scenario("baltic-guard"))
    invented = [planned.nation for planned in scenario.realm.nations if planned.nation.startswith("X")]
    assert (len(scenario.realm.nations), invented) == (7, ["XAL", "XVE"])
    published = [whole for each in scenario.injects if each.publish and (whole := scenario.template(each))]
    kinds = [template.header["kind"] for template in published]
    assert set(kinds) == {"threat_alert", "exercise_notice", "information_request", "information_response"}
    notice = next(each for each in published if each.header["kind"] == "exercise_notice")
    assert notice.body["notification_basis"] == "VD11"
    assert len(notice.body["forces"]) == 3
    attempts = [inject for inject in scenario.injects if inject.attempt]
    hostile = [inject for inject in scenario.injects if inject.hostile]
    assert len(attempts) >= 10
    assert len(hostile) >= 4
    against_agreements = {inject.nation for inject in hostile if inject.hostile and inject.hostile.agreement}
    assert against_agreements == {"XVE"}, "no real state forges an agreement, not even in an exercise"
    lived = {kind for inject in scenario.injects for kind in LIFE if getattr(inject, kind) is not None}
    assert lived == set(LIFE)
    moves = {inject.request.act for inject in scenario.injects if inject.request}
    assert moves == set(RequestMove)
    expected = scenario.expectations
    assert {gets for each in expected for gets in each.shares.values()} == set(Gets)
    steps = {inject.step.act[0] for inject in scenario.injects if inject.step and inject.step.act}
    assert steps == set(ActKind)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        pytest.param("    as: XCC", "    as: XDD", None, "nation XDD", id="a nation outside the realm plays"),
        pytest.param('serial: "2.1"', 'serial: "1.2"', None, "twice", id="a serial stands twice"),
        pytest.param(
            "at: 3", "at: 0", None, "order of their time", id="an inject stands before an earlier one"
        ),
        pytest.param(
            '{inject: "1.1", level: ACTIONED',
            '{inject: "2.1", level: ACTIONED',
            None,
            "earlier message 2.1",
            id="something is acknowledged that was never a message",
        ),
        pytest.param(
            '  - {inject: "1.2", must_have: [XAA]}\n',
            "",
            None,
            "do not go together",
            id="an inject is not judged",
        ),
        pytest.param(
            ", must_never: {XCC: NOT_IN_RELEASE_SET}",
            "",
            None,
            "every other nation",
            id="nobody says what becomes of a nation",
        ),
        pytest.param(
            "refused: CLASSIFICATION_TOO_HIGH",
            "refused: TOO_HIGH",
            109,
            "did you mean CLASSIFICATION_TOO_HIGH?",
            id="a code that does not exist",
        ),
        pytest.param(
            "rejected: SUBJECT_MISMATCH",
            "refused: SUBJECT_MISMATCH",
            None,
            "goes with attempt",
            id="a hostile act is judged like an attempt",
        ),
        pytest.param(
            "precedence: IMMEDIATE", "precedence: SOON", None, "inject 1.1", id="a draft is malformed"
        ),
        pytest.param('"{now+1h}"', '"{now+1y}"', None, "is not {now}", id="a time that is none"),
        pytest.param("severity: Minor", "severety: Minor", None, "inject 1.1", id="a member is misspelt"),
        pytest.param(
            '"{now-5m}"', '"{now+5m}"', None, "observed_at lies after", id="a draft no gateway would take"
        ),
        pytest.param(
            'act: FORGE_ORIGINATOR, victim: XAA, target: XBB, inject: "1.1"',
            "act: FORGE_ORIGINATOR, victim: XAA, target: XBB",
            79,
            "needs draft",
            id="a forgery without material",
        ),
        pytest.param(
            'victim: XBB, target: XAA, agreement: "5.1"}',
            "victim: XBB, target: XAA}",
            105,
            "need agreement",
            id="a forged countersignature on nothing",
        ),
        pytest.param(
            'agreement: "5.1"}',
            'agreement: "1.1"}',
            None,
            "earlier proposal 1.1",
            id="an act on no agreement",
        ),
        pytest.param(
            "    agreement:\n      propose:",
            '    agreement:\n      leave: "5.1"\n      propose:',
            91,
            "and no other",
            id="two steps on an agreement at once",
        ),
        pytest.param(
            "parties: [XAA, XBB, XCC]\n        kinds",
            "parties: [XAA]\n        kinds",
            None,
            "inject 5.1",
            id="a proposal that no gateway would take",
        ),
        pytest.param(
            '  - {inject: "5.1", agreement: {XAA: proposed, XBB: proposed, XCC: proposed}}\n',
            '  - {inject: "5.1"}\n',
            None,
            "what the agreement is afterwards",
            id="nobody says what becomes of an agreement",
        ),
        pytest.param(
            "refused: CLASSIFICATION_TOO_HIGH, decisions: {XBB: CLASSIFICATION_TOO_HIGH}, says: [LIMITED]",
            "says: [LIMITED]",
            None,
            "judged by decisions",
            id="a preview that nobody judges",
        ),
        pytest.param(
            '    preview:\n      like: "1.1"',
            '    preview:\n      like: "2.1"',
            None,
            "earlier draft 2.1",
            id="a draft like an attempt",
        ),
        pytest.param(
            '    preview:\n      like: "1.1"\n',
            "    preview:\n      body: {}\n",
            84,
            "or like and what differs",
            id="half a draft",
        ),
        pytest.param(
            '    attempt:\n      like: "1.1"\n',
            "    attempt:\n",
            51,
            "one of draft, like",
            id="an attempt at nothing",
        ),
        pytest.param(
            "  - {nation: XBB, display_name: B}\n",
            "  - {nation: XBB, display_nam: B}\n",
            8,
            "display_nam",
            id="a misspelt member of the realm",
        ),
        pytest.param(
            '{inject: "6.3", confirmed: {XCC: WITHDRAWN}, overdue: {}}',
            '{inject: "6.3"}',
            None,
            "what has become of the message",
            id="nobody says what becomes of a recalled message",
        ),
        pytest.param(
            '{inject: "4.1", ',
            '{inject: "4.1", overdue: {}, ',
            None,
            "where there is none",
            id="the life of a message that was only previewed",
        ),
        pytest.param(
            "confirmed: {XCC: WITHDRAWN}, overdue: {}",
            "overdue: {}, had_read: [XCC]",
            None,
            "had_read goes with confirmed",
            id="reading is told of without a recall",
        ),
        pytest.param(
            '{inject: "6.1", posted: [message.cancelled]}',
            '{inject: "6.1"}',
            None,
            "posted goes with webhook",
            id="a webhook that nobody judges",
        ),
        pytest.param(
            "overdue: {}}",
            "overdue: {}, shares: {XCC: FRESH}}",
            None,
            "goes with what changes",
            id="shares of what changes nothing",
        ),
        pytest.param(
            'recall: {inject: "6.2"',
            'recall: {inject: "2.1"',
            None,
            "earlier message 2.1",
            id="a recall of what was never a message",
        ),
        pytest.param(
            'XCC: {"6.2": CURRENT}}',
            'XDD: {"6.2": CURRENT}}',
            None,
            "nations XDD",
            id="a message stands at a nation outside the realm",
        ),
    ],
)
def test_a_scenario_with_a_mistake_is_refused(
    tmp_path: Path, old: str, new: str, line: int | None, words: str
) -> None:
    text = SMALL.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load_scenario(file)
    assert words in str(refused.value)
    assert str(file) in str(refused.value)
    assert ("line " if line is None else f"line {line}, ") in str(refused.value)
    assert "line 1, column 1:" not in str(refused.value), "it names the place, not the file"


def test_a_scenario_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="baltic-guard"):
        find_scenario("baltic-gard")


def test_times_ids_and_digests_are_filled_in_and_nothing_else_is_touched() -> None:
    template = DraftTemplate(
        header={"expires_at": "{now+2h}", "subject": "a {now} in the middle stays"},
        label={"releasable_to": ["XBB"]},
        body={"texts": [{"a": "{now}", "b": "{now-1d}"}], "count": 3, "flag": True},
        references=(InjectReference(inject="1.1", relation=Relation.UPDATES),),
    )
    played = {"1.1": PlayedMessage("id-1", "XAA", "sha256:" + "0a" * 32)}
    filled = parse(filled_in(template, now=NOW, played=played), 10_000)
    assert filled["header"]["expires_at"] == "2026-03-02T11:30:00Z"
    assert filled["header"]["subject"] == "a {now} in the middle stays"
    assert filled["body"] == {
        "texts": [{"a": "2026-03-02T09:30:00Z", "b": "2026-03-01T09:30:00Z"}],
        "count": 3,
        "flag": True,
    }
    assert filled["header"]["references"] == [
        {"message_id": "id-1", "originator": "XAA", "digest": "sha256:" + "0a" * 32, "relation": "updates"}
    ]
    wrong = parse(filled_in(template, now=NOW, played=played, misquote_digest=True), 10_000)
    assert wrong["header"]["references"][0]["digest"] == "sha256:" + "a0" * 32


@pytest.mark.parametrize("text", ["{now+}", "{now+3}", "{now 3d}", "{now+3w}", "{now+-3d}", "{nowhere}"])
def test_a_placeholder_that_is_none_is_refused(text: str) -> None:
    template = DraftTemplate(header={"expires_at": text}, label={}, body={})
    with pytest.raises(PlaceholderError):
        filled_in(template, now=NOW + timedelta(0), played={})


def test_a_reference_to_what_was_not_played_is_refused() -> None:
    template = DraftTemplate(
        header={}, label={}, body={}, references=(InjectReference(inject="9.9", relation=Relation.REPLIES),)
    )
    with pytest.raises(PlaceholderError, match=r"9\.9"):
        filled_in(template, now=NOW, played={})


def test_states_that_expectations_may_name_are_those_that_gateways_show() -> None:
    assert {state.value for state in AgreementState} == {state.value for state in standings.AgreementState}
    assert {state.value for state in State} >= set(SHOWN.values()) - {"pending_release"}
    for ours, theirs in ((Status, succession.Status), (Gets, succession.Gets), (Awaited, deadlines.Awaited)):
        assert {each.value for each in ours} == {each.value for each in theirs}


def test_a_draft_like_another_changes_what_it_names_and_keeps_the_rest() -> None:
    scenario = load_scenario(SMALL)
    whole = scenario.template(scenario.inject("4.1"))
    first = scenario.inject("1.1").publish
    assert whole is not None
    assert first is not None
    assert (whole.header, whole.body) == (first.header, first.body)
    assert whole.label == {**first.label, "classification": "CLOSED"}
    gone = DraftTemplate(like="1.1", header={"expires_at": None}).on(first)
    assert gone.header == {name: first.header[name] for name in first.header if name != "expires_at"}


def test_tear_lines_are_filled_in_as_the_draft_itself() -> None:
    version = TearLineTemplate(label={}, subject="s", body={"at": "{now-1d}"})
    template = DraftTemplate(header={}, label={}, body={}, tear_lines=(version,))
    filled = parse(filled_in(template, now=NOW, played={}), 10_000)
    assert filled["tear_lines"] == [{"label": {}, "subject": "s", "body": {"at": "2026-03-01T09:30:00Z"}}]


@pytest.mark.parametrize(
    ("name", "says"),
    [("nowhere.yaml", "no file and no scenario 'nowhere.yaml'; those"), (".", "'.' is a directory: give")],
    ids=["nothing of that name", "a directory"],
)
def test_a_name_that_is_no_scenario_is_told_as_what_it_is(name: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(says)):
        find_scenario(name)
