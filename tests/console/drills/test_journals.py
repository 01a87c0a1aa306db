"""Drills' journals as a console reads them: whatever lies there, the page is made of what can be read."""

import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.drill_acts import NotListening, ask
from console.journals import Run, read_catalogue, read_run, read_runs
from console.rooms.drills import QUIET, standing
from drills.control_file import ControlFile
from schemas.drill_control import ControlAct, ControlLine
from schemas.drill_journal import (
    CATALOGUE_FILE,
    JOURNAL_SUFFIX,
    JournalLine,
    JournalStart,
    PlannedInject,
    Played,
)

START = {
    "run": "up-1",
    "drill": "baltic-life",
    "title": "Baltic life",
    "started_at": "2026-05-04T12:00:00Z",
    "nations": ["EST", "FIN"],
}
LINE = {
    "at": "2026-05-04T12:00:07Z",
    "nation": "EST",
    "storyline": "Ice",
    "title": "State of the ice",
    "did": "publish",
    "became": "DONE",
}
END = {"ended_at": "2026-05-04T12:01:00Z"}


def _write(folder: Path, *lines: object, run: str = "up-1", tail: str = "") -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines) + tail
    (folder / f"{run}{JOURNAL_SUFFIX}").write_text(text, encoding="utf-8")


def test_a_journal_is_shown_newest_first_with_what_became_of_each(tmp_path: Path) -> None:
    _write(tmp_path, START, LINE, LINE | {"nation": "FIN", "became": "REFUSED", "code": "QUEUE_FULL"}, END)
    run = read_run(tmp_path, "up-1")
    assert run is not None
    assert [line.nation for line in run.lines] == ["FIN", "EST"]
    assert run.counts == {Played.DONE: 1, Played.REFUSED: 1, Played.UNREACHABLE: 0}
    assert run.by_nation == {"EST": 1, "FIN": 1}
    assert standing(run) == "ended"


def test_a_line_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    _write(tmp_path, START, LINE, tail='{"at": "2026-05-04T12:00')
    run = read_run(tmp_path, "up-1")
    assert run is not None
    assert len(run.lines) == 1
    assert run.end is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="an empty file"),
        pytest.param("[]\n", id="no object"),
        pytest.param('{"run": "../../etc", "title": "x"}\n', id="a name that is a way out of the folder"),
        pytest.param("\x00\xff" * 20, id="no text"),
        pytest.param('{"a":' * 4000, id="nested without end"),
    ],
)
def test_a_file_that_is_no_journal_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / f"x{JOURNAL_SUFFIX}").write_bytes(text.encode("latin-1"))
    _write(tmp_path, START)
    assert [run.start.run for run in read_runs(tmp_path)] == ["up-1"]
    assert read_run(tmp_path, "x") is None


@given(st.binary(max_size=400))
def test_nothing_that_can_lie_there_breaks_the_page(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("drills")
    (folder / f"up-1{JOURNAL_SUFFIX}").write_bytes(json.dumps(START).encode() + b"\n" + data)
    (folder / CATALOGUE_FILE).write_bytes(data)
    assert len(read_runs(folder)) == 1
    assert isinstance(read_catalogue(folder), tuple)


def test_without_a_folder_nothing_is_shown(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "nowhere"):
        assert read_runs(folder) == ()
        assert read_catalogue(folder) == ()
        assert read_run(folder, "up-1") is None


def test_the_newest_drill_stands_first(tmp_path: Path) -> None:
    _write(tmp_path, START)
    _write(tmp_path, START | {"run": "up-2", "started_at": "2026-05-05T12:00:00Z"}, run="up-2")
    assert [run.start.run for run in read_runs(tmp_path)] == ["up-2", "up-1"]


def test_a_journal_that_names_another_run_or_is_no_file_is_left_out(tmp_path: Path) -> None:
    _write(tmp_path, START)
    _write(tmp_path, START, run="up-2")
    os.mkfifo(tmp_path / f"up-3{JOURNAL_SUFFIX}")
    (tmp_path / f"up-4{JOURNAL_SUFFIX}").symlink_to(tmp_path / f"up-1{JOURNAL_SUFFIX}")
    assert [run.start.run for run in read_runs(tmp_path)] == ["up-1"], "nobody acts on one and means another"
    os.mkfifo(tmp_path / CATALOGUE_FILE)
    assert read_catalogue(tmp_path) == ()


def test_an_inject_of_no_time_that_a_page_can_show_is_left_out(tmp_path: Path) -> None:
    inject = {"line": "inject", "serial": "1.1.1", "nation": "EST", "title": "Ice", "did": "publish"}
    _write(tmp_path, START, inject | {"minutes": 1e308}, inject | {"serial": "1.1.2", "minutes": 90.5})
    run = read_run(tmp_path, "up-1")
    assert run is not None
    assert run.list is not None
    assert [each.planned for each in run.list.injects] == ["T+1:30:30"]


def test_a_drill_without_news_for_a_while_says_so() -> None:
    start = JournalStart.model_validate_json(json.dumps(START))
    now = datetime.now(UTC)
    line = JournalLine.model_validate_json(json.dumps(LINE))
    assert standing(Run(start, (line.model_copy(update={"at": now}),), None)) == "running"
    old = now - QUIET - timedelta(seconds=1)
    assert standing(Run(start, (line.model_copy(update={"at": old}),), None)) == "quiet"


def test_a_drill_whose_folder_is_given_for_reading_alone_is_under_way_and_hears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inject = PlannedInject(serial="1.1.1", minutes=0, nation="EST", title="Ice", did="publish")
    _write(tmp_path, START, inject.model_dump(mode="json", exclude_none=True))
    heard: list[ControlLine | None] = []
    with ControlFile(tmp_path, "up-1", heard.append, lambda: None) as file:
        before = read_run(tmp_path, "up-1")
        assert before is not None
        assert (before.under_way, before.listens) == (True, True)
        monkeypatch.setattr("console.drill_acts.os.open", _reading_alone(os.open))
        run = read_run(tmp_path, "up-1")
        assert run is not None
        assert (run.under_way, run.listens, standing(run)) == (True, False, "running")
        with pytest.raises(NotListening):
            ask(tmp_path, "up-1", ControlLine(at=datetime.now(UTC), by="EST ed", act=ControlAct.HOLD))
        file.look()
        assert heard == []
    over = read_run(tmp_path, "up-1")
    assert over is not None
    assert standing(over) == "gone"


def _reading_alone(opened: Callable[..., int]) -> Callable[..., int]:
    """As a file system that is mounted for reading alone: root, too, is refused."""

    def refusing(path: Path, flags: int, *more: int) -> int:
        if flags & os.O_ACCMODE != os.O_RDONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, *more)

    return refusing
