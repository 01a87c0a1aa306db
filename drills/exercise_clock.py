"""Exercise time: how scenarios write it, and a clock on which it runs faster than the day does."""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LONGEST = timedelta(days=365)
_TEXT = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,8})s)?", re.ASCII)

SLOWEST, FASTEST = 0.01, 100_000
Speed = Annotated[float, Field(ge=SLOWEST, le=FASTEST, allow_inf_nan=False)]
"""How many times as fast as the clock exercise time runs."""


def duration(written: int | str, unit: timedelta = MINUTE) -> timedelta:
    """A time as a scenario writes it: a number of units, or a text like "90s", "12m", "1h30m". ValueError."""
    if isinstance(written, int):
        return written * unit
    match = _TEXT.fullmatch(written)
    if match is None or not any(match.groups()):
        raise ValueError(written)
    hours, minutes, seconds = (int(each or 0) for each in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _some_time(written: int | str) -> int | str:
    try:
        found = duration(written)
    except (ValueError, OverflowError):
        found = None
    if found is None or not timedelta(0) <= found <= LONGEST:
        raise PydanticCustomError(
            "exercise_time", "not a number of minutes, nor 90s, 12m, 1h30m or the like, up to a year"
        )
    return written


ExerciseTime = Annotated[int | str, AfterValidator(_some_time)]
"""A length of exercise time, as it is written: whole minutes, or a text with units."""


class ExerciseClock:
    """Runs from ``start`` on, ``speed`` times as fast as the day. Without a speed nobody waits for it."""

    def __init__(self, speed: float | None, read: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._read = read
        self._before = timedelta(0)
        self._runs_since: float | None = None
        self._changed = asyncio.Event()

    def start(self, at: timedelta) -> None:
        """It shows this time now, and runs."""
        self._before = at
        self._runs_since = self._read()

    def hold(self) -> None:
        """Exercise time stands still: whoever waits for it waits longer."""
        self._before, self._runs_since = self._elapsed(), None
        self._tell()

    def go_on(self) -> None:
        """Exercise time runs again."""
        if self._runs_since is None:
            self._runs_since = self._read()
            self._tell()

    @property
    def held(self) -> bool:
        """Whether it stands still."""
        return self._runs_since is None

    @property
    def now(self) -> timedelta | None:
        """What it shows; None without a speed."""
        return None if self.speed is None else self._elapsed()

    def real_seconds(self, span: timedelta) -> float:
        """How long this much exercise time takes, while the clock runs; 0 without a speed."""
        return 0.0 if self.speed is None else span.total_seconds() / self.speed

    async def reached(self, moment: timedelta) -> None:
        """Returns once it shows this time; at once without a speed."""
        while (now := self.now) is not None and now < moment:
            changed = self._changed
            left = None if self._runs_since is None else self.real_seconds(moment - now)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await changed.wait()

    def _elapsed(self) -> timedelta:
        if self.speed is None or self._runs_since is None:
            return self._before
        return self._before + timedelta(seconds=(self._read() - self._runs_since) * self.speed)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def shown(moment: timedelta) -> str:
    """Exercise time for people: ``T+0:00``, ``T+1:30:05``."""
    minutes, seconds = divmod(int(moment.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"T+{hours}:{minutes:02}" if not seconds else f"T+{hours}:{minutes:02}:{seconds:02}"
