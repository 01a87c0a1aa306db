"""Information response: the answer to a request, or the courteous absence of one (domain reference 5, 9).

The request stands in the header's references with its digest and the relation ``replies``.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import (
    Digest,
    Identifier,
    ParagraphText,
    ProseText,
    ShortText,
    Statement,
    TitleText,
    UtcTime,
    unique,
)
from schemas.body import Body, Finding, FindingCode, error, needs_reference
from schemas.grading import SourceGrading
from schemas.header import Reference, Relation
from schemas.information_request import ProductType


class ResponseState(StrEnum):
    """How far this response answers the request."""

    ANSWERED = "ANSWERED"
    PARTIALLY_ANSWERED = "PARTIALLY_ANSWERED"
    DECLINED = "DECLINED"


class DeclineCode(StrEnum):
    """Why nothing is answered. There is no "not releasable": that alone would say that something exists.

    A nation that has information it won't share answers UNABLE_TO_ASSIST, like one that has other reasons.
    """

    NO_INFORMATION = "NO_INFORMATION"
    NO_CAPACITY = "NO_CAPACITY"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    DUPLICATE = "DUPLICATE"
    UNABLE_TO_ASSIST = "UNABLE_TO_ASSIST"


class ProductReference(Statement):
    """A product that answers the request, held by the responder; fetched by other means."""

    product_id: Identifier
    title: TitleText
    product_type: ProductType
    produced_at: UtcTime | None = None
    digest: Digest | None = None
    location: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[!-~]+$")] | None = None


class InformationResponse(Body):
    """``answer`` and ``products`` answer; ``outstanding`` says what is still open of a partial answer."""

    rfi_id: Identifier
    state: ResponseState
    decline_code: DeclineCode | None = None
    answer: ProseText | None = None
    products: Annotated[tuple[ProductReference, ...], Field(max_length=50), AfterValidator(unique)] = ()
    outstanding: ParagraphText | None = None
    further_answer_by: UtcTime | None = None
    information_as_of: UtcTime | None = None
    grading: SourceGrading | None = None
    caveats: Annotated[tuple[ParagraphText, ...], Field(max_length=20), AfterValidator(unique)] = ()
    responding_office: TitleText | None = None
    redirect_to: ShortText | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        declined = self.state is ResponseState.DECLINED
        if declined != (self.decline_code is not None):
            raise PydanticCustomError(
                "decline_code", "decline_code goes with state DECLINED, and only with it"
            )
        answers = self.answer is not None or bool(self.products)
        if declined and answers:
            raise PydanticCustomError("response_answer", "a declined request has no answer and no products")
        if not declined and not answers:
            raise PydanticCustomError("response_answer", "an answer needs text or at least one product")
        partial = self.state is ResponseState.PARTIALLY_ANSWERED
        if partial != (self.outstanding is not None):
            raise PydanticCustomError(
                "response_outstanding", "outstanding goes with state PARTIALLY_ANSWERED, and only with it"
            )
        if self.further_answer_by is not None and not partial:
            raise PydanticCustomError(
                "response_outstanding", "further_answer_by goes with state PARTIALLY_ANSWERED"
            )
        return self

    def findings(self, issued_at: datetime, references: tuple[Reference, ...] = ()) -> tuple[Finding, ...]:
        """Exactly one request is answered; a further answer lies ahead, and information is not from then."""
        found = needs_reference(references, (Relation.REPLIES,), "a response replies to exactly one request")
        if self.information_as_of is not None and self.information_as_of > issued_at:
            found += (
                error(
                    FindingCode.TIME_INVALID,
                    "/body/information_as_of",
                    "information_as_of lies after the time of issue",
                ),
            )
        if self.further_answer_by is not None and self.further_answer_by <= issued_at:
            found += (
                error(
                    FindingCode.TIME_INVALID,
                    "/body/further_answer_by",
                    "further_answer_by has passed already",
                ),
            )
        return found
