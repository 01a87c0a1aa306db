"""Three gateways on a real broker, in this process, for plays of CAP files: all that such a play needs."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from drills.cap_play import CapTerms, cap_drill
from drills.judging import SETTLE_SECONDS
from drills.outcome import DrillOutcome
from drills.partner_system import GatewayAccess
from schemas.label import DraftLabel
from tests.gateway.running import World

NATIONS = ("XAA", "XBB", "XCC")
Accesses = Mapping[str, GatewayAccess]


def terms(policy: str = "REALM") -> CapTerms:
    """Alerts of XAA for both others."""
    label = DraftLabel(policy=policy, classification="LIMITED", releasable_to=("XBB", "XCC"))
    return CapTerms("CAP 1", label)


class _Unwatched:
    def phase(self, text: str) -> None:
        """Nobody watches."""

    def step(self, text: str) -> None:
        """Nobody watches."""


def play(directory: Path, accesses: Accesses, on: CapTerms | None = None) -> DrillOutcome:
    """Play every CAP file under a directory."""
    return asyncio.run(cap_drill(directory, on or terms(), accesses, _Unwatched(), SETTLE_SECONDS))


@pytest.fixture(scope="session")
def accesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accesses]:
    """Where the gateways are reached. Each play looks at nothing but what it published itself."""
    world = World(tmp_path_factory.mktemp("cap"))
    with world.gateway("XAA") as first, world.gateway("XBB") as second, world.gateway("XCC") as third:
        running = zip(NATIONS, (first, second, third), strict=True)
        yield {nation: GatewayAccess(nation, gateway.url, gateway.key) for nation, gateway in running}
    world.close()
