"""Telling the audit log of refused bundles: at once what is new, in numbers what comes by the flood.

A refusal is told at once, in full, when it is the first of its originator and reason within a minute, or when
it concerns a delivery that its originator signed in a bundle not refused before. All others cost nothing to
send, so they are counted and told once a minute.
"""

from datetime import UTC, datetime

from bus.store import refusal_windows
from bus.store.refusal_windows import WINDOW
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.receiving import bells
from schemas.audit import AuditEvent, AuditOutcome
from schemas.reasons import ReasonCode

ACTOR = "receiver"
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
EQUIVOCATIONS = frozenset({ReasonCode.EQUIVOCATION, ReasonCode.SERIAL_REUSED})


def told_in_full(
    context: GatewayContext, tx: Transaction, originator: str | None, reason: ReasonCode, now: datetime
) -> None:
    """A refusal goes into the audit log by itself; people are told of the first within a minute."""
    known = originator if originator in context.trust.nations else None
    if refusal_windows.open_for_told(tx, known, reason, now):
        bells.ring(tx, known, reason, now)


def only_counted(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    originator: str | None,
    reason: ReasonCode,
    now: datetime,
) -> bool:
    """Whether a refusal was counted in an open window; else it is to be told. Closes what is due."""
    close_due(tx, evidence, now - WINDOW, now)
    # A forged name is worth no window of its own: there are too many of them.
    known = originator if originator in context.trust.nations else None
    counted = refusal_windows.count(tx, known, reason, now)
    if not counted:
        bells.ring(tx, known, reason, now)
    return counted


def close_due(tx: Transaction, evidence: Evidence, opened_by: datetime, now: datetime) -> None:
    """Tell what windows opened by then have counted."""
    closed = refusal_windows.close(tx, opened_by)
    summed_up = bool(closed) and bells.may_sum_up(tx, len(closed))
    for originator, reason, number in closed:
        evidence.add(
            AuditEvent.MESSAGE_EQUIVOCATION if reason in EQUIVOCATIONS else AuditEvent.MESSAGE_REJECTED,
            AuditOutcome.REFUSED,
            partner=originator,
            reason=reason,
            count=number,
        )
        if summed_up:
            bells.ring(tx, originator, reason, now, number)


async def close_windows(context: GatewayContext, *, everything: bool = False) -> None:
    """Tell what was counted in windows that are over; ``everything``: in all, as before a stop.

    Raises StoreError.
    """
    now = context.now()
    opened_by = END_OF_TIME if everything else now - WINDOW
    if not await context.store.read(lambda tx: refusal_windows.any_open(tx, opened_by)):
        return

    def job(tx: Transaction) -> None:
        evidence = context.evidence(ACTOR, now)
        close_due(tx, evidence, opened_by, now)
        evidence.write(tx)

    await context.store.write(job)
