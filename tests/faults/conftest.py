"""A fresh realm of processes per test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.processes import ProcessWorld
from tests.faults.starter import Starter


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """What starts the gateways of every test."""
    starter = Starter()
    yield starter
    starter.stop()


@pytest.fixture
async def world(tmp_path: Path, starter: Starter) -> AsyncIterator[ProcessWorld]:
    world = ProcessWorld(tmp_path, starter)
    yield world
    await world.stop()
