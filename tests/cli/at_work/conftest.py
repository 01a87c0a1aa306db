"""One running realm for the tests of commands that only speak to gateways."""

from collections.abc import Iterator

import pytest

from tests.cli.up_process import UpProcess


@pytest.fixture(scope="session")
def realm_at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpProcess]:
    """XAA and XBB, who may send each other alerts. A test waits until what it sent has come."""
    with UpProcess(tmp_path_factory.mktemp("at-work") / "state") as up:
        yield up
