"""Noting that a person opened a message: before it is shown, so that nobody reads what is not noted."""

from bus.store.inbox import InboxMessage
from bus.store.writer import Transaction
from gateways.http.caller import Caller
from gateways.http.runtime import Runtime
from gateways.receipts.owing import note_read
from schemas.audit import AuditEvent


async def record_read(gateway: Runtime, caller: Caller, stored: InboxMessage) -> bool:
    """Note it, the first time; whether ``stored`` is no longer how it stands in the store.

    Raises StoreUnavailable.
    """
    context = gateway.context
    if stored.read_at is not None:
        return False

    def job(tx: Transaction) -> None:
        now = context.now()
        if not note_read(context, tx, stored.inbox_seq, caller.actor, now):
            return
        evidence = context.evidence(caller.actor, now)
        evidence.add(
            AuditEvent.MESSAGE_READ,
            partner=stored.originator,
            kind=stored.kind,
            mode=stored.mode,
            message_id=stored.message_id,
            digest=stored.digest,
        )
        evidence.write(tx)

    await context.store.write(job)
    context.relay_wanted.set()
    return True
