"""An acknowledgement that no agreement carries: told by receipt alone, if its author wants that.

A receipt needs no agreement, and says no more than that a responsible person acknowledged the message, or
that what it asks is done: neither outcome nor remarks. What two persons have to release, no receipt tells.
"""

from dataclasses import dataclass
from datetime import datetime

from bus.protocol.release import AGREEMENT_CODES
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.publishing.author import actor_of_author
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.publish import read_draft
from gateways.receipts.owing import acknowledged_in, note_acknowledged
from gateways.releasing.wait import second_person_wanted
from schemas.audit import AuditEvent
from schemas.receipt import ReceiptStatus


@dataclass(frozen=True, slots=True)
class ToldByReceipt:
    """What the originator is told, and since when."""

    status: ReceiptStatus
    at: datetime


async def tell_by_receipt(
    context: GatewayContext, raw: bytes, refused: DraftRefused, author: str
) -> ToldByReceipt:
    """Tell of the acknowledgement ``raw``, a draft that was refused for want of an agreement.

    Raises ``refused`` where that is not why, or where two persons would have had to release it.
    """
    if refused.code not in AGREEMENT_CODES:
        raise refused
    draft, now = read_draft(raw), context.now()
    if second_person_wanted(context, draft.header, [draft.label], now) is not None:
        raise refused
    (answered,) = acknowledged_in(draft.header, draft.body)
    status = ReceiptStatus.ACTIONED if answered.actioned else ReceiptStatus.ACKNOWLEDGED

    def job(tx: Transaction) -> None:
        note_acknowledged(tx, [answered], now)
        evidence = context.evidence(actor_of_author(author), now)
        evidence.add(
            AuditEvent.ACKNOWLEDGED_BY_RECEIPT,
            partner=answered.reference.originator,
            mode=draft.header.mode,
            message_id=answered.reference.message_id,
            digest=answered.reference.digest,
            state=status.value,
            reason=refused.code,
        )
        evidence.write(tx)

    await context.store.write(job)
    context.relay_wanted.set()
    return ToldByReceipt(status, now)
