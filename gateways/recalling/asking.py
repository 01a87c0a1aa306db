"""Queueing what a recall says to partners: the recall itself, and the answer to one.

Like all control content it needs no agreement: a nation that is suspended, or that left every agreement with
us, is asked and answers as any other, as far as there is a key to seal to.
"""

from datetime import datetime

from bus.store import deliveries, recall_asked
from bus.store.recall_asked import PossiblySent
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from schemas.control import Control
from schemas.header import Mode
from schemas.recall import Recall, Recalled, RecallOutcome, RecallReason
from schemas.trust import KeyUse
from schemas.wire import ContentType, Lane


class Asking:
    """The recalls of one transaction: each message's content is kept once, whoever is asked."""

    def __init__(self, context: GatewayContext, tx: Transaction, now: datetime) -> None:
        self._context = context
        self._tx = tx
        self._now = now
        self._contents: dict[str, int] = {}

    def queue(self, copy: PossiblySent, reason: RecallReason, recalled_at: datetime) -> int:
        """Queue the recall of one copy; its ``delivery_seq``."""
        content_id = self._contents.get(copy.message_id)
        if content_id is None:
            recall = Recall(
                type="recall",
                mode=copy.mode,
                message_id=copy.message_id,
                digest=copy.digest,
                reason=reason,
                at=recalled_at,
            )
            # ``wider``: recalls of two versions of one publication share no tree either.
            content_id = self._contents[copy.message_id] = _add(
                self._context, self._tx, Control(v=1, control=recall), copy.mode, self._now, copy.wider
            )
        return recall_asked.enqueue(self._tx, content_id, copy.nation, copy.mode)


def queue_answer(
    context: GatewayContext, tx: Transaction, partner: str, answer: Recalled, now: datetime
) -> None:
    """Tell the originator what became of what it recalled.

    That nothing was here needs no receipt: who recalled it asks again where the answer is lost.
    """
    content_id = _add(context, tx, Control(v=1, control=answer), answer.mode, now)
    deliveries.enqueue(
        tx,
        content_id,
        (partner,),
        mode=answer.mode,
        lane=Lane.CONTROL,
        awaits_receipt=answer.outcome is not RecallOutcome.NOT_HELD,
    )


def _add(
    context: GatewayContext, tx: Transaction, control: Control, mode: Mode, now: datetime, wider: int = 0
) -> int:
    content = control.encode()
    digest = context.digest(content, KeyUse.RECEIPT, mode, now)
    return deliveries.add_content(tx, ContentType.CONTROL, content, digest, wider=wider)
