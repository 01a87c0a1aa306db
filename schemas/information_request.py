"""Information request, RFI: one ad hoc, answerable question (domain reference 5, 9).

It asks for information and implies no action. One subject per request. ``priority`` is the importance of the
question; how fast the message is handled is the header's precedence.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.area import Areas
from schemas.base import (
    Identifier,
    LanguageTag,
    Nation,
    ParagraphText,
    ShortText,
    Statement,
    TitleText,
    UtcTime,
    unique,
)
from schemas.body import Body, Finding, FindingCode, error
from schemas.header import Reference


class RequestPriority(StrEnum):
    """Importance of the question to the requester, highest first."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    ROUTINE = "ROUTINE"


class ProductType(StrEnum):
    """What kind of product answers."""

    REPORT = "REPORT"
    IMAGERY = "IMAGERY"
    TRACK_DATA = "TRACK_DATA"
    BRIEFING = "BRIEFING"
    ASSESSMENT = "ASSESSMENT"
    DATA = "DATA"
    OTHER = "OTHER"


class PointOfContact(Statement):
    """Whom to ask back: an office or role, how to reach it."""

    role: TitleText
    contact: TitleText


class Period(Statement):
    """A span of time, the end not included."""

    start: UtcTime
    end: UtcTime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("time_order", "end is not after start")
        return self


class ClassificationCeiling(Statement):
    """The highest classification the requester can hold, in a policy's own words."""

    policy: ShortText
    classification: ShortText


Lines = Annotated[tuple[TitleText, ...], Field(max_length=50), AfterValidator(unique)]


class InformationRequest(Body):
    """``ltiov`` is the latest time the information is of value; after it an answer is useless.

    ``justification`` says which decision the answer supports and what follows if it stays open;
    ``release_needed_to`` names nations the requester must pass the answer on to.
    """

    rfi_id: Identifier
    revision: Annotated[int, Field(ge=1, le=999)] = 1
    title: TitleText
    requirement_statement: ParagraphText
    background: ParagraphText | None = None
    justification: ParagraphText
    linked_requirement: TitleText | None = None
    sources_consulted: Lines = ()
    priority: RequestPriority
    ltiov: UtcTime
    answer_requested_by: UtcTime | None = None
    etiov: UtcTime | None = None
    area_of_interest: Areas = ()
    time_of_interest: Period | None = None
    subject_entities: Lines = ()
    requested_products: Annotated[
        tuple[ProductType, ...], Field(min_length=1, max_length=10), AfterValidator(unique)
    ]
    answer_format: TitleText | None = None
    answer_language: LanguageTag | None = None
    max_classification: ClassificationCeiling
    release_needed_to: Annotated[tuple[Nation, ...], Field(max_length=100), AfterValidator(unique)] = ()
    caveats_on_use: Annotated[tuple[ParagraphText, ...], Field(max_length=20), AfterValidator(unique)] = ()
    poc: PointOfContact

    @model_validator(mode="after")
    def _times(self) -> Self:
        if self.answer_requested_by is not None and self.answer_requested_by > self.ltiov:
            raise PydanticCustomError("time_order", "answer_requested_by is after ltiov")
        if self.etiov is not None and self.etiov >= self.ltiov:
            raise PydanticCustomError("time_order", "etiov is not before ltiov")
        return self

    def findings(self, issued_at: datetime, references: tuple[Reference, ...] = ()) -> tuple[Finding, ...]:
        """A question whose answer would already be useless, or was wanted earlier, is not asked."""
        found: tuple[Finding, ...] = ()
        if self.ltiov <= issued_at:
            found += (error(FindingCode.TIME_INVALID, "/body/ltiov", "ltiov has passed already"),)
        if self.answer_requested_by is not None and self.answer_requested_by <= issued_at:
            found += (
                error(
                    FindingCode.TIME_INVALID,
                    "/body/answer_requested_by",
                    "answer_requested_by has passed already",
                ),
            )
        return found
