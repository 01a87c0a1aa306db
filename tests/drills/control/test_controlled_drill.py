"""A real drill in its own realm: held, resumed, skipped, aborted from outside, and kept with its consoles."""

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from typer.testing import CliRunner

from console.drill_list import DrillList
from console.journals import Run, read_runs
from entente.cli import build_app
from entente.drill import ABORTED
from schemas.drill_journal import DrillResult, InjectStatus
from tests.cli.up_process import LOOK_SECONDS, PATIENCE
from tests.drills.drill_process import DrillProcess


def test_a_drill_is_held_resumed_skipped_and_aborted_from_outside_and_its_realm_stays_until_it_is_stopped(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "drills"
    # At the speed of the clock the second inject is a minute away: nothing but these acts happens meanwhile.
    drill = DrillProcess(tmp_path, "--folder", str(folder), "--keep", "--speed", "1", "--json")

    def until(condition: Callable[[Run, DrillList], bool]) -> Run:
        deadline = time.monotonic() + PATIENCE
        while True:
            for run in read_runs(folder):
                if run.list is not None and condition(run, run.list):
                    return run
            assert drill.process.poll() is None, (tmp_path / "errors").read_text()
            assert time.monotonic() < deadline, (tmp_path / "errors").read_text()
            time.sleep(LOOK_SECONDS)

    def stands(serial: str, status: InjectStatus) -> Callable[[Run, DrillList], bool]:
        return lambda _, found: any(i.plan.serial == serial and i.status is status for i in found.injects)

    try:
        run = until(stands("1.2", InjectStatus.READY))
        assert folder.stat().st_mode & 0o777 == 0o700
        asked(folder, "hold")
        until(stands("1.2", InjectStatus.HELD))
        asked(folder, "resume")
        until(stands("1.2", InjectStatus.READY))
        asked(folder, "skip", "1.2")
        until(stands("2.1", InjectStatus.READY))
        asked(folder, "skip", "1.1")
        asked(folder, "abort", "--yes", "--run", run.start.run)
        run = until(lambda run, _: run.end is not None)
        assert run.end is not None
        assert (run.end.result, run.end.skipped, run.end.cancelled) == (DrillResult.ABORTED, 1, 1)
        assert run.list is not None
        assert run.list.counts == {
            InjectStatus.CLOSED: 1,
            InjectStatus.SKIPPED: 1,
            InjectStatus.CANCELLED: len(run.list.injects) - 2,
        }
        by = {act.by for act in run.list.acts}
        assert all(each.startswith("command line ") for each in by)
        assert [(act.act, act.refused) for act in run.list.acts][-2:] == [
            ("SKIP", "TOO_LATE"),
            ("ABORT", None),
        ]
        # The realm goes on: its console answers, and a link for each nation was printed.
        errors = tmp_path / "errors"
        wait(lambda: "Ctrl-C stops them" in errors.read_text())
        links = re.findall(r"^  (X..)  (http://\S+)$", errors.read_text(), re.MULTILINE)
        assert [nation for nation, _ in links] == ["XAA", "XBB", "XCC"]
        page = links[0][1].partition("/sign-in")[0] + "/sign-in"
        assert httpx.get(page, trust_env=False, timeout=PATIENCE).status_code == 200
        drill.process.send_signal(signal.SIGTERM)
        assert drill.process.wait(PATIENCE) == ABORTED
        assert drill.children() == set(), "no process is left behind"
        outcome = json.loads(drill.output.read_bytes())
        assert outcome["failures"] == []
        assert [(each["serial"], each["why"]) for each in outcome["skipped"]] == [("1.2", "ASKED")]
        assert outcome["aborted_by"] in by
        assert [each["serial"] for each in outcome["messages"]] == ["1.1"]
        (report,) = drill.reports.glob("*.html")
        assert "Aborted by command line" in report.read_text()
    finally:
        drill.clean_up()


def asked(folder: Path, *arguments: str) -> None:
    """The command line, as another terminal has it."""
    given = ["drill", *arguments, "--folder", str(folder)]
    result = CliRunner().invoke(build_app("drill"), given, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(LOOK_SECONDS)
