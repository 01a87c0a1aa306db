"""The course of a drill: when each inject was played, what stood still when, and what gateways counted."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from drills.objectives import ObjectiveId
from schemas.base import Statement, UtcTime
from schemas.drill_journal import WhyNot

Seconds = Annotated[float, Field(ge=0, le=315_360_000, allow_inf_nan=False)]
"""A length of time, up to ten years: also of exercise time, which may run fast."""
Milliseconds = Annotated[float, Field(ge=0, le=31_536_000_000, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Began = Annotated[UtcTime, Field(lt=datetime(9900, 1, 1, tzinfo=UTC))]
"""When a drill began; when it ended must be a time, too."""


class InjectOutcome(Statement):
    """One inject as it was played. ``kind``: publish, acknowledge, fault, ...

    ``exercise_seconds``: when in exercise time, where there was a speed.
    """

    serial: str
    title: str
    nation: str
    kind: str
    at: UtcTime
    exercise_seconds: Seconds | None = None
    objectives: tuple[ObjectiveId, ...] = ()


class NotPlayed(Statement):
    """An inject that was skipped, or never came since the drill was aborted, and who asked for that.

    ``needs``: the inject that was not played and without which it could not be; ``detail``: what a gateway
    answered when it was tried all the same.
    """

    serial: str
    title: str
    nation: str
    kind: str
    objectives: tuple[ObjectiveId, ...] = ()
    by: str
    why: WhyNot
    needs: str | None = None
    detail: str = ""


class StoodStill(StrEnum):
    """What a fault takes away: all of something, or what it is relied on for."""

    BROKER = "BROKER"
    GATEWAY = "GATEWAY"
    LINK = "LINK"
    SPEED = "SPEED"
    ORDER = "ORDER"
    ROOM = "ROOM"
    CLOCK = "CLOCK"

    @property
    def words(self) -> str:
        """What stood still, for people."""
        return _STOOD_STILL[self]


_STOOD_STILL = {
    StoodStill.BROKER: "broker",
    StoodStill.GATEWAY: "gateway",
    StoodStill.LINK: "link",
    StoodStill.SPEED: "speed of the link",
    StoodStill.ORDER: "order on the link",
    StoodStill.ROOM: "room at the broker",
    StoodStill.CLOCK: "right time at the gateway",
}


class Outage(Statement):
    """Something stood still. ``nation``: whose gateway or link; absent for the broker, which is everybody's.

    ``until`` is absent when the drill ended before it came back.
    """

    what: StoodStill
    nation: str | None = None
    serial: str
    began: UtcTime
    until: UtcTime | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.until is not None and self.until < self.began:
            raise PydanticCustomError("outage", "it ends before it began")
        return self


class NationFigures(Statement):
    """What a nation's gateway had counted by the end of the drill.

    ``missing``: serials of partners' lanes that never came; ``duplicates``: deliveries that came again and
    were recognised; ``late``: those that filled a gap; ``resent``: copies put into a bundle again.
    """

    nation: str
    missing: Count
    duplicates: Count
    late: Count
    resent: Count
    rejected: Count


class CopyTimes(Statement):
    """One nation's copy of a message in time.

    What the recipient signed counts by its own clock where that lies between acceptance and our hearing of
    it, else by ours. ``acknowledge_by`` is absent for who was not asked to acknowledge.
    """

    sent_at: UtcTime | None = None
    delivered_at: UtcTime | None = None
    read_at: UtcTime | None = None
    acknowledged_at: UtcTime | None = None
    deliver_by: UtcTime | None = None
    acknowledge_by: UtcTime | None = None
    attempts: Count = 0
