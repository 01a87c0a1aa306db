"""New trust documents: verified against those in force, stored, put in force at once (design 10)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bus.protocol.errors import TrustError
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import read_document
from bus.store import trust as trust_table
from bus.store.trust import StoredTrustDocument
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.control_out import queue_trust_update
from gateways.evidence import Evidence
from schemas.audit import AuditEvent, AuditOutcome


def stored_documents(store: TrustStore, now: datetime) -> tuple[StoredTrustDocument, ...]:
    """The documents that a trust store rests on, as rows."""
    rows = []
    for envelope in store.envelopes:
        signed = read_document(envelope)
        rows.append(
            StoredTrustDocument(
                signed.digest, signed.envelope.payload_type, signed.document.version, envelope, now
            )
        )
    return tuple(rows)


def take_up(
    context: GatewayContext,
    tx: Transaction,
    envelopes: Iterable[bytes],
    evidence: Evidence,
    now: datetime,
    partner: str | None = None,
) -> TrustStore | None:
    """Verify documents against what is stored and store what is newer; the new store, None when nothing is.

    The caller commits and then calls ``context.adopt``. Raises TrustError; nothing is stored then.
    """
    # Read from the transaction: another update may have been stored a moment ago and not be in force yet.
    current = TrustStore.open(context.realm, trust_table.envelopes(tx))
    updated = current.updated(envelopes)
    if updated is current:
        return None
    trust_table.replace(tx, stored_documents(updated, now))
    evidence.add(
        AuditEvent.TRUST_CHANGED,
        partner=partner,
        digest=updated.snapshot_digest,
        count=updated.trust_version,
    )
    return updated


def note_refusal(evidence: Evidence, error: TrustError, partner: str | None = None) -> None:
    """Record that trust documents were refused, and why."""
    evidence.add(AuditEvent.TRUST_REFUSED, AuditOutcome.REFUSED, partner=partner, reason=error.code)


async def bring_trust(
    context: GatewayContext, envelopes: Sequence[bytes], *, actor: str
) -> TrustStore | None:
    """Take up documents that came in at this gateway, and pass on what is new to every partner.

    The trust store now in force, or None when nothing was newer. Raises TrustError (recorded), ValueError
    when the documents are too many to be passed on at once, StoreUnavailable.
    """
    now = context.now()
    evidence = context.evidence(actor, now)

    def job(tx: Transaction) -> TrustStore | None:
        known = set(trust_table.envelopes(tx))
        updated = take_up(context, tx, envelopes, evidence, now)
        if updated is not None:
            partners = [nation for nation in sorted(updated.nations) if nation != context.nation]
            news = [envelope for envelope in updated.envelopes if envelope not in known]
            if partners and news:
                queue_trust_update(context, tx, partners, news, now)
            evidence.write(tx)
        return updated

    try:
        updated = await context.store.write(job)
    except TrustError as error:
        refusal = context.evidence(actor, now)
        note_refusal(refusal, error)
        await context.store.write(refusal.write)
        raise
    if updated is not None:
        context.adopt(updated)
    return updated
