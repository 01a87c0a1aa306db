"""What a partner's acknowledgement does to our delivery of the message that it answers."""

from datetime import datetime

from bus.store import settlement
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.receiving.mail import Filed
from schemas.acknowledgement import AcknowledgementLevel
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import Relation
from schemas.message import AnyMessage


def take_acknowledgement(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    filed: Filed,
    message: AnyMessage,
    now: datetime,
) -> None:
    """A partner's person answered a message of ours: that nation's delivery shows it.

    One that names what we never sent that nation in this mode and exercise counts for nothing.
    """
    header = message.header
    ignored = 0
    for reference in header.references:
        if reference.relation is not Relation.ACKNOWLEDGES or reference.originator != context.nation:
            continue
        if settlement.mark_acknowledged(
            tx,
            reference.message_id,
            reference.digest,
            header.originator,
            header.mode,
            header.exercise_id,
            now,
            actioned=message.body.level is AcknowledgementLevel.ACTIONED,
            at=header.issued_at,
        ):
            filed.deadlines = True
            evidence.add(
                AuditEvent.ACKNOWLEDGEMENT_RECORDED,
                partner=header.originator,
                mode=header.mode,
                message_id=reference.message_id,
                digest=reference.digest,
            )
        else:
            ignored += 1
    if ignored:
        filed.acknowledgements_ignored += ignored
        evidence.add(
            AuditEvent.RECEIPT_IGNORED,
            AuditOutcome.REFUSED,
            partner=header.originator,
            kind=header.kind,
            mode=header.mode,
            message_id=header.message_id,
            count=ignored,
        )
