"""What a relay step may not send (any more): withheld, and voided where a serial was used."""

from collections.abc import Sequence
from datetime import datetime

from bus.store import settlement
from bus.store.deliveries import Waiting
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.relaying.control_out import queue_voids
from gateways.requests.noting import note_settled
from schemas.audit import AuditEvent, AuditOutcome
from schemas.control import SerialRange
from schemas.reasons import ReasonCode


def withhold(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    rows: Sequence[Waiting],
    code: ReasonCode,
    now: datetime,
) -> None:
    """No longer permitted: not sent, or not again; a serial that was used is voided."""
    settlement.mark_withheld(tx, [row.delivery_seq for row in rows], code, now)
    voids: dict[str, list[SerialRange]] = {}
    for row in rows:
        used = row.serial is not None and row.lane_epoch is not None
        if row.serial is not None and row.lane_epoch is not None:
            voids.setdefault(row.recipient, []).append(
                SerialRange(
                    mode=row.mode,
                    lane=row.lane,
                    lane_epoch=row.lane_epoch,
                    first=row.serial,
                    last=row.serial,
                )
            )
        evidence.add(
            AuditEvent.DELIVERY_VOIDED if used else AuditEvent.DELIVERY_WITHHELD,
            AuditOutcome.REFUSED,
            partner=row.recipient,
            mode=row.mode,
            lane=row.lane,
            lane_epoch=row.lane_epoch,
            serial=row.serial,
            kind=row.kind,
            publication_id=row.publication_id,
            message_id=row.message_id,
            digest=row.digest,
            reason=code,
        )
    note_settled(tx, (row.publication_id for row in rows), now)
    for recipient, ranges in voids.items():
        # The reason is ours to keep: it may tell what our agreements with others say.
        queue_voids(context, tx, recipient, ranges, None, now)
