"""The trust store as the gateway's store holds it: read, and replaced by a newer one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bus.protocol.agreements import is_paper
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import digest_of, read_document, version_of
from bus.store import trust as trust_table
from bus.store.trust import StoredTrustDocument
from bus.store.writer import Transaction
from gateways.agreements.taking_in import note_changes
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from schemas.audit import AuditEvent


def stored_documents(store: TrustStore, now: datetime) -> tuple[StoredTrustDocument, ...]:
    """The documents that a trust store rests on, as rows."""
    return _rows(store.envelopes, now)


def _rows(envelopes: Iterable[bytes], now: datetime) -> tuple[StoredTrustDocument, ...]:
    rows = []
    for signed in map(read_document, envelopes):
        digest = digest_of(signed.encoded) if is_paper(signed) else signed.digest
        kind, version = signed.envelope.payload_type, version_of(signed.document)
        rows.append(StoredTrustDocument(digest, kind, version, signed.encoded, now))
    return tuple(rows)


def stored_trust(context: GatewayContext, tx: Transaction) -> TrustStore:
    """The trust store as stored: another update may have been stored a moment ago and not be in force yet."""
    envelopes = trust_table.envelopes(tx)
    if set(envelopes) == set(context.trust.envelopes):
        return context.trust
    return replace(TrustStore.open(context.realm, envelopes), generation=trust_table.generation(tx))


def put_in_force(
    context: GatewayContext,
    tx: Transaction,
    current: TrustStore,
    updated: TrustStore,
    evidence: Evidence,
    now: datetime,
    partner: str | None = None,
) -> TrustStore:
    """Store a newer trust store; it is in force once the caller has committed and adopted it."""
    before, after = dict.fromkeys(current.envelopes), dict.fromkeys(updated.envelopes)
    gone = _rows((each for each in before if each not in after), now)
    news = _rows((each for each in after if each not in before), now)
    trust_table.change(tx, [row.digest for row in gone], news)
    if updated.snapshot_digest != current.snapshot_digest or updated.root != current.root:
        trust_table.clear_pending(tx)
        evidence.add(
            AuditEvent.TRUST_CHANGED,
            partner=partner,
            digest=updated.snapshot_digest,
            count=updated.trust_version,
        )
    note_changes(context, evidence, current.book, updated.book)
    return replace(updated, generation=trust_table.next_generation(tx))
