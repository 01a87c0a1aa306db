"""Acknowledgement: a responsible person's answer to a message (domain reference 6.4, 9).

Not a receipt: receipts come from gateways and prove delivery. The message acknowledged stands in the header's
references, with its digest and the relation ``acknowledges``.
"""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.base import ParagraphText, TitleText, UtcTime
from schemas.body import Body, Finding, FindingCode, error, needs_reference
from schemas.header import Reference, Relation


class AcknowledgementLevel(StrEnum):
    """How far it has come with the person who answers; each level includes those before it."""

    READ = "READ"
    UNDERSTOOD = "UNDERSTOOD"
    ACTIONED = "ACTIONED"


class AcknowledgementOutcome(StrEnum):
    """What is made of the message. COMPLETED says that what it asks has been done."""

    NOTED = "NOTED"
    WILL_COMPLY = "WILL_COMPLY"
    UNABLE_TO_COMPLY = "UNABLE_TO_COMPLY"
    REJECTED = "REJECTED"
    COMPLETED = "COMPLETED"


class Acknowledgement(Body):
    """``officer_role`` is a role ("duty officer, joint operations centre"), not a person's name.

    UNABLE_TO_COMPLY and REJECTED need ``remarks`` that say why; COMPLETED goes with level ACTIONED.
    """

    level: AcknowledgementLevel
    outcome: AcknowledgementOutcome
    officer_role: TitleText
    acknowledged_at: UtcTime
    remarks: ParagraphText | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        actioned = self.level is AcknowledgementLevel.ACTIONED
        if self.outcome is AcknowledgementOutcome.COMPLETED and not actioned:
            raise PydanticCustomError("ack_outcome", "outcome COMPLETED goes with level ACTIONED")
        if self.outcome in (AcknowledgementOutcome.UNABLE_TO_COMPLY, AcknowledgementOutcome.REJECTED) and (
            self.remarks is None
        ):
            raise PydanticCustomError("ack_remarks", "this outcome needs remarks that say why")
        return self

    def findings(self, issued_at: datetime, references: tuple[Reference, ...] = ()) -> tuple[Finding, ...]:
        """Exactly one message is acknowledged, and not before it happened."""
        found = needs_reference(
            references, (Relation.ACKNOWLEDGES,), "an acknowledgement refers to exactly one message"
        )
        if self.acknowledged_at > issued_at:
            found += (
                error(
                    FindingCode.TIME_INVALID,
                    "/body/acknowledged_at",
                    "acknowledged_at lies after the time of issue",
                ),
            )
        return found
