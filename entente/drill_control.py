"""`entente drill hold|resume|skip|abort`: control a drill that is being played, from another terminal."""

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.drill_acts import NotListening, ask
from console.journals import Run, read_runs
from entente.terminal import CommandFailed, say
from schemas.drill_control import ControlAct, ControlLine

DRILLS_DIR = Path(".entente/drills")
FOLDER_VARIABLE = "ENTENTE_DRILLS_DIR"

RunOption = Annotated[
    str | None, typer.Option("--run", help="The run's name, as the journal has it; otherwise the newest.")
]
FolderOption = Annotated[
    Path, typer.Option("--folder", envvar=FOLDER_VARIABLE, help="Directory of the drill's journal.")
]
SerialArgument = Annotated[str, typer.Argument(help="The inject's serial, such as 1.2.1.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask for the run's name to be typed.")]


def hold(run: RunOption = None, folder: FolderOption = DRILLS_DIR) -> None:
    """Hold a running drill before its next inject; exercise time stands still."""
    _ask(_found(folder, run), folder, ControlAct.HOLD, "the drill is held before its next inject")


def resume(run: RunOption = None, folder: FolderOption = DRILLS_DIR) -> None:
    """Let a held drill go on."""
    _ask(_found(folder, run), folder, ControlAct.RESUME, "the drill goes on")


def skip(serial: SerialArgument, run: RunOption = None, folder: FolderOption = DRILLS_DIR) -> None:
    """Skip an inject that is yet to come, and what needs it."""
    found = _found(folder, run)
    if found.list is None or serial not in {each.plan.serial for each in found.list.injects}:
        raise CommandFailed(f"{found.start.run} has no inject {serial}")
    _ask(found, folder, ControlAct.SKIP, f"inject {serial} is skipped if it is yet to come", serial)


def abort(run: RunOption = None, folder: FolderOption = DRILLS_DIR, yes: YesOption = False) -> None:
    """End a drill before its time: what was played is judged, nothing more is played."""
    found = _found(folder, run)
    name = found.start.run
    if not yes:
        if not sys.stdin.isatty():
            raise CommandFailed("abort asks for the run's name to be typed: use a terminal, or --yes")
        if typer.prompt(f"Type {name} to abort it", default="", show_default=False, err=True) != name:
            raise CommandFailed("that is another name: nothing was asked of the drill")
    _ask(found, folder, ControlAct.ABORT, "the drill ends; what was played is judged")


def _found(folder: Path, run: str | None) -> Run:
    """The run that was named, or the newest that is being played. CommandFailed when there is none."""
    if run is not None:
        named = next((each for each in read_runs(folder) if each.start.run == run), None)
        if named is None or not named.listens:
            raise CommandFailed(f"no drill {run} is being played in {folder}")
        return named
    for each in read_runs(folder):
        if each.listens:
            return each
    raise CommandFailed(f"no drill that can be controlled is being played in {folder}")


def _ask(run: Run, folder: Path, act: ControlAct, done: str, serial: str | None = None) -> None:
    line = ControlLine(at=datetime.now(UTC), by=f"command line {user()}", act=act, serial=serial)
    try:
        ask(folder, run.start.run, line)
    except NotListening:
        raise CommandFailed(f"{run.start.run} is over") from None
    say(f"{run.start.run}: {done}")


def user() -> str:
    """Who is at this terminal, as far as the machine knows; letters that a journal can hold."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "unknown"
    kept = "".join(letter for letter in name if letter.isascii() and letter.isprintable())
    return kept[:32].strip() or "unknown"
