"""The exercise of five navies, set up and played by the commands of docker-compose.yml. No containers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bus.keystore import write_secret
from drills.scenario_file import find_scenario
from entente.terminal import CommandFailed
from tests.drills.elsewhere import entente, gateways_elsewhere


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The target file of its five gateways."""
    with gateways_elsewhere(tmp_path_factory.mktemp("navies"), "ocean-accord") as file:
        yield file


def test_the_five_navies_have_the_same_calendar_as_far_as_each_may_have_it(
    target: Path, tmp_path: Path
) -> None:
    printed = entente("drill", "run", "ocean-accord", "--target", target, "--reports", tmp_path, "--json")
    outcome: dict[str, Any] = json.loads(printed)
    assert outcome["failures"] == []
    assert {attempt["serial"]: attempt["stopped_by"] for attempt in outcome["attempts"]} == {
        "2.1.1": "NOTICE_TOO_LATE",
        "3.1.4": "CHANGE_NOT_CURRENT",
        "3.1.5": "REFERENCE_NOT_ORIGINATOR",
    }
    lives = {life["begins"]: life["steps"][-1]["shown"] for life in outcome["lives"]}
    assert lives["1.2.1"]["XEE"] == ["1.2.1 updated", "1.2.3 cancelled"]
    assert lives["1.3.1"]["XAA"] == ["1.3.1 cancelled"]
    assert "XEE" not in lives["1.3.1"], "who was never told learns nothing of the end"


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """One inject of it."""
    whole: dict[str, Any] = yaml.load(find_scenario("ocean-accord").read_bytes(), yaml.BaseLoader)
    whole["injects"] = [{**each, "at": 0} for each in whole["injects"] if each["serial"] == "2.1.2"]
    for inject in whole["injects"]:
        inject["publish"]["body"] |= {"below_threshold": True, "live_fire": False}
        inject["publish"]["body"]["areas"] = [{"description": "Dun Sound"}]
    del whole["objectives"]
    whole["expectations"] = [each for each in whole["expectations"] if each["inject"] == "2.1.2"]
    file = tmp_path / "short.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=False))
    return file


def test_a_drill_does_not_mind_what_stood_in_inboxes_before_it(
    target: Path, short: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        printed = entente("drill", "run", short, "--target", target, "--reports", tmp_path, "--json")
        assert len(json.loads(printed)["messages"]) == 1


def test_a_key_that_a_gateway_does_not_know_is_told_before_anything_is_played(
    target: Path, short: Path, tmp_path: Path
) -> None:
    text = target.read_text().replace("key_file: ", f"key_file: {target.parent}/")
    write_secret(tmp_path / "wrong.key", (target.parent / "XAA" / "partner.key").read_bytes())
    wrong = tmp_path / "target.yaml"
    wrong.write_text(text.replace(f"{target.parent}/XBB/partner.key", str(tmp_path / "wrong.key")))
    with pytest.raises(CommandFailed, match=r"gateway of XBB.*CREDENTIALS_INVALID"):
        entente("drill", "run", short, "--target", wrong)


def test_a_load_on_their_gateways_loses_nothing_and_says_how_long_it_took(target: Path) -> None:
    asked = ("--rate", "20", "--duration", "1", "--seed", "1", "--mix", "exercise_notice=3,acknowledgement=1")
    figures: dict[str, Any] = json.loads(entente("drill", "load", "--target", target, *asked, "--json"))
    assert figures["all_arrived"]
    assert figures["offered"] + figures["without_occasion"] == 20
    assert figures["accepted"] == figures["acceptance"]["all"]["count"] == figures["offered"]
    assert 3 * figures["accepted"] < figures["copies"] == figures["delivered"]
    assert figures["acceptance"]["all"]["p50"] > 0 < figures["delivery"]["all"]["p50"]
    with pytest.raises(CommandFailed, match="covers threat_alert in mode EXERCISE"):
        entente("drill", "load", "--target", target, "--mix", "threat_alert=1")
