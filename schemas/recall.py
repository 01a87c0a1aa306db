"""Recall (control content): an originator withdraws a message, and each recipient's gateway says what it did.

A recall cannot un-send: people may have read the message, systems may have copied it. It takes the content
out of the recipient's gateway and leaves the evidence there.
"""

from enum import StrEnum
from typing import Literal

from schemas.base import Digest, Statement, UtcTime, Uuid7
from schemas.header import Mode


class RecallReason(StrEnum):
    """Why, as far as partners are told: a neutral code, and nothing of what the message said."""

    UNSPECIFIED = "UNSPECIFIED"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"
    RELEASED_IN_ERROR = "RELEASED_IN_ERROR"
    NO_LONGER_RELEASED = "NO_LONGER_RELEASED"


class RecallOutcome(StrEnum):
    """``WITHDRAWN``: it was here and its content is gone; ``NOT_HELD``: it was not here, and will not be."""

    WITHDRAWN = "WITHDRAWN"
    NOT_HELD = "NOT_HELD"


class Recall(Statement):
    """Whoever signs the root withdraws the message of its own that has exactly this id, digest and mode."""

    type: Literal["recall"]
    mode: Mode
    message_id: Uuid7
    digest: Digest
    reason: RecallReason
    at: UtcTime


class Recalled(Statement):
    """The recipient's answer to a recall of exactly this id, digest and mode, each time that it is asked.

    ``already_read``: whether a person had opened it or answered it; absent where the nation keeps that to
    itself, and with ``NOT_HELD``.
    """

    type: Literal["recalled"]
    mode: Mode
    message_id: Uuid7
    digest: Digest
    outcome: RecallOutcome
    already_read: bool | None = None
    at: UtcTime
