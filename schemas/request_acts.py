"""What is done about an information request between nations, and how its asker says that it is closed.

What the asked nation does, it says in messages: an ``acknowledgement``, or an ``information_response`` whose
state says what it is. The asking nation closes a request by control content, ``request_closed``, to every
nation that it asked. It **cancels** a request in one way only: by cancelling the request's message
(``schemas.cancellation``), as any message of its own. Replacing the message by a new one (``updates``,
``corrects``, ``supersedes``) closes the old request as overtaken; the new one begins anew.
"""

from enum import StrEnum
from typing import Literal

from schemas.base import Digest, Statement, UtcTime, Uuid7
from schemas.header import Mode


class RequestState(StrEnum):
    """Where a request stands with one asked nation."""

    SUBMITTED = "SUBMITTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    REDIRECTED = "REDIRECTED"
    PARTIALLY_ANSWERED = "PARTIALLY_ANSWERED"
    ANSWERED = "ANSWERED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class RequestAct(StrEnum):
    """What moves a request from one state to another."""

    ACKNOWLEDGE = "ACKNOWLEDGE"
    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    REDIRECT = "REDIRECT"
    ANSWER_PARTLY = "ANSWER_PARTLY"
    ANSWER = "ANSWER"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"
    REPLACE = "REPLACE"
    EXPIRE = "EXPIRE"


class CloseOutcome(StrEnum):
    """What became of the question, as its asker says."""

    SATISFIED = "SATISFIED"
    UNSATISFIED = "UNSATISFIED"
    OVERTAKEN = "OVERTAKEN"


class RequestClosed(Statement):
    """The asking nation closes its request: no (further) answer is wanted.

    ``message_id`` and ``digest`` are those of the request's message as the recipient has it; who closes it is
    who signs the root.
    """

    type: Literal["request_closed"]
    mode: Mode
    message_id: Uuid7
    digest: Digest
    outcome: CloseOutcome
    at: UtcTime
