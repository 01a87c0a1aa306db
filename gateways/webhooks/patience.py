"""When to try again, and when to give an event up: pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """The pause after a failure doubles up to ``longest``; ``span`` after it could first be had, an event is
    given up."""

    span: timedelta = timedelta(hours=24)
    first: timedelta = FIRST
    longest: timedelta = LONGEST

    def pause(self, failures: int, draw: int, asked: timedelta | None = None) -> timedelta:
        """The pause after this many failures in a row. ``draw``, 0 to 65535, is its jitter: at most half of
        it falls away. The receiver may have ``asked`` for a longer one."""
        doubled = min(self.longest, self.first * 2 ** min(max(failures - 1, 0), _DOUBLINGS))
        jittered: timedelta = doubled * (0.5 + draw / 131_070)
        return jittered if asked is None else min(self.longest, max(jittered, asked))

    def over(self, event_at: datetime, failing_since: datetime, now: datetime) -> bool:
        """Whether the event is given up: it could be had all that time, and nothing was taken meanwhile."""
        return now - max(event_at, failing_since) >= self.span
