"""A drill from its first inject to its outcome."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from drills.hostile import Loot
from drills.judging import Judge
from drills.outcome import DrillOutcome
from drills.partner_system import GatewayAccess
from drills.play import Gateways, Player, partner_systems
from drills.scenario import Inject, Scenario


class Progress(Protocol):
    """Port: who watches the drill."""

    def phase(self, text: str) -> None:
        """Something longer begins."""

    def inject(self, inject: Inject) -> None:
        """An inject is being played."""

    def settled(self, serial: str) -> None:
        """Nothing more is awaited for an inject."""


async def run_drill(
    scenario: Scenario,
    accesses: Mapping[str, GatewayAccess],
    gateways: Gateways,
    loot: Loot,
    progress: Progress,
    *,
    settle_seconds: float,
) -> DrillOutcome:
    """Play and judge a scenario against gateways that are ready.

    DrillError when the play breaks down; a failed expectation is no error but part of the outcome.
    """
    started_at, began = datetime.now(UTC), asyncio.get_running_loop().time()
    async with partner_systems(accesses) as partners:
        progress.phase("playing")
        played = await Player(scenario, partners, gateways, loot, progress.inject).play()
        progress.phase("waiting for receipts")
        judge = Judge(scenario, partners, played, settle_seconds)
        messages, attempts, unexpected = await judge.judge(progress.settled)
    return DrillOutcome(
        title=scenario.title,
        summary=scenario.summary,
        exercise_id=scenario.exercise_id,
        started_at=started_at,
        seconds=round(asyncio.get_running_loop().time() - began, 2),
        nations=tuple(accesses),
        messages=messages,
        attempts=attempts,
        unexpected=unexpected,
    )
