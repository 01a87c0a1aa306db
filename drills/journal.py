"""Writing the catalogue and the journal of a drill, for consoles to read from a folder."""

import contextlib
import errno
import json
import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from drills.control_file import is_held
from schemas.base import Statement
from schemas.drill_control import CONTROL_SUFFIX
from schemas.drill_journal import (
    CATALOGUE_FILE,
    JOURNAL_SUFFIX,
    DrillCatalogue,
    JournalEnd,
    JournalLine,
    JournalStart,
    ListLine,
)

MOST_LINES = 2000
"""Of the journal of a drill without end: it then begins anew, so that it fills no disk."""
KEPT_JOURNALS = 5
"""Of one drill."""


class JournalWriter:
    """The journal of one run: appended to, and a whole line at a time, so that a reader never sees half.

    ``endless``: the drill goes on until it is stopped, and its journal begins anew once it has many lines.
    ``end`` is its last line; whoever knows more of the end than that it came writes more into it.
    """

    def __init__(self, folder: Path, start: JournalStart, *, endless: bool = True) -> None:
        make_folder(folder)
        self.path = folder / f"{start.run}{JOURNAL_SUFFIX}"
        self._start = start
        self._endless = endless
        self._lines = 0
        self.end: JournalEnd | None = None
        _drop_oldest(folder, start.drill, KEPT_JOURNALS - 1)
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._append(self.end or JournalEnd(ended_at=datetime.now(UTC)))

    def add(self, line: JournalLine | ListLine) -> None:
        """Write a line. A full disk must not end the drill: then the line is missing."""
        with contextlib.suppress(OSError):
            if self._endless and self._lines >= MOST_LINES:
                self._begin()
            self._append(line)
            self._lines += 1

    def _begin(self) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(_text(self._start), encoding="utf-8")
        fresh.replace(self.path)
        self._lines = 0

    def _append(self, line: Statement) -> None:
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, _text(line).encode())
        finally:
            os.close(file)


def make_folder(folder: Path) -> None:
    """Make the drills' folder for its owner alone: whoever can write there controls drills. OSError.

    So is PermissionError, where it is another user's already, or everybody may write there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    found = folder.stat()
    if found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
        raise PermissionError(errno.EPERM, "others may write there, and control drills", str(folder))


def write_catalogue(folder: Path, catalogue: DrillCatalogue) -> None:
    """Put the catalogue where consoles look for it."""
    make_folder(folder)
    fresh = folder / f"{CATALOGUE_FILE}.new"
    fresh.write_text(_text(catalogue), encoding="utf-8")
    fresh.replace(folder / CATALOGUE_FILE)


def _text(statement: Statement) -> str:
    return json.dumps(statement.model_dump(mode="json", exclude_none=True), ensure_ascii=False) + "\n"


def _drop_oldest(folder: Path, drill: str, keep: int) -> None:
    """Keep the newest journals of a drill, and what is being played; other drills' are not touched.

    With the journal of a runner that was killed goes the control file that it left.
    """
    of_it = re.compile(rf"{re.escape(drill)}-[0-9]{{8}}-[0-9]{{6}}(-[0-9]+)?{re.escape(JOURNAL_SUFFIX)}")
    found = (path for path in folder.glob(f"{drill}-*{JOURNAL_SUFFIX}") if of_it.fullmatch(path.name))
    journals = sorted(found, key=lambda path: path.stat().st_mtime)
    for path in journals[: max(0, len(journals) - keep)]:
        control = folder / f"{path.name.removesuffix(JOURNAL_SUFFIX)}{CONTROL_SUFFIX}"
        if not is_held(control):
            path.unlink(missing_ok=True)
            control.unlink(missing_ok=True)
