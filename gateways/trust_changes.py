"""New trust documents: verified against those in force, stored, put in force at once (design 10).

The realm's documents are taken as a whole or not at all; agreements and acts of nations one by one
(``gateways.agreements.taking_in``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bus.protocol.agreements import is_paper
from bus.protocol.errors import TrustError, TrustIncompleteError
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import SignedDocument, read_document
from bus.store import trust as trust_table
from bus.store.writer import Transaction
from gateways.agreements.passing_on import pass_on
from gateways.agreements.signing_anew import sign_anew
from gateways.agreements.taking_in import take_in
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.stored_trust import put_in_force, stored_trust
from schemas.audit import AuditEvent, AuditOutcome


def split(envelopes: Iterable[bytes]) -> tuple[tuple[bytes, ...], tuple[SignedDocument, ...]]:
    """The realm's documents, and nations' agreements and acts. Raises TrustError TRUST_MALFORMED."""
    documents: list[bytes] = []
    papers: list[SignedDocument] = []
    for signed in map(read_document, envelopes):
        if is_paper(signed):
            papers.append(signed)
        else:
            documents.append(signed.encoded)
    return tuple(documents), tuple(papers)


def take_up(
    context: GatewayContext,
    tx: Transaction,
    envelopes: Iterable[bytes],
    evidence: Evidence,
    now: datetime,
    partner: str | None = None,
    current: TrustStore | None = None,
) -> TrustStore | None:
    """Verify documents against what is stored and store what is newer; the new store, None when nothing is.

    ``current``: what this transaction has stored already; else it is read, and verified anew where it is not
    what is in force.
    The caller commits and then calls ``context.adopt``. Raises TrustError for the realm's documents; then
    nothing is put in force, and only what an incomplete set already has may be kept (``keep_incomplete``).
    """
    documents, papers = split(envelopes)
    current = current or stored_trust(context, tx)
    updated = _updated(tx, current, documents) if documents else current
    if papers:
        updated = take_in(context, updated, papers, evidence, now, partner)
    return None if updated is current else put_in_force(context, tx, current, updated, evidence, now, partner)


def keep_incomplete(tx: Transaction, envelopes: Iterable[bytes]) -> None:
    """Keep documents of a verified snapshot whose set is not complete yet: the rest may come later."""
    trust_table.keep_pending(tx, split(envelopes)[0])


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
    """Take up documents that came in at this gateway, and pass on what is new to the partners it concerns.

    The trust store now in force, or None when nothing was newer. Raises TrustError (recorded), ValueError
    when a single document is too large to be passed on, StoreUnavailable.
    """
    # Documents of a rotation name keys that lie in the file since a moment ago: without them our acts on
    # agreements could not be signed with what revokes the old ones, and would lapse until the next look.
    context.look_for_keys()
    now = context.now()
    evidence = context.evidence(actor, now)

    def job(tx: Transaction) -> TrustStore | None:
        known = set(trust_table.envelopes(tx))
        updated = take_up(context, tx, envelopes, evidence, now)
        if updated is not None:
            # With the record that revokes our key, so that no agreement lapses in between.
            updated = sign_anew(context, tx, updated, evidence, now) or updated
            pass_on(context, tx, updated, known, now)
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
