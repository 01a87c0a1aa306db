"""What must have become of a message at some point of its life. Judged there and then, not in the end."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from drills.life_injects import Serial
from schemas.base import Nation, Statement, unique
from schemas.recall import RecallOutcome
from schemas.request_acts import RequestState


class Status(StrEnum):
    """Where a message stands, as every gateway that has it says."""

    CURRENT = "CURRENT"
    UPDATED = "UPDATED"
    CORRECTED = "CORRECTED"
    SUPERSEDED = "SUPERSEDED"
    CANCELLED = "CANCELLED"
    RECALLED = "RECALLED"


class Gets(StrEnum):
    """What a nation gets of a change, as the answer to its author says."""

    UPDATE = "UPDATE"
    FRESH = "FRESH"
    CANCELLATION = "CANCELLATION"
    NOTHING = "NOTHING"


class State(StrEnum):
    """How far a nation's copy came, as its author's gateway says it."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    ACKNOWLEDGED = "acknowledged"
    ACTIONED = "actioned"
    REFUSED = "refused"
    WITHHELD = "withheld"


class Awaited(StrEnum):
    """Which deadline passed."""

    DELIVERY = "delivery"
    ACKNOWLEDGEMENT = "acknowledgement"


Nations = Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)]


class LifeExpectation(Statement):
    """What must have become, by the end of an inject, of the message that it is about.

    ``standing``: which messages of its chain each nation's gateway has, and where each stands there; a nation
    that is not named has none. ``progress``: how far a nation's copy has come. ``overdue``: who has missed
    which deadline and was told of once; {} when nobody is overdue (any more). ``confirmed``: what the nations
    asked to withdraw it have answered; ``had_read``: those who said that it had been read there;
    ``unanswered``: those who were asked and are silent. ``requests``: where the request stands with each
    nation, which its gateway and the asker's must say alike; ``no_effect``: what this inject answers came
    when it no longer counted, and both show it so.
    """

    standing: dict[Nation, dict[Serial, Status]] = Field(default_factory=dict)
    progress: dict[Nation, State] = Field(default_factory=dict)
    overdue: dict[Nation, Awaited] | None = None
    confirmed: dict[Nation, RecallOutcome] = Field(default_factory=dict)
    had_read: Nations = ()
    unanswered: Nations = ()
    requests: dict[Nation, RequestState] = Field(default_factory=dict)
    no_effect: bool = False

    @property
    def of_recall(self) -> bool:
        """Whether it speaks of a recall."""
        return bool(self.confirmed or self.unanswered)

    @property
    def of_life(self) -> bool:
        """Whether it says anything that is judged at once."""
        said = self.standing or self.progress or self.requests or self.of_recall
        return bool(said) or self.overdue is not None

    @property
    def in_life(self) -> set[str]:
        """The nations that it speaks of."""
        return {
            *self.standing,
            *self.progress,
            *(self.overdue or ()),
            *self.confirmed,
            *self.had_read,
            *self.unanswered,
            *self.requests,
        }
