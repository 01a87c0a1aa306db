"""What stands round a drill while it is played: its journal and control file, and keys in its terminal."""

import asyncio
import contextlib
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
from schemas.drill_control import CONTROL_SUFFIX
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
    control, folder = ExerciseControl(scenario), shown.place
    async with contextlib.AsyncExitStack() as stack:
        if not await _opened(shown, progress):
            live = LiveRun(scenario, control, progress, lambda line: None)
        else:
            start = _start(scenario, shown.name, folder)
            journal = stack.enter_context(JournalWriter(folder, start, endless=False))
            file = stack.enter_context(ControlFile(folder, start.run, control.hear, control.flooded))
            live = LiveRun(scenario, control, progress, journal.add)
            stack.callback(lambda: setattr(journal, "end", live.end))
            watching = asyncio.create_task(file.watch())
            stack.push_async_callback(ended, watching, "the watch over the control file", progress.note)
            progress.note(f"journal: {folder / start.run}{JOURNAL_SUFFIX}")
        keys = Keys(control, f"terminal {user()}", progress.note)
        if stack.enter_context(keys_of(own_terminal(), keys.pressed)):
            progress.note(HELP)
        yield live


async def _opened(shown: Shown, progress: DrillProgress) -> bool:
    try:
        await asyncio.to_thread(make_folder, shown.place)
    except OSError as error:
        why = f"{shown.place} cannot be used: {error.strerror}"
        if shown.folder is not None:
            raise CommandFailed(f"{why}; give another --folder") from error
        progress.note(f"{why}; without a journal no console shows this drill")
        return False
    return True


def _start(scenario: Scenario, name: str, folder: Path) -> JournalStart:
    now = datetime.now(UTC)
    drill = slug(name)
    run = first = f"{drill}-{now:%Y%m%d-%H%M%S}"
    number = 1
    while (folder / f"{run}{JOURNAL_SUFFIX}").exists() or (folder / f"{run}{CONTROL_SUFFIX}").exists():
        number += 1
        run = f"{first}-{number}"
    nations = tuple(planned.nation for planned in scenario.realm.nations)
    return JournalStart(run=run, drill=drill, title=scenario.title, started_at=now, nations=nations)


def slug(name: str) -> str:
    """A scenario's name as a run's name begins."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:LONGEST_NAME].strip("-") or "drill"
