"""What an author is told of an acknowledgement that goes by receipt alone."""

from pydantic import Field

from bus.store.inbox import InboxMessage
from gateways.publishing.draft_refused import DraftRefused
from gateways.receipts.by_receipt import ToldByReceipt
from schemas.base import Digest, Nation, Statement, UtcTime, Uuid7
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus


class ToldByReceiptView(Statement):
    """No agreement carries the acknowledgement; its originator is told by receipt that it was given."""

    originator: Nation
    message_id: Uuid7
    digest: Digest
    told: ReceiptStatus = Field(description="acknowledged, or actioned: all that the originator learns.")
    at: UtcTime
    code: ReasonCode = Field(description="Why the acknowledgement itself does not pass.")
    explanation: str


def told_view(answered: InboxMessage, told: ToldByReceipt, refused: DraftRefused) -> ToldByReceiptView:
    """What was told of ``answered``."""
    return ToldByReceiptView.model_construct(
        originator=answered.originator,
        message_id=answered.message_id,
        digest=answered.digest,
        told=told.status,
        at=told.at,
        code=refused.code,
        explanation=refused.explanation,
    )
