"""`entente drill hold|resume|skip|abort` without a realm: which drill is meant, and what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drills.control_file import ControlFile
from drills.journal import JournalWriter
from entente.cli import build_app
from entente.terminal import CommandFailed
from schemas.drill_control import ControlLine
from schemas.drill_journal import JournalStart, PlannedInject

Asked = list[ControlLine | None]


def asked(folder: Path, *arguments: str) -> None:
    given = ["drill", *arguments, "--folder", str(folder)]
    CliRunner().invoke(build_app("drill"), given, catch_exceptions=False)


@pytest.fixture
def played(tmp_path: Path) -> Iterator[dict[str, tuple[ControlFile, Asked]]]:
    """Two drills that are being played, and a newer one whose runner is gone."""
    found: dict[str, tuple[ControlFile, Asked]] = {}
    for minutes, name in enumerate(("older", "newer", "gone")):
        started = datetime.now(UTC) + timedelta(minutes=minutes)
        start = JournalStart(run=name, drill=name, title=name, started_at=started, nations=("XAA",))
        journal = JournalWriter(tmp_path, start, endless=False)
        journal.add(PlannedInject(serial="1.1", minutes=0, nation="XAA", title="First", did="publish"))
        heard: Asked = []
        found[name] = ControlFile(tmp_path, name, heard.append, lambda: None), heard
    with found["older"][0], found["newer"][0]:
        yield found


def test_without_a_name_the_newest_drill_that_is_played_is_meant(
    tmp_path: Path, played: dict[str, tuple[ControlFile, Asked]]
) -> None:
    asked(tmp_path, "hold")
    asked(tmp_path, "skip", "1.1")
    asked(tmp_path, "resume", "--run", "older")
    for name, wanted in (("newer", ["HOLD", "SKIP"]), ("older", ["RESUME"])):
        file, heard = played[name]
        file.look()
        assert [each and each.act.value for each in heard] == wanted


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("hold", "--run", "gone"), "no drill gone is being played", id="its runner is gone"),
        pytest.param(("hold", "--run", "never"), "no drill never is being played", id="there is none"),
        pytest.param(("skip", "9.9"), "has no inject 9.9", id="an inject that there is not"),
        pytest.param(("abort",), "--yes", id="nobody can type the name"),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_asked(
    tmp_path: Path,
    played: dict[str, tuple[ControlFile, Asked]],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    with pytest.raises(CommandFailed, match=words):
        asked(tmp_path, *arguments)
    for name in ("older", "newer"):
        file, heard = played[name]
        file.look()
        assert heard == []


def test_where_nothing_is_played_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no drill that can be controlled"):
        asked(tmp_path / "nowhere", "hold")
