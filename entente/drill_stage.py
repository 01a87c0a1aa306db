"""What stands round a drill while it is played: its journal and control file, and keys in its terminal."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drills.control_file import ControlFile
from drills.exercise_control import ExerciseControl
from drills.journal import JournalWriter, make_folder
from drills.live import LiveRun
from drills.scenario import Scenario
from entente.drill_control import DRILLS_DIR, user
from entente.drill_keys import HELP, Keys, keys_of, own_terminal
from entente.drill_progress import DrillProgress
from entente.ending_tasks import ended
from entente.realm import RunningRealm
from entente.terminal import ERR, CommandFailed
from entente.watch_desk import desks, show_links
from schemas.drill_journal import JOURNAL_SUFFIX, JournalStart

LONGEST_NAME = 40


@dataclass(frozen=True)
class Shown:
    """Where a drill can be watched: its name in the journal, the folder, whether consoles run and stay.

    ``folder``: None for the usual one, without which a drill is played, too.
    """

    name: str
    folder: Path | None
    consoles: bool = False
    keep: bool = False

    @property
    def place(self) -> Path:
        """The folder."""
        return self.folder or DRILLS_DIR


@contextlib.asynccontextmanager
async def consoles_beside(
    realm: RunningRealm, lock: int, scenario: Scenario, shown: Shown, progress: DrillProgress
) -> AsyncIterator[None]:
    """Run a console for every nation meanwhile, where that is wanted, and print a sign-in link for each."""
    if not shown.consoles:
        yield
        return
    progress.phase("starting the consoles")
    async with desks(realm, lock, progress.note, (shown.place, scenario.exercise_id)) as found:
        show_links(found, ERR)
        yield


@contextlib.asynccontextmanager
async def stage(scenario: Scenario, shown: Shown, progress: DrillProgress) -> AsyncIterator[LiveRun]:
    """Keep the journal of a run and hear its control file, until it is over.

    Where a folder that was asked for cannot be used, CommandFailed.
    """
    control = ExerciseControl(scenario)
    async with contextlib.AsyncExitStack() as stack:
        begun = await _begun(scenario, shown, control, progress)
        if begun is None:
            live = LiveRun(scenario, control, progress, lambda line: None)
        else:
            stack.enter_context(begun.held)
            live = LiveRun(scenario, control, progress, begun.journal.add)
            stack.callback(lambda: setattr(begun.journal, "end", live.end))
            watching = asyncio.create_task(begun.control.watch())
            stack.push_async_callback(ended, watching, "the watch over the control file", progress.note)
            progress.note(f"journal: {begun.journal.path}")
        keys = Keys(control, f"terminal {user()}", progress.note)
        if stack.enter_context(keys_of(own_terminal(), keys.pressed)):
            progress.note(HELP)
        yield live


@dataclass(frozen=True)
class _Begun:
    """A run that has its name, journal and control file; ``held`` lets go of them."""

    journal: JournalWriter
    control: ControlFile
    held: contextlib.ExitStack


async def _begun(
    scenario: Scenario, shown: Shown, control: ExerciseControl, progress: DrillProgress
) -> _Begun | None:
    """The run in its folder; None where the usual folder cannot be used. CommandFailed for another one."""
    try:
        return await asyncio.to_thread(begin, scenario, shown, control)
    except OSError as error:
        why = f"{shown.place} cannot be used: {error.strerror}"
        if shown.folder is not None:
            raise CommandFailed(f"{why}; give another --folder") from error
        progress.note(f"{why}; without a journal no console shows this drill")
        return None


def begin(scenario: Scenario, shown: Shown, control: ExerciseControl) -> _Begun:
    """Take a name that no other run has, and begin its journal. OSError."""
    now, drill, folder = datetime.now(UTC), slug(shown.name), shown.place
    make_folder(folder)
    nations = tuple(planned.nation for planned in scenario.realm.nations)
    for number in itertools.count(1):
        run = f"{drill}-{now:%Y%m%d-%H%M%S}" + (f"-{number}" if number > 1 else "")
        if (folder / f"{run}{JOURNAL_SUFFIX}").exists():
            continue
        with contextlib.ExitStack() as held:
            file = ControlFile(folder, run, control.hear, control.flooded)
            try:
                # Made by nobody else: of two runs that begin at once, one gets the name.
                held.enter_context(file)
            except FileExistsError:
                continue
            start = JournalStart(run=run, drill=drill, title=scenario.title, started_at=now, nations=nations)
            journal = held.enter_context(JournalWriter(folder, start, endless=False))
            return _Begun(journal, file, held.pop_all())
    raise AssertionError  # numbers do not end


def slug(name: str) -> str:
    """A scenario's name as a run's name begins."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:LONGEST_NAME].strip("-") or "drill"
