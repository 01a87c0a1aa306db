"""Actors against real gateways: what they owe is done, repeatably, and nobody is told the script."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from drills.actors import Misbehaviour
from drills.after_action.reviewing import review
from drills.misbehaving import STOPPED_BY
from drills.outcome import DrillOutcome
from entente.cli import build_app
from entente.drill import FAILED
from tests.drills.elsewhere import gateways_elsewhere

ACTORS = Path(__file__).with_name("actors.yaml")
SEED = 7
SCRIPT = (b"MARKER-OBJECTIVE", b"MARKER-ACTOR", b"MARKER-EXPECTATION")
"""Words of the objectives, the actors and the expectations; not of any draft."""
DRAFTED = b"CONTROL-WORD"


class _Heard(httpx.AsyncClient):
    """A client that keeps all that it sends."""

    sent: bytearray

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, event_hooks={"request": [self._hear]})

    async def _hear(self, request: httpx.Request) -> None:
        head = b"\n".join(name + b": " + value for name, value in request.headers.raw)
        self.sent += str(request.url).encode() + b"\n" + head + b"\n" + await request.aread() + b"\n"


class _Twice:
    """Both outcomes, all that was sent, and every file of gateways and broker."""

    def __init__(self, outcomes: list[DrillOutcome], sent: bytes, kept: dict[str, bytes]) -> None:
        self.outcomes = outcomes
        self.sent = sent
        self.kept = kept


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Twice]:
    home, reports = tmp_path_factory.mktemp("realm"), tmp_path_factory.mktemp("reports")
    outcomes: list[DrillOutcome] = []
    with pytest.MonkeyPatch.context() as patch, gateways_elsewhere(home, str(ACTORS)) as target:
        patch.setattr(_Heard, "sent", bytearray(), raising=False)
        patch.setattr("drills.connecting.httpx.AsyncClient", _Heard)
        for _ in range(2):
            words = ("drill", "run", ACTORS, "--target", target, "--seed", SEED, "--json")
            where = ("--reports", reports, "--folder", reports / "journals")
            result = CliRunner().invoke(
                build_app("drill"), [str(word) for word in (*words, *where)], catch_exceptions=False
            )
            assert result.exit_code == FAILED, result.output
            told = json.loads(result.stdout)
            told.pop("failures")
            outcomes.append(DrillOutcome.model_validate(told, strict=False))
        kept = {
            str(file.relative_to(home)): file.read_bytes()
            for place in ("store", *outcomes[0].nations)
            for file in sorted((home / place).rglob("*"))
            if file.is_file()
        }
        yield _Twice(outcomes, bytes(_Heard.sent), kept)


def test_everything_that_actors_owe_is_done_and_as_expected(twice: _Twice) -> None:
    outcome = twice.outcomes[0]
    assert outcome.failures == (
        "1.1: the marking must be MARKER-EXPECTATION, but is REALM: LIMITED//REL TO XBB, XCC",
    )
    done = {each.serial: (each.does, each.code) for each in outcome.actors}
    assert list(done) == [
        *("1.1-A1", "1.1-A2", "2.1-A3", "2.1-A4", "2.1-A5", "2.2-A4", "2.2-A4-A7", "2.2-A6"),
        *(f"3.1-A{number}" for number in range(8, 14)),
    ]
    stopped = {Misbehaviour(does): code for does, code in done.values() if code}
    assert {how: (stopped[how],) for how in Misbehaviour} == {
        how: tuple(code.value for code in codes[:1]) for how, codes in STOPPED_BY.items()
    }
    waited = {each.serial: each.waited_seconds for each in outcome.actors}
    assert 60 <= waited["1.1-A1"] <= 180
    for each in outcome.actors:
        assert each.exercise_seconds is not None
        assert each.exercise_seconds >= waited[each.serial]
    planned = {"1.1": 0, "1.2": 480, "3.1": 540}
    played = {each.serial: each.exercise_seconds or 0.0 for each in outcome.injects}
    assert all(played[serial] >= moment for serial, moment in planned.items())


def test_what_actors_send_counts_like_what_injects_send(twice: _Twice) -> None:
    outcome = twice.outcomes[0]
    answers = {each.serial: (each.originator, each.answers) for each in outcome.messages if each.answers}
    assert answers == {
        "2.1-A3": ("XBB", "2.1"),
        "2.1-A4": ("XBB", "2.1"),
        "2.1-A5": ("XCC", "2.1"),
        "2.2-A4": ("XBB", "2.2"),
        "2.2-A6": ("XAA", "2.2"),
    }
    found = review(outcome)
    given = {each.nation: (each.owed, each.given, each.by_script) for each in found.cooperation}
    assert given == {"XAA": (1, 1, 0), "XBB": (3, 3, 0), "XCC": (3, 2, 1)}
    timed = {
        (each.nation, each.what.value): each.came for each in found.timings if each.precedence == "FLASH"
    }
    assert (timed["XBB", "ACKNOWLEDGED"], timed["XCC", "ACKNOWLEDGED"]) == (1, 0)


def test_the_same_seed_gives_the_same_drill(twice: _Twice) -> None:
    first, second = twice.outcomes
    assert first.fingerprint == second.fingerprint != ""
    assert (first.seed, first.speed) == (second.seed, second.speed) == (SEED, 300)
    assert [each.waited_seconds for each in first.actors] == [each.waited_seconds for each in second.actors]
    assert {each.message_id for each in first.messages}.isdisjoint(
        each.message_id for each in second.messages
    )


def test_no_word_of_objectives_actors_and_expectations_reaches_a_gateway_or_the_broker(twice: _Twice) -> None:
    assert DRAFTED in twice.sent
    for nation in ("XAA", "XBB", "XCC"):
        assert any(DRAFTED in kept for name, kept in twice.kept.items() if name.startswith(f"{nation}/state"))
    assert any(kept for name, kept in twice.kept.items() if name.startswith("store"))
    for word in SCRIPT:
        assert word in ACTORS.read_bytes()
        assert word not in twice.sent
        assert [name for name, kept in twice.kept.items() if word in kept] == []
