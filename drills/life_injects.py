"""Injects on the life of a message: cancelled, recalled, read, asked about, watched, posted to a system."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.base import Nation, Statement, unique
from schemas.cancellation import CancellationReason
from schemas.event import EventType
from schemas.information_response import DeclineCode
from schemas.recall import RecallReason
from schemas.request_acts import CloseOutcome

Serial = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$")]
"""event.incident.inject"""


class Cancel(Statement):
    """An earlier inject's message is cancelled for everybody who holds it."""

    inject: Serial
    reason: CancellationReason = CancellationReason.UNSPECIFIED


class Recall(Statement):
    """An earlier inject's message is recalled from everybody; with ``history`` also what it changed."""

    inject: Serial
    reason: RecallReason = RecallReason.UNSPECIFIED
    history: bool = False


class Reading(Statement):
    """A person of the inject's nation reads an earlier inject's message, as its own system reports."""

    inject: Serial


class Watch(Statement):
    """Nothing is done: what became of an earlier inject's message is looked at once more."""

    inject: Serial


class RequestMove(StrEnum):
    """What is done about an information request without writing a draft."""

    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    REDIRECT = "REDIRECT"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"


ANSWERING = (RequestMove.ACCEPT, RequestMove.DECLINE, RequestMove.REDIRECT)
"""Each of these is a message to the asker."""


class RequestStep(Statement):
    """A step on an earlier inject's information request, with what goes with it."""

    inject: Serial
    act: RequestMove
    decline_code: DeclineCode | None = None
    redirect_to: Nation | None = None
    outcome: CloseOutcome | None = None
    reason: CancellationReason | None = None

    @property
    def body(self) -> dict[str, str]:
        """What is handed in with it."""
        given = {
            "decline_code": self.decline_code,
            "redirect_to": self.redirect_to,
            "outcome": self.outcome,
            "reason": self.reason,
        }
        return {name: str(value) for name, value in given.items() if value is not None}


class WebhookWanted(Statement):
    """The nation's own system has events of these types posted to it from now on, to the drill's end."""

    types: Annotated[tuple[EventType, ...], Field(min_length=1), AfterValidator(unique)]
