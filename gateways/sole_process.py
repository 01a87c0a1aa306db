"""One gateway process per state directory.

Two on one store would take the relay's lease and each other's mail from each other without end: both would
accept drafts, and little would be delivered.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

LOCK_FILE = "gateway.lock"


class StateInUseError(Exception):
    """Another gateway process works in this state directory."""


@contextlib.contextmanager
def sole_process(state_dir: Path) -> Iterator[None]:
    """Hold the state directory, made when missing. The kernel lets go of it when the process ends.

    Raises StateInUseError.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(state_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateInUseError(f"another gateway process works in {state_dir}") from None
        yield
    finally:
        os.close(descriptor)
