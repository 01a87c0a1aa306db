"""A fresh realm of processes per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.processes import ProcessWorld


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ProcessWorld]:
    world = ProcessWorld(tmp_path)
    yield world
    await world.stop()
