"""The message header: who says it, to whom, how urgently, live or not (design 3; ACP 121, STANAG 4406)."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import (
    Digest,
    LanguageTag,
    Nation,
    NationOrCommunity,
    Statement,
    TitleText,
    UtcTime,
    Uuid7,
    unique,
)


class Kind(StrEnum):
    """The kinds of message this version knows; a body schema stands behind each."""

    EXERCISE_NOTICE = "exercise_notice"
    THREAT_ALERT = "threat_alert"
    INFORMATION_REQUEST = "information_request"
    INFORMATION_RESPONSE = "information_response"
    ACKNOWLEDGEMENT = "acknowledgement"


class Precedence(StrEnum):
    """Urgency of handling, highest first (ACP 121, STANAG 4406); not the importance of the content."""

    FLASH = "FLASH"
    IMMEDIATE = "IMMEDIATE"
    PRIORITY = "PRIORITY"
    ROUTINE = "ROUTINE"

    @property
    def rank(self) -> int:
        """0 for FLASH up to 3 for ROUTINE: the order in which a relay takes what waits."""
        return _PRECEDENCE_RANK[self]


_PRECEDENCE_RANK = {precedence: rank for rank, precedence in enumerate(Precedence)}


class Mode(StrEnum):
    """Live or not (STANAG 4406 message type); signed, sealed under its own keys, routed apart."""

    OPERATION = "OPERATION"
    EXERCISE = "EXERCISE"
    TEST = "TEST"


class Relation(StrEnum):
    """What a message is to the one it refers to."""

    REPLIES = "replies"
    ACKNOWLEDGES = "acknowledges"
    UPDATES = "updates"
    CORRECTS = "corrects"
    CANCELS = "cancels"
    SUPERSEDES = "supersedes"
    RELATES = "relates"


CHANGING = frozenset({Relation.UPDATES, Relation.CORRECTS, Relation.SUPERSEDES, Relation.CANCELS})
"""Relations that make something of the earlier message."""
MAX_CHANGES = 10
"""How many messages one changes at most: each costs whoever gets it work in its store."""


class Reference(Statement):
    """A pointer to another message by id and by the digest of its exact content bytes."""

    message_id: Uuid7
    originator: Nation
    digest: Digest
    relation: Relation


class AcknowledgementPolicy(Statement):
    """What the originator asks of the action addressees: whether and until when a person acknowledges."""

    required: bool = False
    by: UtcTime | None = None

    @model_validator(mode="after")
    def _deadline_needs_requirement(self) -> Self:
        if self.by is not None and not self.required:
            raise PydanticCustomError("ack_policy", "a deadline needs required: true")
        return self


def _few_changes(references: tuple[Reference, ...]) -> tuple[Reference, ...]:
    if len(references) > MAX_CHANGES:
        changes = sum(reference.relation in CHANGING for reference in references)
        if changes > MAX_CHANGES:
            raise PydanticCustomError(
                "changes_too_many", "one message changes at most {most} others", {"most": MAX_CHANGES}
            )
    return references


Addressees = Annotated[tuple[NationOrCommunity, ...], Field(max_length=100), AfterValidator(unique)]
ExerciseId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9 ._/-]{0,63}$")]


class DraftHeader(Statement):
    """The part of the header that a partner system writes; the gateway adds id, originator and issue time."""

    kind: Kind
    precedence: Precedence
    mode: Mode
    exercise_id: ExerciseId | None = None
    effective_at: UtcTime | None = None
    expires_at: UtcTime | None = None
    action_addressees: Addressees = ()
    info_addressees: Addressees = ()
    references: Annotated[
        tuple[Reference, ...], Field(max_length=50), AfterValidator(unique), AfterValidator(_few_changes)
    ] = ()
    acknowledgement: AcknowledgementPolicy = AcknowledgementPolicy()
    subject: TitleText
    language: LanguageTag = "en"

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.mode is Mode.EXERCISE) != (self.exercise_id is not None):
            raise PydanticCustomError("exercise_id", "exercise_id goes with mode EXERCISE, and only with it")
        if self.effective_at and self.expires_at and self.expires_at <= self.effective_at:
            raise PydanticCustomError("time_order", "expires_at is not after effective_at")
        both = set(self.action_addressees) & set(self.info_addressees)
        if both:
            raise PydanticCustomError("addressees", "an addressee is either for action or for information")
        return self


class Header(DraftHeader):
    """A complete header, as signed."""

    message_id: Uuid7
    originator: Nation
    issued_at: UtcTime
