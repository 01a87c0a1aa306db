"""Where a drill keeps its journal: a name of its own, in a folder that nobody else writes in."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from console.journals import read_runs
from drills.exercise_control import ExerciseControl
from drills.journal import KEPT_JOURNALS
from drills.scenario_file import load_scenario
from entente.drill_stage import Shown, begin
from schemas.drill_control import CONTROL_SUFFIX
from tests.drills.drill_process import SMALL

SCENARIO = load_scenario(SMALL)


def test_runs_that_begin_at_once_in_one_folder_have_names_and_ends_of_their_own(tmp_path: Path) -> None:
    shown = Shown("small", tmp_path / "drills")
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(begin(SCENARIO, shown, ExerciseControl(SCENARIO)).held)
        first = next(each for each in sorted(shown.place.iterdir()) if each.name.endswith(CONTROL_SUFFIX))
        assert len({run.start.run for run in read_runs(shown.place)}) == 3
        # Somebody else's control file of that name, not yet with a journal, is left alone, too.
        taken = first.name.removesuffix(CONTROL_SUFFIX)
        (shown.place / f"{taken}.journal.jsonl").unlink()
        held.enter_context(begin(SCENARIO, shown, ExerciseControl(SCENARIO)).held)
        assert taken not in {run.start.run for run in read_runs(shown.place)}
    assert all(run.end is not None for run in read_runs(shown.place))
    assert not list(shown.place.glob(f"*{CONTROL_SUFFIX}"))


def test_the_journal_of_a_drill_that_is_played_stays_and_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    shown = Shown("small", tmp_path)

    def another() -> ExitStack:
        return begin(SCENARIO, shown, ExerciseControl(SCENARIO)).held

    with another():
        (mine,) = (run.start.run for run in read_runs(tmp_path))
        with another():
            (killed,) = (run.start.run for run in read_runs(tmp_path) if run.start.run != mine)
        (tmp_path / f"{killed}{CONTROL_SUFFIX}").touch()
        for _ in range(KEPT_JOURNALS):
            another().close()
        assert mine in {run.start.run for run in read_runs(tmp_path)}
        assert killed not in {run.start.run for run in read_runs(tmp_path)}
        assert [each.name for each in tmp_path.glob(f"*{CONTROL_SUFFIX}")] == [f"{mine}{CONTROL_SUFFIX}"]


def test_a_folder_in_which_everybody_may_write_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "drills"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match="others may write there"):
        begin(SCENARIO, Shown("small", folder), ExerciseControl(SCENARIO))
    assert list(folder.iterdir()) == []
