"""`entente drill run` of the small drill as a real process, and every process that it starts.

Each process of a drill carries a mark in its environment, which children inherit however they are started.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.cli.up_process import LOOK_SECONDS, PATIENCE, still_ours

SMALL = Path(__file__).with_name("small.yaml")
BROKER_STARTER_AND_GATEWAYS = 5
MARK = "ENTENTE_TEST_DRILL"


class DrillProcess:
    """One drill under way, and every process that carries its mark."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.mark = str(uuid4())
        self.reports = directory / "reports"
        self.output = directory / "output"
        with self.output.open("wb") as stdout, (directory / "errors").open("wb") as stderr:
            self.process = subprocess.Popen(
                (
                    *(sys.executable, "-m", "entente", "drill", "run", str(SMALL)),
                    *("--state", str(directory / "state"), "--reports", str(self.reports), *options),
                ),
                stdout=stdout,
                stderr=stderr,
                env=os.environ | {MARK: self.mark},
                start_new_session=True,
            )

    def children(self) -> set[int]:
        """Processes of the drill that live now, however deep, without the drill itself."""
        return {pid for pid in _marked(f"{MARK}={self.mark}".encode()) if pid != self.process.pid}

    def wait_for_children(self, count: int) -> set[int]:
        """Broker, starter and gateways, once so many processes live. AssertionError when they do not come."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.children()) < count:
            assert self.process.poll() is None, "the drill ended before it ran"
            assert time.monotonic() < deadline, f"{len(found)} processes of {count} came up"
            # Nothing tells that a process was started; the end of the drill is told at once.
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_SECONDS)
        return found

    def clean_up(self) -> None:
        """Kill what is left, by its own number."""
        for pid in (*self.children(), self.process.pid):
            if still_ours(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


def _marked(mark: bytes) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue  # another user's, or gone meanwhile
            if mark in environment.split(b"\0"):
                yield int(entry.name)


@dataclass(frozen=True)
class Played:
    """A drill that was played to its end: exit code, what lived on just then, outcome, reports."""

    code: int
    left: set[int]
    outcome: dict[str, Any]
    reports: Path
