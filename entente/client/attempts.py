"""How often and when a request is repeated, without any I/O."""

from collections.abc import Callable
from dataclasses import dataclass

from entente.client.answers import Answer

BUSY = 429
REPEATABLE = frozenset({408, BUSY, 500, 502, 503, 504})
"""After these the same request may succeed (docs/api.md); 502 and 504 come from proxies in between."""


@dataclass(frozen=True, slots=True)
class Retries:
    """At most ``again`` repetitions, after pauses (seconds) that double from ``first`` up to ``longest``.

    Each pause is between half and all of that, by chance, so that many clients do not come back at once.
    """

    again: int = 6
    first: float = 0.5
    longest: float = 30.0

    def pause(self, repetition: int, chance: float) -> float:
        """Seconds before this repetition, counted from 0; ``chance`` is from 0 to 1."""
        return min(self.longest, self.first * 2.0 ** min(repetition, 60)) * (0.5 + chance / 2)


class Attempts:
    """The tries of one request. A request that is not ``repeatable`` is repeated only if it had no effect."""

    def __init__(self, retries: Retries, *, repeatable: bool, chance: Callable[[], float]) -> None:
        self._retries = retries
        self._repeatable = repeatable
        self._chance = chance
        self.tries = 0
        self.maybe_done = False
        """Whether a request that must not be repeated may have been carried out."""

    def after_failure(self, *, was_sent: bool) -> float | None:
        """Seconds to wait before the next try when no answer came; None when there is none."""
        self.tries += 1
        if was_sent and not self._repeatable:
            self.maybe_done = True
            return None
        return self._next()

    def after_answer(self, answer: Answer) -> float | None:
        """Seconds to wait before the next try; None when this answer stands."""
        self.tries += 1
        # A request that was too many was not looked at: repeating it is always safe.
        if answer.status != BUSY and not (self._repeatable and answer.status in REPEATABLE):
            return None
        asked = answer.retry_after or 0.0
        pause = self._next()
        return None if pause is None or asked > self._retries.longest else asked + pause

    def _next(self) -> float | None:
        if self.tries > self._retries.again:
            return None
        return self._retries.pause(self.tries - 1, self._chance())
