"""The drills' catalogue and journals, read from the folder where whoever runs drills writes them.

Written by another program, perhaps while they are read: what cannot be read is left out, never an error page.
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from console.drill_acts import listens, under_way
from console.drill_list import DrillList, told
from schemas.drill_journal import (
    CATALOGUE_FILE,
    JOURNAL_SUFFIX,
    CataloguedDrill,
    DrillCatalogue,
    JournalEnd,
    JournalLine,
    JournalStart,
    ListLine,
    Played,
    RunId,
)
from schemas.strict_json import JsonRefused, parse, parse_model

LARGEST_LINE = 16 * 1024
LARGEST_FILE = 4 * 1024 * 1024
SHOWN_RUNS = 20


@dataclass(frozen=True)
class Run:
    """One drill that was begun: its newest lines first, or the main events list that it plays.

    ``under_way``: it is being played. ``listens``: and hears what exercise staff asks for from here.
    """

    start: JournalStart
    lines: tuple[JournalLine, ...]
    end: JournalEnd | None
    list: DrillList | None = None
    under_way: bool = False
    listens: bool = False

    @property
    def newest(self) -> datetime:
        """When something was written last."""
        found = [self.start.started_at, *(line.at for line in self.lines[:1])]
        return max(found if self.list is None or self.list.newest is None else [*found, self.list.newest])

    @property
    def played(self) -> int:
        """How many injects were played."""
        return len(self.lines) if self.list is None else self.list.played

    @property
    def counts(self) -> dict[Played, int]:
        """How many injects became what."""
        return {became: sum(line.became is became for line in self.lines) for became in Played}

    @property
    def by_nation(self) -> dict[str, int]:
        """How many injects each nation played, all nations named."""
        return {nation: sum(line.nation == nation for line in self.lines) for nation in self.start.nations}


def read_catalogue(folder: Path | None) -> tuple[CataloguedDrill, ...]:
    """Every drill that can be played; none where nothing says so."""
    if folder is None:
        return ()
    try:
        data = _bounded(folder / CATALOGUE_FILE)
        return parse_model(DrillCatalogue, data, LARGEST_FILE).drills
    except (OSError, JsonRefused, ValidationError):
        return ()


def read_runs(folder: Path | None) -> tuple[Run, ...]:
    """The drills that were begun, the newest first."""
    if folder is None:
        return ()
    try:
        files = sorted(folder.glob(f"*{JOURNAL_SUFFIX}"))
    except OSError:
        return ()
    found = [run for file in files if (run := _read(file)) is not None]
    return tuple(sorted(found, key=lambda run: run.start.started_at, reverse=True)[:SHOWN_RUNS])


def read_run(folder: Path | None, run: RunId) -> Run | None:
    """One drill's journal; None when there is none. ``run`` has passed the pattern of a run's name."""
    return None if folder is None else _read(folder / f"{run}{JOURNAL_SUFFIX}")


def _read(file: Path) -> Run | None:
    try:
        first, *rest = _bounded(file).split(b"\n")
        start = parse_model(JournalStart, first, LARGEST_LINE)
    except (OSError, ValueError):
        return None
    if file.name != f"{start.run}{JOURNAL_SUFFIX}":
        # Whoever acts on it must not be shown another run's name.
        return None
    lines: list[JournalLine] = []
    of_list: list[ListLine] = []
    end: JournalEnd | None = None
    for raw in rest:
        line = _line(raw)
        if isinstance(line, JournalLine):
            lines.append(line)
        elif isinstance(line, JournalEnd):
            end = line
        elif line is not None:
            of_list.append(line)
    played = bool(of_list) and end is None and under_way(file.parent, start.run)
    heard = played and listens(file.parent, start.run)
    return Run(start, tuple(reversed(lines)), end, told(of_list) if of_list else None, played, heard)


_OF_LIST: TypeAdapter[ListLine] = TypeAdapter(ListLine)


def _line(raw: bytes) -> JournalLine | ListLine | JournalEnd | None:
    with suppress(ValueError):
        parse(raw, LARGEST_LINE)
        for kind in (_OF_LIST.validate_json, JournalLine.model_validate_json, JournalEnd.model_validate_json):
            with suppress(ValueError):
                return kind(raw)
    return None


def _bounded(file: Path) -> bytes:
    """OSError, too, where it is no regular file: nobody waits for the other end of a pipe."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError(f"{file} is no regular file")
        return opened.read(LARGEST_FILE)
