"""Recording drafts that were refused before they could be read: too large, too slow, of the wrong type."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateways.context import GatewayContext
from gateways.http.problems import ApiRefused
from schemas.audit import AuditEvent, AuditOutcome


@asynccontextmanager
async def recording_refusals(context: GatewayContext, actor: str) -> AsyncIterator[None]:
    """Count and record an ApiRefused raised inside and let it pass; the publish flow records its own."""
    try:
        yield
    except ApiRefused as refused:
        context.counters.count_refused(refused.code.value)
        evidence = context.evidence(actor, context.now())
        evidence.add(AuditEvent.PUBLICATION_REFUSED, AuditOutcome.REFUSED, reason=refused.code)
        await context.store.write(evidence.write)
        raise
