"""Writing the catalogue and the journal of a drill, for consoles to read from a folder."""

import contextlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.base import Statement
from schemas.drill_journal import (
    CATALOGUE_FILE,
    JOURNAL_SUFFIX,
    DrillCatalogue,
    JournalEnd,
    JournalLine,
    JournalStart,
)

MOST_LINES = 2000
"""Of one journal; it then begins anew, so that a drill without end fills no disk."""
KEPT_JOURNALS = 5


class JournalWriter:
    """The journal of one run: appended to, and a whole line at a time, so that a reader never sees half."""

    def __init__(self, folder: Path, start: JournalStart) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{start.run}{JOURNAL_SUFFIX}"
        self._start = start
        self._lines = 0
        _drop_oldest(folder, KEPT_JOURNALS - 1)
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
            self._append(JournalEnd(ended_at=datetime.now(UTC)))

    def add(self, line: JournalLine) -> None:
        """Write a line. A full disk must not end the drill: then the line is missing."""
        with contextlib.suppress(OSError):
            if self._lines >= MOST_LINES:
                self._begin()
            self._append(line)
            self._lines += 1

    def _begin(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(_text(self._start), encoding="utf-8")
        fresh.replace(self._path)
        self._lines = 0

    def _append(self, line: Statement) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, _text(line).encode())
        finally:
            os.close(file)


def write_catalogue(folder: Path, catalogue: DrillCatalogue) -> None:
    """Put the catalogue where consoles look for it."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{CATALOGUE_FILE}.new"
    fresh.write_text(_text(catalogue), encoding="utf-8")
    fresh.replace(folder / CATALOGUE_FILE)


def _text(statement: Statement) -> str:
    return json.dumps(statement.model_dump(mode="json", exclude_none=True), ensure_ascii=False) + "\n"


def _drop_oldest(folder: Path, keep: int) -> None:
    journals = sorted(folder.glob(f"*{JOURNAL_SUFFIX}"), key=lambda path: path.stat().st_mtime)
    for path in journals[: max(0, len(journals) - keep)]:
        path.unlink(missing_ok=True)
