"""The control file: what lies in it is read strictly and bounded, and the play obeys between injects."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.control_file import ControlFile
from drills.exercise_clock import ExerciseClock
from drills.exercise_control import ExerciseControl
from drills.scenario_file import load_scenario
from schemas.drill_control import CONTROL_SUFFIX, LARGEST_ACT, MOST_ACTS, ControlAct, ControlLine
from schemas.drill_journal import InjectStatus, NotTaken
from tests.drills.drill_process import SMALL

SCENARIO = load_scenario(SMALL)
INJECTS = {inject.serial: inject for inject in SCENARIO.injects}


def line(act: str, serial: str | None = None, **other: object) -> bytes:
    said = {"at": "2026-05-04T12:00:00Z", "by": "XAA ed", "act": act, **other}
    return json.dumps(said if serial is None else said | {"serial": serial}).encode() + b"\n"


class Heard:
    """A control file, and what is heard of it."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[ControlLine | None] = []
        self.floods = 0
        self.file = ControlFile(folder, "run-1", self.lines.append, self._flooded)
        self.path = folder / f"run-1{CONTROL_SUFFIX}"

    def _flooded(self) -> None:
        self.floods += 1

    def of(self, data: bytes) -> list[ControlLine | None]:
        with self.path.open("ab") as file:
            file.write(data)
        self.file.look()
        return self.lines


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"hold\n", id="no JSON"),
        pytest.param(line("STOP"), id="an act that there is not"),
        pytest.param(line("SKIP"), id="a skip of nothing"),
        pytest.param(line("HOLD", "1.1"), id="a hold of one inject"),
        pytest.param(line("SKIP", "../1"), id="a serial that is none"),
        pytest.param(line("HOLD", to="XBB"), id="a member that there is not"),
        pytest.param(line("HOLD")[:-2] + b',"act":"ABORT"}\n', id="a member twice"),
        pytest.param(line("HOLD", by="x" * 65), id="a name without end"),
        pytest.param(b"\xff\x00" * 40 + b"\n", id="no text"),
    ],
)
def test_what_is_no_act_is_noted_and_what_follows_is_heard(tmp_path: Path, data: bytes) -> None:
    heard = Heard(tmp_path)
    with heard.file:
        lines = heard.of(data + line("HOLD"))
        assert lines[0] is None
        assert [each.act for each in lines if each is not None] == [ControlAct.HOLD]
    assert not heard.path.exists(), "nobody can control a drill that is over"


def test_a_line_is_heard_once_its_end_is_written_and_a_longer_one_never(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    with heard.file:
        assert heard.of(line("HOLD")[:20]) == []
        assert len(heard.of(line("HOLD")[20:])) == 1
        assert len(heard.of(b"x" * 300 * LARGEST_ACT)) == 1
        assert heard.of(b"\n" + line("RESUME"))[1:] == [None, heard.lines[-1]]
        assert heard.lines[-1] is not None


def test_a_flood_is_read_no_further_than_a_bound(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    with heard.file:
        heard.of(line("HOLD") * (3 * MOST_ACTS))
        heard.of(line("ABORT"))
    assert len(heard.lines) == MOST_ACTS
    assert heard.floods == 1


def test_who_writes_on_and_on_without_an_end_is_read_no_further_than_a_bound(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    with heard.file:
        heard.of(b"x" * (MOST_ACTS * LARGEST_ACT + 1))
        heard.of(b"\n" + line("HOLD"))
    assert heard.lines == []
    assert heard.floods == 1


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_nothing_that_can_be_written_there_breaks_the_drill(
    tmp_path_factory: pytest.TempPathFactory, data: list[bytes]
) -> None:
    heard = Heard(tmp_path_factory.mktemp("control"))
    with heard.file:
        for each in data:
            heard.of(each)


def test_a_run_takes_no_control_file_that_lies_there_already(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / f"run-1{CONTROL_SUFFIX}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError), Heard(tmp_path).file:
        pass


async def _never() -> None:
    await asyncio.Event().wait()


async def _at_once() -> None:
    return


def _asked(control: ExerciseControl, serial: str, due: Coroutine[Any, Any, None]) -> asyncio.Task[bool]:
    return asyncio.create_task(control.admits(INJECTS[serial], due))


async def test_a_held_play_waits_and_goes_on_when_it_is_resumed() -> None:
    control = ExerciseControl(SCENARIO)
    control.act(ControlAct.HOLD, "XAA ed")
    asked = _asked(control, "1.1", _at_once())
    control.changed = changed = _Changed()
    await changed.until(lambda: control.course.status["1.1"] is InjectStatus.HELD)
    assert not asked.done()
    control.act(ControlAct.RESUME, "XAA ed")
    assert await asked


async def test_a_skip_or_an_abort_ends_the_wait_for_an_inject_whose_time_has_not_come() -> None:
    control = ExerciseControl(SCENARIO)
    asked = _asked(control, "2.1", _never())
    control.changed = changed = _Changed()
    await changed.until(lambda: control.course.status["2.1"] is InjectStatus.READY)
    control.act(ControlAct.SKIP, "XAA ed", "2.1")
    assert not await asked
    asked = _asked(control, "4.1", _never())
    await changed.until(lambda: control.course.status["4.1"] is InjectStatus.READY)
    control.act(ControlAct.ABORT, "XAA ed")
    assert not await asked
    assert control.aborted
    assert [act.refused for act in control.acts] == [None, None]
    control.hear(None)
    assert control.acts[-1].refused is NotTaken.UNREADABLE


async def test_exercise_time_stands_still_while_the_play_is_held() -> None:
    now = 0.0
    clock, control = ExerciseClock(60.0, lambda: now), ExerciseControl(SCENARIO)
    control.paces(clock)
    clock.start(timedelta(0))
    now = 1.0
    control.act(ControlAct.HOLD, "XAA ed")
    now = 100.0
    assert clock.now == timedelta(minutes=1)
    control.act(ControlAct.RESUME, "XAA ed")
    now = 101.0
    assert clock.now == timedelta(minutes=2)
    assert control.acts[0].at <= datetime.now(UTC)


async def test_a_held_play_of_which_the_rest_is_skipped_can_be_resumed_and_aborted() -> None:
    clock, control = ExerciseClock(60.0, lambda: 0.0), ExerciseControl(SCENARIO)
    control.paces(clock)
    clock.start(timedelta(0))
    control.act(ControlAct.HOLD, "XAA ed")
    for inject in SCENARIO.injects:
        control.act(ControlAct.SKIP, "XAA ed", inject.serial)
    assert clock.held, "actors wait for exercise time"
    assert control.act(ControlAct.RESUME, "XAA ed") is None
    assert not clock.held
    actors = asyncio.create_task(control.unless_aborted(_never()))
    assert control.act(ControlAct.ABORT, "XAA ed") is None
    async with asyncio.timeout(60):
        await actors
    control.everything_is_played()
    assert control.is_judging


async def test_without_an_abort_what_actors_owe_is_done_to_its_end_and_what_breaks_it_is_told() -> None:
    control = ExerciseControl(SCENARIO)
    await control.unless_aborted(_at_once())
    control.act(ControlAct.HOLD, "XAA ed")
    control.everything_is_played()
    assert control.act(ControlAct.ABORT, "XAA ed") is NotTaken.TOO_LATE
    assert control.course.held_by is None, "there is nothing left to hold"

    async def breaks() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await control.unless_aborted(breaks())


class _Changed:
    """Called by the control at every change; waits for one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self._event.set()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._event.clear()
                await self._event.wait()
