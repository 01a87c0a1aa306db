"""Attacks on a lane, named: pure rules over what was counted. docs/threat-model.md says what each proves.

WITHHELD and SILENT are states: they last as long as their rule holds. REORDERED, REWOUND and FLOODED rest on
single happenings: they last until none has come for a while.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.base import MAX_CLOCK_SKEW
from schemas.reasons import ReasonCode


class LaneAlarm(StrEnum):
    """What is wrong with an incoming lane."""

    WITHHELD = "WITHHELD"
    SILENT = "SILENT"
    REORDERED = "REORDERED"
    FLOODED = "FLOODED"
    REWOUND = "REWOUND"

    @property
    def code(self) -> ReasonCode:
        """The code with its explanation."""
        return ReasonCode[f"LANE_{self.value}"]


@dataclass(frozen=True, slots=True)
class HealthPolicy:
    """When an alarm is raised, and when one that rests on happenings is over."""

    requests: int = 3
    """Requests for a gap after which, from a partner that goes on sending heads, it counts as withheld."""
    heartbeats: int = 3
    """Heartbeats without a head after which a partner is silent."""
    flood: int = 120
    """Bundles of one lane that bring nothing new, within `flood_window`, that make a flood."""
    flood_window: timedelta = timedelta(minutes=1)
    quiet: timedelta = timedelta(hours=1)
    """Time without another happening after which an alarm is over."""


def withheld(
    asked: int, last_asked: datetime, heard_at: datetime | None, policy: HealthPolicy, *, standing: bool
) -> bool:
    """Whether missing serials were asked for in vain while their originator's heads keep coming.

    Without a head since the last request the originator may simply be away; but what is ``standing`` is over
    only when something comes.
    """
    if asked < policy.requests:
        return False
    return standing or (heard_at is not None and heard_at > last_asked)


def silent(newest: datetime, next_within: timedelta, now: datetime, policy: HealthPolicy) -> bool:
    """Whether an active partner has sent no head for too long. ``newest``: when its newest one was made, by
    its own clock, or since when one is waited for.
    """
    return now > newest + policy.heartbeats * next_within + MAX_CLOCK_SKEW


def over(alarm: LaneAlarm, last_at: datetime, now: datetime, policy: HealthPolicy) -> bool:
    """Whether an alarm that rests on happenings is over; never for those that last with their rule."""
    return alarm not in STATES and now - last_at >= policy.quiet


STATES = frozenset({LaneAlarm.WITHHELD, LaneAlarm.SILENT})


def out_of_order(signed_at: datetime | None, highest_signed_at: datetime | None) -> bool:
    """Whether a serial below the highest came in the copy that was signed first, not in one sent again.

    Both times are the originator's: what it signs anew, after a loss or when asked, it signs later. Bundles
    that were signed at once tell nothing.
    """
    return signed_at is not None and highest_signed_at is not None and signed_at < highest_signed_at
