"""Lane heads: how far an originator has come in its lanes to one recipient, signed (design 4).

The last serials of a lane leave no gap when they get lost: nothing after them shows it. A head does.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import Digest, FirstVersion, Statement, UtcTime
from schemas.header import Mode
from schemas.wire import Lane

MAX_NEXT_WITHIN = 24 * 60 * 60


class LaneReached(Statement):
    """The highest serial that was given in a lane's present epoch; 0 while there is none."""

    lane: Lane
    lane_epoch: Annotated[int, Field(ge=1, le=2**31)]
    serial: Annotated[int, Field(ge=0, le=2**53 - 1)]


class LaneHead(Statement):
    """Content type ``lane-head.v1``: all three lanes of one mode, as they stood ``at``.

    The serial that the head itself travels under may lie above what it says of the control lane.
    """

    v: FirstVersion
    mode: Mode
    at: UtcTime
    next_within: Annotated[int, Field(ge=1, le=MAX_NEXT_WITHIN)]
    """Seconds within which the originator means to send the next one: after three times that it is silent."""
    lanes: Annotated[tuple[LaneReached, ...], Field(min_length=3, max_length=3)]
    papers: Digest | None = None
    """Digest over the agreements and acts of nations that the originator knows and both are parties to: one
    that lost its store knows fewer than its partner, who then passes them on. In mode OPERATION only."""

    @model_validator(mode="after")
    def _every_lane_once(self) -> Self:
        if {entry.lane for entry in self.lanes} != set(Lane):
            raise PydanticCustomError("lanes_missing", "a head names each of the three lanes once")
        if (self.papers is not None) and self.mode is not Mode.OPERATION:
            raise PydanticCustomError("papers_mode", "agreements are of mode OPERATION")
        return self

    def of(self, lane: Lane) -> LaneReached:
        """What it says of one lane."""
        return next(entry for entry in self.lanes if entry.lane is lane)


class SerialSeen(Statement):
    """The highest serial seen in one epoch of a lane."""

    lane: Lane
    lane_epoch: Annotated[int, Field(ge=1, le=2**31)]
    serial: Annotated[int, Field(ge=1, le=2**53 - 1)]


class LaneState(Statement):
    """Control content: a recipient tells an originator whose lanes went back what it has seen in them.

    One whose store was set back learns of serials that it does not know it has used.
    """

    type: Literal["lane_state"]
    mode: Mode
    lanes: Annotated[tuple[SerialSeen, ...], Field(min_length=1, max_length=9)]
