"""Control content between gateways: resends, voids, trust documents, recalls (design 6, 8, 10)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import FirstVersion, Statement
from schemas.cancellation import Cancellation
from schemas.header import Mode
from schemas.lane_head import LaneState
from schemas.reasons import ReasonCode
from schemas.recall import Recall, Recalled
from schemas.request_acts import RequestClosed
from schemas.wire import Lane


class SerialRange(Statement):
    """Serials ``first``..``last`` inclusive of one lane."""

    mode: Mode
    lane: Lane
    lane_epoch: Annotated[int, Field(ge=1, le=2**31)]
    first: Annotated[int, Field(ge=1, le=2**53 - 1)]
    last: Annotated[int, Field(ge=1, le=2**53 - 1)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last < self.first:
            raise PydanticCustomError("range_order", "last is before first")
        return self


class ResendRequest(Statement):
    """The recipient misses serials and asks the originator to send them again."""

    type: Literal["resend_request"]
    ranges: Annotated[tuple[SerialRange, ...], Field(min_length=1, max_length=100)]


class Void(Statement):
    """The originator says that these serials will not come (again): stop waiting for them."""

    type: Literal["void"]
    ranges: Annotated[tuple[SerialRange, ...], Field(min_length=1, max_length=100)]
    reason: ReasonCode | None = None


MAX_ENVELOPES = 500


class TrustUpdate(Statement):
    """Trust documents, each a DSSE envelope (text); they prove themselves, whoever passes them on.

    A long set comes in several updates, its snapshot in the first; the rest may come in any order.
    """

    type: Literal["trust_update"]
    envelopes: Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_ENVELOPES)]


class Control(Statement):
    """Content type ``control.v1``."""

    v: FirstVersion
    control: Annotated[
        ResendRequest | Void | TrustUpdate | LaneState | Cancellation | Recall | Recalled | RequestClosed,
        Field(discriminator="type"),
    ]
