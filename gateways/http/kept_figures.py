"""Figures that take a while to gather, kept a moment: however many ask, little of a core goes there."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

REST = 20
"""What was gathered stands for so many times as long as that took."""


@dataclass
class KeptFigures(Generic[T]):
    """By what they are about. What takes a millisecond is a fiftieth of a second old at most."""

    clock: Callable[[], float] = time.monotonic
    worked: Callable[[], float] = time.thread_time
    _known: dict[Hashable, tuple[float, T]] = field(default_factory=dict)

    def look(self, about: Hashable, gather: Callable[[], T]) -> T:
        """What is kept about this, or what ``gather`` gives now."""
        known = self._known.get(about)
        if known is not None and self.clock() < known[0]:
            return known[1]
        began = self.worked()
        found = gather()
        self._known[about] = (self.clock() + REST * (self.worked() - began), found)
        return found
