"""A world of three nations per test; the realm's keys are made once."""

from pathlib import Path

import pytest

from tests.lanes.lane_world import LaneWorld
from tests.realm_fixtures import TestRealm, make_realm


@pytest.fixture(scope="session")
def realm() -> TestRealm:
    return make_realm()


@pytest.fixture
def world(tmp_path: Path, realm: TestRealm) -> LaneWorld:
    return LaneWorld(tmp_path, realm)
