"""`entente drill run --speed --seed`: how fast exercise time runs, and what the actors' dice fall by."""

from typing import Annotated

import typer

from drills.acting import drawn
from drills.exercise_clock import FASTEST, SLOWEST
from drills.scenario import MAX_SEED, Scenario
from entente.terminal import CommandFailed, say

SpeedOption = Annotated[
    float | None,
    typer.Option(min=0, max=FASTEST, help="Exercise time runs so many times as fast; 0: causes alone count."),
]
SeedOption = Annotated[
    int | None,
    typer.Option(min=0, max=MAX_SEED, help="What the actors' dice fall by; drawn, where it is not said."),
]


def paced(scenario: Scenario, speed: float | None, seed: int | None) -> Scenario:
    """The scenario at another speed, and with a seed, which is said where dice are thrown."""
    if speed is not None and 0 < speed < SLOWEST:
        raise CommandFailed(f"no speed below {SLOWEST}, but for 0")
    given = scenario.seed if seed is None else seed
    changes: dict[str, float | int | None] = {"seed": drawn() if given is None else given}
    if speed is not None:
        changes["speed"] = speed or None
    if scenario.actors:
        say(f"seed: {changes['seed']}")
    return scenario.model_copy(update=changes)
