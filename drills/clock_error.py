"""By how much a fault sets a clock wrong, as a scenario writes it."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from drills.exercise_clock import duration

MOST = timedelta(hours=24)


def clock_error(written: str) -> timedelta:
    """``10m``: ahead; ``-90s``: behind. ValueError."""
    sign = -1 if written.startswith("-") else 1
    return sign * duration(written.removeprefix("-"))


def _some_error(written: str) -> str:
    try:
        found = abs(clock_error(written))
    except (ValueError, OverflowError):
        found = timedelta(0)
    if not timedelta(0) < found <= MOST:
        raise PydanticCustomError("clock_error", "not 10m, -90s or the like, up to a day")
    return written


ClockError = Annotated[str, AfterValidator(_some_error)]
"""How far a clock is ahead, or with a minus behind: 10m, -90s, 1h30m."""
