"""Receipts: what a recipient's gateway says of deliveries, signed in batches (design 8)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Digest, FirstVersion, Statement, UtcTime, Uuid7
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

MAX_RECEIPTS = 1000


class ReceiptStatus(StrEnum):
    """``delivered``: filed in the inbox; ``read``: a person opened it; ``acknowledged``: a responsible person
    answered it; ``actioned``: what it asks was done, they say; ``refused``: not filed.
    """

    DELIVERED = "delivered"
    READ = "read"
    ACKNOWLEDGED = "acknowledged"
    ACTIONED = "actioned"
    REFUSED = "refused"


class Receipt(Statement):
    """One statement about one delivery; it counts only for a digest that was sent to the signing nation.

    The mode is that of the root it travels under.
    """

    mode: Mode
    lane: Lane
    lane_epoch: Annotated[int, Field(ge=1, le=2**31)]
    serial: Annotated[int, Field(ge=1, le=2**53 - 1)]
    content_digest: Digest
    message_id: Uuid7 | None = None
    status: ReceiptStatus
    reason: ReasonCode | None = None
    at: UtcTime


class Receipts(Statement):
    """Content type ``receipts.v1``."""

    v: FirstVersion
    receipts: Annotated[tuple[Receipt, ...], Field(min_length=1, max_length=MAX_RECEIPTS)]
