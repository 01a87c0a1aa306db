"""Who decides, before each inject, whether it is played: the port of exercise control."""

from collections.abc import Coroutine
from typing import Any, Protocol

from drills.inject import Inject


class Gate(Protocol):
    """Port: asked by the player before each inject."""

    async def admits(self, inject: Inject, due: Coroutine[Any, Any, None]) -> bool:
        """Whether the inject is played; answers once ``due``, its time and what it waits for, has come.

        Waits as long as the play is held. What is skipped, or comes after an abort, is not waited for.
        """

    def broke(self, inject: Inject, why: str) -> bool:
        """An inject could not be played; whether the play goes on without it."""

    def played(self, inject: Inject) -> None:
        """An inject was played."""
