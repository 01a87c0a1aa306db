"""`entente drill run` as a real process: when it has ended, none of the processes it started lives."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.up_process import PATIENCE, wait_for_end
from tests.drills.drill_process import BROKER_STARTER_AND_GATEWAYS, DrillProcess, Played


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[DrillProcess]:
    running = DrillProcess(tmp_path)
    yield running
    running.clean_up()


def test_a_drill_that_played_leaves_no_process_behind(played: Played) -> None:
    assert played.code == 0
    assert played.left == set()


def test_a_drill_stopped_by_ctrl_c_leaves_no_process_behind(drill: DrillProcess) -> None:
    drill.wait_for_children(BROKER_STARTER_AND_GATEWAYS)
    drill.process.send_signal(signal.SIGINT)
    assert drill.process.wait(PATIENCE) != 0, "it was not played to its end"
    assert drill.children() == set()


def test_the_processes_of_a_killed_drill_end_by_themselves(drill: DrillProcess) -> None:
    drill.wait_for_children(BROKER_STARTER_AND_GATEWAYS)
    drill.process.kill()
    drill.process.wait(PATIENCE)
    # Also of one that was started since they were counted, or by one of them before it ended.
    while children := drill.children():
        for pid in children:
            wait_for_end(pid)
