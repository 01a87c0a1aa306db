"""New trust documents: verified against those in force, stored, put in force at once (design 10)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bus.protocol.errors import TrustError, TrustIncompleteError
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import read_document
from bus.store import trust as trust_table
from bus.store.trust import StoredTrustDocument
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.relaying.control_out import queue_trust_update
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

    The caller commits and then calls ``context.adopt``. Raises TrustError; then nothing is put in force, and
    only what an incomplete set already has may be kept (``keep_incomplete``).
    """
    # Read from the transaction: another update may have been stored a moment ago and not be in force yet.
    current = TrustStore.open(context.realm, trust_table.envelopes(tx))
    updated = _updated(tx, current, tuple(envelopes))
    if updated is current:
        return None
    trust_table.replace(tx, stored_documents(updated, now))
    trust_table.clear_pending(tx)
    evidence.add(
        AuditEvent.TRUST_CHANGED,
        partner=partner,
        digest=updated.snapshot_digest,
        count=updated.trust_version,
    )
    return updated


def keep_incomplete(tx: Transaction, envelopes: Iterable[bytes]) -> None:
    """Keep documents of a verified snapshot whose set is not complete yet: the rest may come later."""
    trust_table.keep_pending(tx, envelopes)


def _updated(tx: Transaction, current: TrustStore, envelopes: tuple[bytes, ...]) -> TrustStore:
    """The store with these documents, completed by earlier ones that were waiting for the rest of their set.

    Raises TrustError for what these documents are without the waiting ones.
    """
    waiting = trust_table.pending(tx)
    if waiting:
        try:
            return current.updated((*envelopes, *waiting))
        except TrustIncompleteError:
            # The set grows: a long one comes in several parts, its snapshot first.
            trust_table.keep_pending(tx, envelopes)
        except TrustError:
            pass  # what waits must not spoil what comes
    return current.updated(envelopes)


def note_refusal(evidence: Evidence, error: TrustError, partner: str | None = None) -> None:
    """Record that trust documents were refused, and why."""
    evidence.add(AuditEvent.TRUST_REFUSED, AuditOutcome.REFUSED, partner=partner, reason=error.code)


async def bring_trust(
    context: GatewayContext, envelopes: Sequence[bytes], *, actor: str
) -> TrustStore | None:
    """Take up documents that came in at this gateway, and pass on what is new to every partner.

    The trust store now in force, or None when nothing was newer. Raises TrustError (recorded), ValueError
    when a single document is too large to be passed on, StoreUnavailable.
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
