"""Cancellation (control content): an originator takes a message of its own back as no longer good.

The recipient keeps the message, marked as cancelled. It is neutral: it gives no reason and refers to nothing
else, so that a nation which a new version may not reach, and one for which everything was cancelled, are
told exactly the same.
"""

from enum import StrEnum
from typing import Literal

from schemas.base import Digest, Statement, UtcTime, Uuid7
from schemas.header import Mode


class CancellationReason(StrEnum):
    """Why, for the originator's own record. It never leaves its gateway."""

    UNSPECIFIED = "UNSPECIFIED"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"
    NO_LONGER_VALID = "NO_LONGER_VALID"
    OVERTAKEN = "OVERTAKEN"


class Cancellation(Statement):
    """The message of exactly this id, digest and mode, of the nation that signs the root, is cancelled.

    ``at``: when the originator cancelled it.
    """

    type: Literal["cancellation"]
    mode: Mode
    message_id: Uuid7
    digest: Digest
    at: UtcTime
