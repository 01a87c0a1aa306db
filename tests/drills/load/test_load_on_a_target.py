"""Where a load may be played: on gateways that are not live, under an agreement that covers all of it."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from drills.load.figures import LoadFigures, times
from drills.load.latencies import Latencies
from entente import drill_load
from entente.cli import build_app
from entente.drill_load import FAILED
from entente.drill_load_target import label_for, require_not_live
from entente.terminal import CommandFailed
from schemas.header import Kind


def agreement(
    *modes: str, parties: tuple[str, ...] = ("XAA", "XBB"), state: str = "in_force"
) -> dict[str, Any]:
    return {
        "id": "alerts",
        "state": state,
        "parties": [{"nation": nation} for nation in parties],
        "kinds": ["threat_alert"],
        "modes": modes,
        "highest": [{"policy": "REALM", "classification": "LIMITED"}],
    }


@pytest.mark.parametrize("state", ["in_force", "suspended", "not_yet_valid"])
def test_gateways_that_are_live_are_refused(state: str) -> None:
    live, exercise = agreement("EXERCISE", "OPERATION", state=state), agreement("EXERCISE")
    with pytest.raises(CommandFailed, match=r"gateway of XBB is live: agreement alerts"):
        require_not_live(("XAA", "XBB"), ([exercise], [exercise, live]))
    require_not_live(("XAA", "XBB"), ([exercise], [agreement("OPERATION", state="left")]))


@pytest.mark.parametrize(
    "held",
    [
        agreement("TEST"),
        agreement("EXERCISE", state="suspended"),
        agreement("EXERCISE", parties=("XAA", "XCC")),
    ],
    ids=["of another mode", "not in force", "not of all"],
)
def test_the_label_is_that_of_an_agreement_that_covers_all_of_it(held: dict[str, Any]) -> None:
    wanted = (Kind.THREAT_ALERT,)
    assert label_for(("XAA", "XBB"), [held, agreement("EXERCISE")], wanted).classification == "LIMITED"
    with pytest.raises(CommandFailed, match="XAA, XBB covers threat_alert"):
        label_for(("XAA", "XBB"), [held], wanted)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--mix", "rumour=1"), "no kind of message"),
        (("--rate", "0.01", "--duration", "1"), "no message at all"),
        (("--target", "t.yaml", "--nations", "3"), "go without it"),
    ],
)
def test_a_load_that_cannot_be_played_is_refused_before_anything_starts(
    tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandFailed, match=says):
        CliRunner().invoke(build_app("drill"), ["drill", "load", *options], catch_exceptions=False)


@pytest.mark.parametrize(
    ("what", "code"),
    [({}, 0), ({"lost": 1}, FAILED), ({"refused": {"GATEWAY_BUSY": 1}}, FAILED), ({"accepted": 0}, FAILED)],
    ids=["all arrived", "one lost", "one refused", "nothing was sent"],
)
def test_the_exit_code_says_whether_all_of_it_arrived_once(
    monkeypatch: pytest.MonkeyPatch, what: dict[str, Any], code: int
) -> None:
    none = times(Latencies())
    kept: dict[str, Any] = {each.name: 0 for each in fields(LoadFigures) if each.default is MISSING}
    kept |= {"nations": ("XAA",), "refused": {}, "undelivered": {}, "lateness": none, "exercise_id": "LOAD 1"}
    kept |= {"acceptance": {"all": none}, "delivery": {"all": none}, "accepted": 1, "processes": {}}
    kept |= {"acceptance_by_third": (), "delivery_by_third": (), "octets_per_message": {}}
    figures = LoadFigures(**(kept | what))
    monkeypatch.setattr(drill_load, "_in_own_realm", lambda *_: figures)
    result = CliRunner().invoke(build_app("drill"), ["drill", "load", "--json"], catch_exceptions=False)
    assert result.exit_code == code
    assert json.loads(result.stdout)["all_arrived"] == (code == 0)
