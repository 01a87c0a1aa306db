"""What actors wait for: their message, exercise time, their own gateway; what is said where it fails."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from drills import actors_play
from drills.acting import Act, acts
from drills.actors_play import NEVER_CAME, NOT_DONE, ActorsPlay
from drills.exercise_clock import ExerciseClock
from drills.judging_acts import acknowledged_by_actors, actor_outcomes, place
from drills.partner_system import Answer, GatewayAccess, PartnerSystem, PartnerSystemError
from drills.played import Played, Sent
from drills.scenario_file import load_scenario

SCENARIO = load_scenario(Path(__file__).with_name("actors.yaml"))
ORDER = [inject.serial for inject in SCENARIO.injects]
ALERT = {"message_id": "01890a5d-ac96-774b-bcce-b302099a8057", "digest": "sha256:00", "publication_id": "p"}
TAKEN = Answer(201, {**ALERT, "recipients": ["XAA"], "decisions": []})


@dataclass
class Ways:
    broker_runs: bool = True
    away: set[str] = field(default_factory=set)

    @property
    def unreachable(self) -> set[str]:
        return self.away


class Desk(PartnerSystem):
    """A partner system whose gateway is made up: what came, how copies stand, what it answers."""

    def __init__(self, nation: str) -> None:
        super().__init__(GatewayAccess(nation, "", ""), cast(httpx.AsyncClient, None))
        self.came = asyncio.Event()
        self.states: dict[str, str] = {}
        self.answer: Answer | Exception = TAKEN
        self.acknowledged = 0

    async def wait_for(self, originator: str, message_id: str, within: float = 30) -> float:
        try:
            async with asyncio.timeout(within):
                await self.came.wait()
        except TimeoutError:
            raise PartnerSystemError("it did not come") from None
        return 0.0

    async def publication(self, publication_id: str) -> Mapping[str, Any]:
        return {"deliveries": [{"nation": name, "state": state} for name, state in self.states.items()]}

    async def acknowledge(self, *given: Any, **named: Any) -> Answer:
        self.acknowledged += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Stage:
    """Actors of the small scenario after its first alert was sent, on a day that a test moves on."""

    def __init__(self, speed: float | None = None, patience: float = 0.05) -> None:
        self.day = 0.0
        self.played = Played()
        self.ways = Ways()
        self.clock = ExerciseClock(speed, lambda: self.day)
        self.clock.start(timedelta(0))
        self.desks = {nation: Desk(nation) for nation in ("XAA", "XBB", "XCC")}
        self.actors = ActorsPlay(
            *(SCENARIO, self.desks, self.played, self.ways, self.clock, 7), self.record, patience
        )
        answer = {**ALERT, "recipients": ["XBB", "XCC"], "decisions": []}
        self.record(Sent(SCENARIO.inject("1.1"), "XAA", {}, answer, 0.0))

    def record(self, sent: Sent) -> None:
        self.played.sent[sent.inject.serial] = sent
        self.actors.sent(sent.inject.serial, sent)

    def remarks(self) -> dict[str, str]:
        return {each.serial: each.remark for each in actor_outcomes(self.played, ORDER)}


@pytest.fixture(autouse=True)
def looking_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors_play, "LOOK_SECONDS", 0.001)


async def test_without_a_speed_what_is_owed_is_done_before_the_next_inject() -> None:
    stage = Stage(patience=3600)
    for desk in stage.desks.values():
        desk.came.set()
    await stage.actors.caught_up()
    assert stage.remarks() == {"1.1-A1": "", "1.1-A2": ""}
    assert acknowledged_by_actors(stage.played, "1.1") == {"XBB"}
    assert [each.exercise_seconds for each in actor_outcomes(stage.played, ORDER)] == [None, None]


async def test_with_a_speed_the_play_goes_on_while_an_actor_waits() -> None:
    stage = Stage(speed=60, patience=3600)
    stage.desks["XBB"].came.set()
    stage.desks["XCC"].came.set()
    await stage.actors.caught_up()
    assert stage.remarks() == {"1.1-A2": ""}
    assert 1 <= stage.actors.rest() <= 3, "two minutes, one more or less, at sixty times the speed"
    stage.clock.hold()
    stage.day += 3
    stage.clock.go_on()
    assert stage.actors.rest() >= 1, "exercise time stood still"
    stage.day += 3
    stage.clock.hold()
    await stage.actors.finish()
    assert stage.remarks() == {"1.1-A1": "", "1.1-A2": ""}


async def test_patience_does_not_run_out_while_exercise_time_is_held() -> None:
    stage = Stage(speed=60, patience=0.01)
    for desk in stage.desks.values():
        desk.came.set()
    await stage.actors.caught_up()
    stage.clock.hold()
    finishing = asyncio.create_task(stage.actors.finish())
    await asyncio.wait({finishing}, timeout=0.05)
    assert not finishing.done()
    stage.clock.go_on()
    stage.day += 10
    stage.clock.hold()
    await finishing
    assert stage.remarks() == {"1.1-A1": "", "1.1-A2": ""}


async def test_a_hold_while_the_last_actors_are_awaited_costs_nobody_patience() -> None:
    stage = Stage(speed=60, patience=0.01)
    for desk in stage.desks.values():
        desk.came.set()
    await stage.actors.caught_up()
    finishing = asyncio.create_task(stage.actors.finish())
    await asyncio.wait({finishing}, timeout=0.05)
    assert not finishing.done(), "it is not due yet"
    stage.clock.hold()
    await asyncio.wait({finishing}, timeout=0.05)
    assert not finishing.done()
    stage.clock.go_on()
    stage.day += 10
    stage.clock.hold()
    await finishing
    assert stage.remarks() == {"1.1-A1": "", "1.1-A2": ""}


async def test_an_actor_whose_part_breaks_is_told_of_and_never_passes_unjudged() -> None:
    stage = Stage(patience=3600)
    stage.desks["XCC"].came.set()
    stage.desks["XAA"].states = {"XBB": ""}

    async def broken(publication_id: str) -> Mapping[str, Any]:
        raise httpx.ConnectError("no way there")

    stage.desks["XAA"].publication = broken  # type: ignore[method-assign]
    await stage.actors.finish()
    assert stage.remarks() == {"1.1-A1": "no way there", "1.1-A2": ""}


async def test_who_is_sent_nothing_any_more_is_waited_for_no_longer() -> None:
    stage = Stage(patience=3600)
    stage.desks["XAA"].states = {"XBB": "withheld", "XCC": "refused"}
    await stage.actors.finish()
    assert stage.remarks() == {"1.1-A1": NEVER_CAME, "1.1-A2": NEVER_CAME}


async def test_patience_ends_for_what_never_comes_and_for_what_is_not_done_in_time() -> None:
    stage = Stage(speed=0.001)
    stage.desks["XBB"].came.set()
    await stage.actors.caught_up()
    stage.day += 10_000_000
    stage.ways.away.add("XBB")
    await stage.actors.finish()
    assert stage.remarks() == {"1.1-A1": NOT_DONE, "1.1-A2": NEVER_CAME}


async def test_an_actor_whose_gateway_is_away_acts_when_it_is_back() -> None:
    stage = Stage(patience=3600)
    stage.ways.away.add("XBB")
    stage.desks["XBB"].came.set()
    stage.desks["XCC"].came.set()
    await stage.actors.caught_up()
    for _ in range(5):  # everybody else is done by now, and moves nobody any more
        await asyncio.sleep(0)
    assert (stage.desks["XBB"].acknowledged, stage.remarks()) == (0, {"1.1-A2": ""})
    stage.ways.away.clear()
    await stage.actors.caught_up()
    assert (stage.desks["XBB"].acknowledged, stage.remarks()["1.1-A1"]) == (1, "")


async def test_while_nothing_travels_nobody_is_waited_for() -> None:
    stage = Stage(patience=3600)
    stage.ways.broker_runs = False
    await stage.actors.caught_up()
    assert stage.remarks() == {}
    await stage.actors.stop()


async def test_after_an_abort_nobody_is_blamed_for_what_was_not_done() -> None:
    stage = Stage(patience=3600)
    await asyncio.sleep(0)
    await stage.actors.stop()
    assert stage.remarks() == {}


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (Answer(403, {"code": "SCOPE_MISSING"}), "XBB's gateway refused it: SCOPE_MISSING"),
        (httpx.ConnectError("no way there"), "no way there"),
        (httpx.ReadTimeout(""), "ReadTimeout"),
    ],
)
async def test_what_a_gateway_refuses_or_leaves_unanswered_is_told(answer: Any, remark: str) -> None:
    stage = Stage(patience=3600)
    stage.desks["XBB"].came.set()
    stage.desks["XCC"].came.set()
    stage.desks["XBB"].answer = answer
    await stage.actors.finish()
    found = {each.serial: each for each in actor_outcomes(stage.played, ORDER)}
    assert (found["1.1-A1"].remark, found["1.1-A1"].as_expected) == (remark, False)
    assert list(stage.played.sent) == ["1.1"]


def test_acts_stand_in_the_report_after_the_injects_they_go_back_to() -> None:
    sort: Callable[[Act], Any] = lambda act: place(act, ORDER)  # noqa: E731
    serials = [act.serial for act in sorted(acts(SCENARIO), key=sort)]
    assert serials[:3] == ["1.1-A1", "1.1-A2", "2.1-A3"]
    assert serials[5:8] == ["2.2-A4", "2.2-A4-A7", "2.2-A6"]
    assert serials[-2:] == ["3.1-A12", "3.1-A13"], "by number, not by text"
