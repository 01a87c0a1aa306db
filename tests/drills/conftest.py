"""The small drill, played once in a process of the test run for every test that judges it; CAP's gateways."""

import json
from collections.abc import Iterator

import pytest

from entente.drill_control import FOLDER_VARIABLE
from tests.cli.up_process import PATIENCE
from tests.drills.cap_realm import accesses as accesses
from tests.drills.drill_process import BROKER_STARTER_AND_GATEWAYS, DrillProcess, Played


@pytest.fixture(scope="session", autouse=True)
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Drills of the tests keep their journals where nobody else looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("journals")))
        yield


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    running = DrillProcess(tmp_path_factory.mktemp("played"), "--json")
    try:
        running.wait_for_children(BROKER_STARTER_AND_GATEWAYS)
        code = running.process.wait(PATIENCE)
        left = running.children()
    finally:
        running.clean_up()
    return Played(code, left, json.loads(running.output.read_bytes()), running.reports)
