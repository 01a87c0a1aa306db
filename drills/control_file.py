"""The file by which exercise staff controls a running drill: made, watched and taken away by the runner.

Whatever lies in it is another program's: read strictly, a bounded number of bounded lines.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.drill_control import CONTROL_SUFFIX, LARGEST_ACT, MOST_ACTS, ControlLine
from schemas.strict_json import JsonRefused, parse_model

LOOK_SECONDS = 0.1
AT_A_TIME = 64 * 1024
MOST_OCTETS = MOST_ACTS * LARGEST_ACT
"""Of the whole file: whoever writes on and on keeps the drill busy no longer than this."""

Heard = Callable[[ControlLine | None], None]
"""Called with every line; None for one that is no act."""


class ControlFile:
    """A run's control file; a context manager. While the runner lives it holds a lock on it.

    Nothing after the most lines, or octets, that are heeded is read: ``flooded`` is called once.
    """

    def __init__(self, folder: Path, run: str, heard: Heard, flooded: Callable[[], None]) -> None:
        self._path = folder / f"{run}{CONTROL_SUFFIX}"
        self._heard = heard
        self._flooded = flooded
        self._file = -1
        self._rest = b""
        self._too_long = False
        self._lines = 0
        self._octets = 0
        self._is_flooded = False

    def __enter__(self) -> Self:
        """Make the file, which nobody else has made. OSError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(self._path, flags, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    async def watch(self) -> None:
        """Hear every line as it comes. Never returns by itself."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Hear what has been written since the last look."""
        while not self._is_flooded:
            try:
                data = os.read(self._file, AT_A_TIME)
            except OSError:
                return
            if not data:
                return
            self._octets += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._hear(line)
            if len(self._rest) > LARGEST_ACT:
                self._too_long, self._rest = True, b""
            if self._lines > MOST_ACTS or self._octets > MOST_OCTETS:
                self._is_flooded = True
                self._flooded()

    def _hear(self, line: bytes) -> None:
        self._lines += 1
        if self._lines > MOST_ACTS:
            return
        broken, self._too_long = self._too_long, False
        try:
            act = None if broken else parse_model(ControlLine, line, LARGEST_ACT)
        except (JsonRefused, ValueError):
            act = None
        self._heard(act)


def is_held(path: Path) -> bool:
    """Whether a runner that lives holds this control file."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False
