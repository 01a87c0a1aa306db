"""A fresh world per test: real broker, real stores, signed realm."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.broker_fixtures import Broker
from tests.broker_fixtures import broker as broker
from tests.flows.world import World
from tests.realm_fixtures import TestRealm, make_realm


@pytest.fixture(scope="session")
def realm() -> TestRealm:
    return make_realm()


@pytest.fixture
async def world(tmp_path: Path, broker: Broker, realm: TestRealm) -> AsyncIterator[World]:
    world = World(tmp_path, broker, realm)
    yield world
    await world.stop()
