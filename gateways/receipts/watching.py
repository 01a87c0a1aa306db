"""Deadlines that pass are noted once: evidence, an event, metrics; and who is silent is found out.

The keeper wakes when the first deadline comes. What was noted is in the store, in the transaction that noted
it, so that a gateway that stops and starts again tells nothing twice and forgets nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from bus.protocol.deadlines import Awaited
from bus.store import contacts, deadlines, events
from bus.store.deadlines import Passed
from bus.store.events import NewEvent
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.keeper import LOOK_SECONDS, Ending, Keeper, never
from schemas.audit import AuditEvent, AuditOutcome
from schemas.event import EventType

ACTOR = "gateway"
REST = 20
"""After a look the keeper rests so many times as long as that took: while a backlog drains, something changes
with every bundle."""
PAGE = 50
"""Publications whose deadlines are looked at in one transaction."""


def deadline_keeper(context: GatewayContext) -> Keeper:
    """Notes deadlines that pass, and counts what is overdue."""
    return Keeper(
        context, "deadlines", lambda ending: look(context, ending), wake=context.deadlines_changed, rest=REST
    )


async def look(context: GatewayContext, ending: Ending = never) -> float:
    """Note what passed by now, count what is overdue; seconds until the next look. Raises StoreError."""
    await _note_due(context, ending)
    return await _count(context)


async def _note_due(context: GatewayContext, ending: Ending) -> None:
    """Note what passed by now, page by page, so that others' commits come between."""

    def job(tx: Transaction) -> Sequence[Passed]:
        now = context.now()
        passed = deadlines.note_passed(tx, now, PAGE)
        note_overdue(context, tx, passed, now)
        return passed

    first = await context.store.read(deadlines.next_watch)
    while first is not None and first <= context.now() and not ending():
        for each in await context.store.write(job):
            context.counters.count_deadline_missed(each.awaited.value)
        first = await context.store.read(deadlines.next_watch)


async def _count(context: GatewayContext) -> float:
    """Count what is overdue and who is silent; seconds until the next deadline, or the next look."""
    overdue, silent, first = await context.store.read(
        lambda tx: (deadlines.count_overdue(tx), contacts.count_silent(tx), deadlines.next_watch(tx))
    )
    context.counters.alarm_overdue = {
        (partner, awaited.value): count for (partner, awaited), count in overdue.items()
    }
    context.counters.alarm_partners_silent = silent
    if first is None:
        return LOOK_SECONDS
    return min(LOOK_SECONDS, max(0.0, (first - context.now()).total_seconds()))


def note_overdue(context: GatewayContext, tx: Transaction, passed: Sequence[Passed], now: datetime) -> None:
    """Evidence and events of what was not met in time, and of partners who fell silent by it."""
    evidence = context.evidence(ACTOR, now)
    told: list[NewEvent] = []
    for each in passed:
        evidence.add(
            AuditEvent.RECEIPT_OVERDUE,
            AuditOutcome.REFUSED,
            partner=each.recipient,
            kind=each.kind,
            mode=each.mode,
            publication_id=each.publication_id,
            message_id=each.message_id,
            digest=each.digest,
            state=each.awaited.value,
        )
        told.append(
            NewEvent(
                EventType.RECEIPT_OVERDUE,
                now,
                nation=each.recipient,
                kind=each.kind,
                mode=each.mode,
                message_id=each.message_id,
                publication_id=each.publication_id,
                state=each.awaited.value,
            )
        )
    # Only what left could have been answered: while the broker is away from us, nobody else is silent.
    released: dict[str, datetime] = {}
    for each in passed:
        if each.awaited is Awaited.DELIVERY and each.sent:
            released[each.recipient] = max(each.released_at, released.get(each.recipient, each.released_at))
    told += [
        NewEvent(EventType.PARTNER_SILENT, now, nation=nation)
        for nation, at in sorted(released.items())
        if contacts.missed(tx, nation, at, now)
    ]
    events.add(tx, told)
    evidence.write(tx)
