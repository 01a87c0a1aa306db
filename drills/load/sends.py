"""The plan of a load: who sends what to whom, and when. Drawn beforehand: nothing that happens moves it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from drills.load.mix import REPLIES, Mix
from schemas.header import Kind, Precedence


@dataclass(frozen=True)
class Load:
    """What is asked for. ``to_some``: each message goes to a random part of the others, not to all."""

    nations: tuple[str, ...]
    rate: float
    seconds: float
    mix: Mix
    size: int = 1024
    seed: int = 0
    to_some: bool = False

    @property
    def count(self) -> int:
        """How many sends there are in all."""
        return round(self.rate * self.seconds)


@dataclass(frozen=True)
class Send:
    """One of them. ``due``: seconds from the beginning. A reply's recipient and precedence show in play."""

    number: int
    due: float
    originator: str
    kind: Kind
    precedence: Precedence | None
    recipients: tuple[str, ...]


def sends(load: Load) -> Iterator[Send]:
    """All sends in order of time: one in each ``1 / rate`` seconds, at a random moment of them.

    Nations take turns, in an order drawn anew for each turn: each has the same share, none a rhythm.
    """
    dice = random.Random(load.seed)
    turn: list[str] = []
    for number in range(load.count):
        if not turn:
            turn = dice.sample(load.nations, len(load.nations))
        originator = turn.pop()
        kind, precedence = load.mix.draw(dice)
        yield Send(
            number=number,
            due=(number + dice.random()) / load.rate,
            originator=originator,
            kind=kind,
            precedence=precedence,
            recipients=() if kind in REPLIES else _recipients(load, originator, dice),
        )


def _recipients(load: Load, originator: str, dice: random.Random) -> tuple[str, ...]:
    others = [nation for nation in load.nations if nation != originator]
    if load.to_some:
        others = dice.sample(others, dice.randint(1, len(others)))
    return tuple(sorted(others))
