"""Recalls that nobody confirmed: told once when they are overdue, and asked again until they are answered.

The control lane keeps a recall until its recipient's gateway has it. This is for what comes after: a gateway
that refused it, did not know it yet, or lost its memory before it answered.
"""

from datetime import datetime, timedelta

from bus.store import events, recall_asked
from bus.store.events import NewEvent
from bus.store.recall_asked import Asked, PossiblySent
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.keeper import LOOK_SECONDS, Ending, Keeper, never
from gateways.recalling.asking import Asking
from schemas.audit import AuditEvent, AuditOutcome
from schemas.event import EventType

ACTOR = "gateway"
PAGE = 100
FIRST_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=6)
ON_ITS_WAY = frozenset({"queued", "sealed", "sent"})


def recall_keeper(context: GatewayContext) -> Keeper:
    """Looks after recalls that wait for an answer."""
    return Keeper(context, "recalls", lambda ending: look_after(context, ending))


async def look_after(context: GatewayContext, ending: Ending = never) -> float:
    """Tell what has become overdue, and ask again where nothing is on its way; seconds until the next look.

    Raises StoreError.
    """
    overdue, first = await context.store.read(recall_asked.outlook)
    while first is not None and first <= context.now() and not ending():
        await context.store.write(lambda tx: _look(context, tx))
        context.relay_wanted.set()
        overdue, first = await context.store.read(recall_asked.outlook)
    context.counters.alarm_recalls_overdue = overdue
    return LOOK_SECONDS


def _look(context: GatewayContext, tx: Transaction) -> None:
    now = context.now()
    evidence = context.evidence(ACTOR, now)
    asking = Asking(context, tx, now)
    for asked in recall_asked.to_look_at(tx, now, PAGE):
        if not asked.overdue:
            _tell(tx, evidence, asked, now)
        again = None
        if asked.delivery_state not in ON_ITS_WAY:
            copy = PossiblySent(asked.nation, asked.message_id, asked.digest, asked.mode, asked.wider)
            again = asking.queue(copy, asked.reason, asked.recalled_at)
            _note(evidence, AuditEvent.RECALL_ASKED, AuditOutcome.SUCCESS, asked)
        pause = min(FIRST_PAUSE * 2 ** min(asked.asked_count, 10), LONGEST_PAUSE)
        recall_asked.mark_looked_at(tx, asked, now + pause, asked_again=again)
    evidence.write(tx)


def _tell(tx: Transaction, evidence: Evidence, asked: Asked, now: datetime) -> None:
    _note(evidence, AuditEvent.RECALL_OVERDUE, AuditOutcome.REFUSED, asked)
    events.add(
        tx,
        [
            NewEvent(
                EventType.RECALL_OVERDUE,
                now,
                nation=asked.nation,
                kind=asked.kind,
                mode=asked.mode,
                message_id=asked.message_id,
                publication_id=asked.publication_id,
            )
        ],
    )


def _note(evidence: Evidence, event: AuditEvent, outcome: AuditOutcome, asked: Asked) -> None:
    evidence.add(
        event,
        outcome,
        partner=asked.nation,
        mode=asked.mode,
        publication_id=asked.publication_id,
        message_id=asked.message_id,
        digest=asked.digest,
    )
