"""`entente drill run` as a real process: when it has ended, none of the processes it started lives.

Each process of a drill carries a mark in its environment, which children inherit however they are started.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.up_process import PATIENCE, still_ours, wait_for_end
from tests.drills.test_drill_run import SMALL

MARK = "ENTENTE_TEST_DRILL"


class DrillProcess:
    """One drill under way, and every process that carries its mark."""

    def __init__(self, directory: Path) -> None:
        self.mark = str(uuid4())
        self.output = (directory / "output").open("wb")
        self.process = subprocess.Popen(
            (
                *(sys.executable, "-m", "entente", "drill", "run", str(SMALL)),
                *("--state", str(directory / "state"), "--reports", str(directory / "reports")),
            ),
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env=os.environ | {MARK: self.mark},
            start_new_session=True,
        )

    def children(self) -> set[int]:
        """Processes of the drill that live now, however deep, without the drill itself."""
        return {pid for pid in _marked(f"{MARK}={self.mark}".encode()) if pid != self.process.pid}

    def wait_for_children(self, count: int) -> set[int]:
        """The broker and the gateways, once so many processes live. AssertionError when they do not come."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.children()) < count:
            assert self.process.poll() is None, "the drill ended before it ran"
            assert time.monotonic() < deadline, f"{len(found)} processes of {count} came up"
        return found

    def clean_up(self) -> None:
        """Kill what is left, by its own number."""
        for pid in (*self.children(), self.process.pid):
            if still_ours(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.output.close()


def _marked(mark: bytes) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue  # another user's, or gone meanwhile
            if mark in environment.split(b"\0"):
                yield int(entry.name)


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[DrillProcess]:
    running = DrillProcess(tmp_path)
    yield running
    running.clean_up()


BROKER_AND_GATEWAYS = 4


def test_a_drill_that_played_leaves_no_process_behind(drill: DrillProcess) -> None:
    drill.wait_for_children(BROKER_AND_GATEWAYS)
    assert drill.process.wait(PATIENCE) == 0
    assert drill.children() == set()


def test_a_drill_stopped_by_ctrl_c_leaves_no_process_behind(drill: DrillProcess) -> None:
    drill.wait_for_children(BROKER_AND_GATEWAYS)
    drill.process.send_signal(signal.SIGINT)
    assert drill.process.wait(15) != 0, "it was not played to its end"
    assert drill.children() == set()


def test_the_processes_of_a_killed_drill_end_by_themselves(drill: DrillProcess) -> None:
    children = drill.wait_for_children(BROKER_AND_GATEWAYS)
    drill.process.kill()
    drill.process.wait(PATIENCE)
    for pid in children:
        wait_for_end(pid)
    assert drill.children() == set()
