"""Which releases wait for a second person: the fixed rule, and the nation's own file, read strictly."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.trust import TrustStore
from gateways.releasing.policy import (
    MAX_FILE_BYTES,
    ReleasePolicy,
    ReleasePolicyError,
    TwoPersonRule,
    read_release_policy,
    why_two_persons,
)
from schemas.header import Kind, Mode, Precedence
from schemas.label import DraftLabel
from tests.realm_fixtures import NOW, make_realm

TRUST = make_realm().trust
LEVELS = sorted(TRUST.ranks["NATO"], key=TRUST.ranks["NATO"].__getitem__)
SECRET: dict[str, Any] = {"policy": "NATO", "classification": "NATO SECRET"}


def label(classification: str, policy: str = "NATO") -> DraftLabel:
    return DraftLabel(policy=policy, classification=classification, releasable_to=("XBB",))


def waits(
    *rules: dict[str, Any],
    kind: Kind = Kind.THREAT_ALERT,
    mode: Mode = Mode.OPERATION,
    precedence: Precedence = Precedence.ROUTINE,
    labels: tuple[DraftLabel, ...] = (label("NATO RESTRICTED"),),
    trust: TrustStore = TRUST,
) -> bool:
    policy = ReleasePolicy(two_person=tuple(TwoPersonRule(**rule) for rule in rules))
    return why_two_persons(policy, kind, mode, precedence, labels, trust, NOW) is not None


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("precedence", list(Precedence))
def test_without_a_file_flash_in_operation_waits_and_nothing_else(mode: Mode, precedence: Precedence) -> None:
    expected = (mode, precedence) == (Mode.OPERATION, Precedence.FLASH)
    assert waits(mode=mode, precedence=precedence) is expected


def test_an_acknowledgement_of_a_flash_waits_for_nobody_unless_the_nation_says_so() -> None:
    flash: dict[str, Any] = {"precedence": Precedence.FLASH}
    every_rule_but = {"kinds": tuple(kind for kind in Kind if kind is not Kind.ACKNOWLEDGEMENT)}
    assert not waits(kind=Kind.ACKNOWLEDGEMENT, **flash)
    assert not waits(every_rule_but, kind=Kind.ACKNOWLEDGEMENT, **flash)
    assert waits({"precedences": (Precedence.FLASH,)}, kind=Kind.ACKNOWLEDGEMENT, **flash)
    assert waits({"kinds": (Kind.ACKNOWLEDGEMENT,)}, kind=Kind.ACKNOWLEDGEMENT, **flash)
    assert all(waits(kind=kind, **flash) for kind in Kind if kind is not Kind.ACKNOWLEDGEMENT)


def test_no_file_takes_flash_in_operation_out() -> None:
    assert waits({"kinds": (Kind.ACKNOWLEDGEMENT,), "modes": (Mode.TEST,)}, precedence=Precedence.FLASH)


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS))
def test_a_level_waits_when_it_is_the_named_one_or_above(named: str, level: str) -> None:
    expected = TRUST.ranks["NATO"][level] >= TRUST.ranks["NATO"][named]
    assert waits({"policy": "NATO", "classification": named}, labels=(label(level),)) is expected


def test_one_of_several_labels_is_enough() -> None:
    low, high = label("NATO RESTRICTED"), label("NATO SECRET")
    assert not waits(SECRET, labels=(low,))
    assert waits(SECRET, labels=(low, high))
    assert waits(SECRET, labels=(high, low))


def test_a_rule_says_operation_unless_it_says_more() -> None:
    high = (label("NATO SECRET"),)
    assert not waits(SECRET, labels=high, mode=Mode.EXERCISE)
    assert waits(SECRET | {"modes": (Mode.EXERCISE,)}, labels=high, mode=Mode.EXERCISE)
    assert not waits(SECRET | {"modes": (Mode.EXERCISE,)}, labels=high)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, True, id="everything fits"),
        pytest.param({"kind": Kind.EXERCISE_NOTICE}, False, id="another kind"),
        pytest.param({"precedence": Precedence.ROUTINE}, False, id="another precedence"),
        pytest.param({"labels": (label("NATO CONFIDENTIAL"),)}, False, id="a lower level"),
        pytest.param({"mode": Mode.TEST}, False, id="another mode"),
    ],
)
def test_a_rule_holds_for_what_all_of_it_is_true_of(changed: dict[str, Any], expected: bool) -> None:
    rule = SECRET | {"kinds": (Kind.THREAT_ALERT,), "precedences": (Precedence.PRIORITY,)}
    given: dict[str, Any] = {"precedence": Precedence.PRIORITY, "labels": (label("NATO SECRET"),)}
    assert waits(rule, **given | changed) is expected


def test_what_cannot_be_compared_waits() -> None:
    assert waits(SECRET, labels=(label("LIMITED", "REALM"),)), "no equivalence leads from REALM to NATO"
    assert waits({"policy": "NATO", "classification": "NATO SECERT"}), "the realm has no such level"
    assert waits({"policy": "NOWHERE", "classification": "HIGH"}), "the realm has no such policy"


@given(st.sampled_from(LEVELS), st.lists(st.sampled_from(LEVELS), max_size=3))
def test_a_further_rule_never_lets_anything_through(level: str, named: list[str]) -> None:
    rules = [{"policy": "NATO", "classification": name} for name in named]
    labels = (label(level),)
    assert waits(*rules[:-1], labels=labels) <= waits(*rules, labels=labels)


def test_the_sentence_names_the_rule() -> None:
    policy = ReleasePolicy(two_person=(TwoPersonRule(kinds=(Kind.EXERCISE_NOTICE,)), TwoPersonRule(**SECRET)))
    why = why_two_persons(
        policy,
        Kind.THREAT_ALERT,
        Mode.OPERATION,
        Precedence.ROUTINE,
        [label("NATO SECRET")],
        TRUST,
        NOW + timedelta(days=1),
    )
    assert why == "Rule 2 of this nation's release policy: NATO SECRET and above, OPERATION."


def test_the_documented_file_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")
    file = tmp_path / "release.yaml"
    file.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    first, second = read_release_policy(file).two_person
    assert (first.classification, first.modes) == ("NATO SECRET", (Mode.OPERATION,))
    assert second.precedences == (Precedence.FLASH, Precedence.IMMEDIATE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("two_person: [{}]", "names a classification, kinds or precedences", id="an empty rule"),
        pytest.param("two_person: [{modes: [TEST]}]", "names a classification", id="a rule of modes alone"),
        pytest.param("two_person: [{policy: NATO}]", "go together", id="a policy without a level"),
        pytest.param("two_person: [{kinds: []}]", "line 1", id="no kinds"),
        pytest.param("two_person: [{kinds: [alert]}]", "line 1", id="a kind there is not"),
        pytest.param("two_persons: []", "line 1", id="a member there is not"),
        pytest.param("two_person: [{kinds: [threat_alert], kinds: [threat_alert]}]", "twice", id="twice"),
        pytest.param("v: 2\ntwo_person: []", "line 1", id="a version there is not"),
        pytest.param("", "empty", id="nothing"),
        pytest.param("two_person: &a [*a]", "anchors", id="an alias"),
        pytest.param("#" * (MAX_FILE_BYTES + 1), "larger", id="far too much"),
    ],
)
def test_a_file_that_is_not_quite_right_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "release.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ReleasePolicyError, match=words):
        read_release_policy(file)


def test_a_file_that_is_not_there_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(ReleasePolicyError, match="cannot be read"):
        read_release_policy(tmp_path / "release.yaml")
