"""Information response: the answer to a request, or the courteous absence of one (domain reference 5, 9).

The request stands in the header's references with its digest and the relation ``replies``.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import (
    Digest,
    Identifier,
    Nation,
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
    """How far this response answers the request; ACCEPTED: an answer is being worked on."""

    ANSWERED = "ANSWERED"
    PARTIALLY_ANSWERED = "PARTIALLY_ANSWERED"
    DECLINED = "DECLINED"
    ACCEPTED = "ACCEPTED"
    REDIRECTED = "REDIRECTED"


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


_NATION: TypeAdapter[str] = TypeAdapter(Nation)
_WITHOUT_ANSWER = frozenset({ResponseState.DECLINED, ResponseState.ACCEPTED, ResponseState.REDIRECTED})
_MORE_TO_COME = frozenset({ResponseState.PARTIALLY_ANSWERED, ResponseState.ACCEPTED})


class InformationResponse(Body):
    """``answer`` and ``products`` answer; ``outstanding`` says what is still open of a partial answer.

    ``redirect_to`` is the nation that may know, when the state is REDIRECTED; else words on who may know.
    """

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
        without = self.state in _WITHOUT_ANSWER
        if without and answers:
            raise PydanticCustomError(
                "response_answer", "what is declined, accepted or redirected has no answer and no products"
            )
        if not without and not answers:
            raise PydanticCustomError("response_answer", "an answer needs text or at least one product")
        partial = self.state is ResponseState.PARTIALLY_ANSWERED
        if partial != (self.outstanding is not None):
            raise PydanticCustomError(
                "response_outstanding", "outstanding goes with state PARTIALLY_ANSWERED, and only with it"
            )
        if self.further_answer_by is not None and self.state not in _MORE_TO_COME:
            raise PydanticCustomError(
                "response_outstanding", "further_answer_by goes with state PARTIALLY_ANSWERED or ACCEPTED"
            )
        if self.state is ResponseState.REDIRECTED and not _is_nation(self.redirect_to):
            raise PydanticCustomError(
                "response_redirect", "a redirected request needs redirect_to, the nation that may know"
            )
        return self

    def findings(self, issued_at: datetime, references: tuple[Reference, ...] = ()) -> tuple[Finding, ...]:
        """Exactly one request is answered; a further answer lies ahead, and information is not from then."""
        found = needs_reference(references, (Relation.REPLIES,), "a response replies to exactly one request")
        asker = next((each.originator for each in references if each.relation is Relation.REPLIES), None)
        if self.state is ResponseState.REDIRECTED and self.redirect_to == asker:
            found += (
                error(
                    FindingCode.REDIRECT_INVALID, "/body/redirect_to", "redirect_to is the nation that asks"
                ),
            )
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


def _is_nation(text: str | None) -> bool:
    try:
        _NATION.validate_python(text)
    except ValidationError:
        return False
    return True
