"""Where a drill's reports go: tried before anything is played, since a play cannot be had again."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from entente.terminal import CommandFailed


def require_reports(directory: Path) -> None:
    """Make the directory, and see that files can be written in it. CommandFailed."""
    with reports_written(directory):
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass


@contextlib.contextmanager
def reports_written(directory: Path) -> Iterator[None]:
    """What goes wrong with the directory within is one sentence. CommandFailed."""
    try:
        yield
    except OSError as error:
        raise CommandFailed(
            f"reports cannot be written to {directory}: {error.strerror}; give another --reports"
        ) from error
