"""The journal of a drill: everything that moves stands in it, and nothing of messages or expectations."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from console.journals import read_run
from drills.course import Outage, StoodStill
from drills.exercise_control import ExerciseControl
from drills.inject import Inject
from drills.journal import JournalWriter
from drills.live import LiveRun
from drills.played import Played, Sent
from drills.scenario_file import load_scenario
from schemas.drill_control import ControlAct
from schemas.drill_journal import (
    DrillPhase,
    DrillResult,
    InjectStatus,
    JournalStart,
    ListLine,
    Score,
)
from tests.drills.drill_process import SMALL

SCENARIO = load_scenario(SMALL)
START = JournalStart(
    run="small-20260504-120000",
    drill="small",
    title="Small",
    started_at=datetime.now(UTC),
    nations=("XAA", "XBB", "XCC"),
)


class Watching:
    """Who would show it."""

    def phase(self, text: str) -> None: ...
    def inject(self, inject: Inject) -> None: ...
    def settled(self, serial: str) -> None: ...
    def stands(self, control: ExerciseControl, score: Score) -> None: ...


def live(write: Any) -> LiveRun:
    return LiveRun(SCENARIO, ExerciseControl(SCENARIO), Watching(), write)


def test_what_a_play_does_is_read_back_from_its_journal(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, START, endless=False) as journal:
        run = live(journal.add)
        control, played = run.control, Played()
        control.sees(played, {})
        control.course.comes_to("1.1", due=True)
        control.changed()
        answer = {"publication_id": "p-1", "message_id": "m", "digest": "d", "recipients": ["XBB"]}
        played.sent["1.1"] = Sent(SCENARIO.inject("1.1"), "XAA", {}, answer, 0.0)
        began = datetime.now(UTC)
        played.outages.append(Outage(what=StoodStill.LINK, nation="XBB", serial="1.1", began=began))
        control.played(SCENARIO.inject("1.1"))
        control.act(ControlAct.HOLD, "XAA ed")
        control.act(ControlAct.SKIP, "XAA ed", "6.2")
        shown = read_run(tmp_path, START.run)
        assert shown is not None
        assert shown.list is not None
        assert shown.list.phase is DrillPhase.HELD
        assert shown.list.held_by == "XAA ed"
        assert [fault.nation for fault in shown.list.faults.values()] == ["XBB"]
        stands = {each.plan.serial: each for each in shown.list.injects}
        assert stands["1.1"].publication_id == "p-1"
        assert stands["6.3"].moved is not None
        assert (stands["6.2"].status, stands["6.3"].moved.needs) == (InjectStatus.SKIPPED, "6.2")
        assert [each.plan.minutes for each in shown.list.injects][:3] == [0, 1, 2]
        played.outages[0] = played.outages[0].model_copy(update={"until": began})
        control.act(ControlAct.ABORT, "XAA ed")
        journal.end = run.end
    shown = read_run(tmp_path, START.run)
    assert shown is not None
    assert shown.list is not None
    assert shown.end is not None
    assert shown.list.faults == {}
    assert shown.end.result is DrillResult.BROKEN, "nobody has judged it"
    assert shown.list.counts[InjectStatus.CANCELLED] == len(SCENARIO.injects) - 3


def test_no_text_of_messages_or_expectations_is_written() -> None:
    lines: list[ListLine] = []
    run = live(lines.append)
    run.control.act(ControlAct.HOLD, "XAA ed")
    written = "".join(line.model_dump_json() for line in lines)
    source = yaml.safe_load(SMALL.read_text(encoding="utf-8"))
    secret = {text for each in source["expectations"] for text in texts(each)}
    secret |= {text for each in source["injects"] for text in texts(each.get("publish", {}))}
    # What the list itself says: serials, nations, kinds of inject.
    said = {inject.serial for inject in SCENARIO.injects} | {inject.nation for inject in SCENARIO.injects}
    assert {text for text in secret - said if len(text) > 3 and text in written} == set()


def texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for each in value.values() for text in texts(each)}
    if isinstance(value, list):
        return {text for each in value for text in texts(each)}
    return {value} if isinstance(value, str) else set()
