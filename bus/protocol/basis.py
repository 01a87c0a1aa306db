"""Whether a delivery rests on the agreements that its statement names, as its recipient sees them (design 6).

Views may differ for a while: an act of a third party, or a countersignature, may be on its way to only one of
the two. What may still be settled so is HELD; what our own nation or a final act settled is REJECTED.
"""

from datetime import datetime, timedelta

from bus.protocol.release import AGREEMENT_CODES, ReleaseDecision, beyond_terms, obstacle
from bus.protocol.standings import AgreementTrust, Standing
from bus.protocol.trust import TrustStore
from schemas.message import AnyMessage
from schemas.reasons import ReasonCode
from schemas.trust import DocumentType
from schemas.wire import Basis

MAY_BE_CURED = frozenset({ReasonCode.AGREEMENT_NOT_COUNTERSIGNED, ReasonCode.AGREEMENT_SUSPENDED})
"""Obstacles that another nation's act may still remove."""

Fault = tuple[ReasonCode, bool]
"""Why a delivery is not admitted, and whether it is HELD for that."""


def basis_fault(
    basis: tuple[Basis, ...],
    decision: ReleaseDecision,
    message: AnyMessage,
    *,
    same_trust: bool,
    trust: TrustStore,
    now: datetime,
) -> Fault | None:
    """What is wrong with the release of ``message`` to the nation that ``decision`` is about, or None.

    ``basis``: the agreements the statement names. ``same_trust``: it was decided under our very snapshot.
    """
    if not decision.permit:
        return _denied(basis, decision, message, same_trust, trust, now)
    if not basis:
        return ReasonCode.BASIS_MISMATCH, False
    # Under an older trust version its basis may have been replaced since: today's decision counts.
    if same_trust and basis != decision.basis:
        for each in basis:
            trusted = trust.book.by_digest.get(each.digest)
            if trusted is None:
                return ReasonCode.AGREEMENT_UNKNOWN, True
            if each.id != trusted.agreement.id or not _covers(trusted, decision.nation, message, trust, now):
                return ReasonCode.BASIS_MISMATCH, False
    return None


def _denied(
    basis: tuple[Basis, ...],
    decision: ReleaseDecision,
    message: AnyMessage,
    same_trust: bool,
    trust: TrustStore,
    now: datetime,
) -> Fault:
    if decision.code not in AGREEMENT_CODES:
        return decision.code, False  # no agreement cures a bad label
    header, label = message.header, message.label
    for each in basis:
        trusted = trust.book.by_digest.get(each.digest)
        if trusted is None:
            if not same_trust and _listed(each, trust):
                continue  # the realm has replaced it since
            return ReasonCode.AGREEMENT_UNKNOWN, True
        if not {header.originator, decision.nation} <= trusted.parties:
            continue
        found = obstacle(trusted, header.kind, header.mode, label, trust, now)
        if found in MAY_BE_CURED and trusted.standings[decision.nation] is not Standing.SUSPENDED:
            return found, True
    return decision.code, False


def _listed(basis: Basis, trust: TrustStore) -> bool:
    """Whether the realm's snapshot lists an agreement of this id."""
    return any(
        entry.type is DocumentType.AGREEMENT and entry.id == basis.id for entry in trust.snapshot.documents
    )


def _covers(
    trusted: AgreementTrust, nation: str, message: AnyMessage, trust: TrustStore, now: datetime
) -> bool:
    """Whether its terms cover such a message between the two, or did until it ended on its way."""
    if not {message.header.originator, nation} <= trusted.parties:
        return False
    agreement, label = trusted.agreement, message.label
    at = min(now, agreement.not_after - timedelta(microseconds=1))
    return beyond_terms(agreement, message.header.kind, message.header.mode, label, trust, at) is None
