"""Asking something of a drill that is being played: a line appended to its control file.

The runner made that file and holds a lock on it while it lives, so a drill that ended, however it ended, is
known not to listen.
"""

import fcntl
import os
import stat
from pathlib import Path

from schemas.drill_control import CONTROL_SUFFIX, LARGEST_ACT, ControlLine
from schemas.drill_journal import RunId


class NotListening(Exception):
    """The drill is over, or nobody can control it from here."""


def under_way(folder: Path | None, run: RunId) -> bool:
    """Whether the drill is being played. ``run`` has passed its pattern."""
    return _is_held(folder, run, os.O_RDONLY)


def listens(folder: Path | None, run: RunId) -> bool:
    """Whether it is, and hears what is asked of it from here: a folder may be given for reading alone."""
    return _is_held(folder, run, os.O_WRONLY | os.O_APPEND)


def ask(folder: Path | None, run: RunId, line: ControlLine) -> None:
    """Ask it of the drill: a whole line at once, which it reads between injects. NotListening."""
    if folder is None:
        raise NotListening
    data = line.model_dump_json(exclude_none=True).encode() + b"\n"
    assert len(data) <= LARGEST_ACT  # every member is bounded
    file = _opened(folder, run, os.O_WRONLY | os.O_APPEND)
    try:
        if os.write(file, data) != len(data):
            raise NotListening
    except OSError as error:
        raise NotListening from error
    finally:
        os.close(file)


def _is_held(folder: Path | None, run: RunId, access: int) -> bool:
    if folder is None:
        return False
    try:
        file = _opened(folder, run, access)
    except NotListening:
        return False
    os.close(file)
    return True


def _opened(folder: Path, run: RunId, access: int) -> int:
    """The control file, once it is sure that a runner holds it."""
    path = folder / f"{run}{CONTROL_SUFFIX}"
    try:
        file = os.open(path, access | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise NotListening from error
    if stat.S_ISREG(os.fstat(file).st_mode) and _held(file):
        return file
    os.close(file)
    raise NotListening


def _held(file: int) -> bool:
    """Whether a runner holds the lock; one that we get is let go of with the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
