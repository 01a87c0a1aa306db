"""What a partner's signed receipts do here: its deliveries move on, with evidence of everything new."""

from datetime import datetime
from typing import NamedTuple

from bus.protocol.lane_heads import Used
from bus.store import publication_changes, recalls, settlement
from bus.store.settlement import Claim, Settlement
from bus.store.writer import Transaction
from gateways.changing.force import cancel_under
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.lanes.set_back import heed, heed_reuse
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import Receipts, ReceiptStatus


class ReceiptsTaken(NamedTuple):
    """``relay``: there is something to send: lanes began anew, or a word that something is cancelled.
    ``deadlines``: something overdue came."""

    relay: bool
    deadlines: bool


def take_receipts(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    partner: str,
    content: Receipts,
    mode: Mode,
    now: datetime,
) -> ReceiptsTaken:
    """Apply the receipts that ``partner`` signed under ``mode``.

    One counts only for a digest that was sent to this partner; one that repeats what is known leaves nothing.
    """
    claims = [
        Claim(
            receipt.lane,
            receipt.lane_epoch,
            receipt.serial,
            receipt.content_digest,
            receipt.status,
            receipt.reason,
            temporary=receipt.reason is ReasonCode.HELD_QUOTA,
            at=receipt.at,
            message_id=receipt.message_id,
        )
        for receipt in content.receipts
    ]
    settled = settlement.mark_settled(tx, partner, mode, claims, now)
    _record(context, tx, evidence, settled, partner, mode)
    relay = _look_back(context, tx, evidence, settled, partner, mode, now)
    relay |= _cancel_under_refused(context, tx, evidence, settled, partner, now)
    return ReceiptsTaken(relay, settled.overdue_met)


def _cancel_under_refused(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    settled: Settlement,
    partner: str,
    now: datetime,
) -> bool:
    """A partner refused what a later message of ours changes, and names: it would go on taking what that had
    changed for current, beside the later one. Whether it is told that this is cancelled.
    """
    told = False
    for entry in settled.matched:
        claim = entry.claim
        refused = entry.changed and claim.status is ReceiptStatus.REFUSED and not claim.temporary
        if not refused or claim.reason is ReasonCode.SERIAL_REUSED or entry.publication_id is None:
            continue
        seq = publication_changes.find(tx, entry.publication_id)
        if seq is not None and publication_changes.last(tx, seq) != seq:
            cancel_under(context, tx, evidence, seq, [partner], now)
            told = True
    return told


def _look_back(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    settled: Settlement,
    partner: str,
    mode: Mode,
    now: datetime,
) -> bool:
    """Where a partner speaks of serials that we never gave, or knows others under them, we were set back.

    Whether lanes began anew for it.
    """
    begun = False
    if settled.unmatched:
        used = [Used(claim.lane, claim.epoch, claim.serial) for claim in settled.unmatched]
        begun = heed(context, tx, evidence, partner, mode, used, now)
    reused = [
        (Used(entry.claim.lane, entry.claim.epoch, entry.claim.serial), entry.delivery_seq)
        for entry in settled.matched
        if entry.changed and entry.claim.reason is ReasonCode.SERIAL_REUSED
    ]
    if reused:
        begun |= heed_reuse(context, tx, evidence, partner, mode, reused, now)
    return begun


def _record(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    settled: Settlement,
    partner: str,
    mode: Mode,
) -> None:
    for entry in settled.matched:
        if not entry.news:
            continue
        claim = entry.claim
        context.counters.receipts_recorded += entry.changed
        refused = entry.changed and claim.status is ReceiptStatus.REFUSED
        # What we recalled is meant to be refused.
        meant = claim.reason is ReasonCode.RECALLED and recalls.among(tx, [entry.publication_id or ""])
        context.counters.alarm_refused_by_partner += refused and not meant
        evidence.add(
            AuditEvent.RECEIPT_RECORDED,
            partner=partner,
            mode=mode,
            lane=claim.lane,
            lane_epoch=claim.epoch,
            serial=claim.serial,
            publication_id=entry.publication_id,
            message_id=entry.message_id,
            digest=claim.digest,
            state=claim.status.value,
            reason=claim.reason,
        )
    ignored = len(settled.unmatched)
    if ignored:
        context.counters.alarm_receipts_ignored += ignored
        evidence.add(
            AuditEvent.RECEIPT_IGNORED,
            AuditOutcome.REFUSED,
            partner=partner,
            mode=mode,
            count=ignored,
        )
