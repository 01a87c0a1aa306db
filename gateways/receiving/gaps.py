"""Asking originators for what is missing in their lanes: at once, then with a growing pause (design 6)."""

from collections.abc import Sequence
from datetime import datetime

from bus.store import lanes
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.receiving.control_in import TOLD_APART
from gateways.relaying.control_out import queue_resend_requests
from schemas.audit import AuditEvent
from schemas.control import SerialRange

ASKED_AT_ONCE = 100


def ask_for_gaps(context: GatewayContext, tx: Transaction, evidence: Evidence, now: datetime) -> int:
    """Queue a request for every gap that is due, in the relay's transaction; how many gaps."""
    due = lanes.gaps_to_ask(tx, now, ASKED_AT_ONCE)
    if not due:
        return 0
    by_originator: dict[str, list[SerialRange]] = {}
    for gap in due:
        key = gap.key
        by_originator.setdefault(key.originator, []).append(
            SerialRange(mode=key.mode, lane=key.lane, lane_epoch=key.epoch, first=gap.first, last=gap.last)
        )
    for originator, ranges in by_originator.items():
        _note(evidence, originator, ranges)
        queue_resend_requests(context, tx, originator, ranges, now)
    lanes.mark_asked(tx, due, now, context.limits.gaps)
    return len(due)


def _note(evidence: Evidence, originator: str, ranges: Sequence[SerialRange]) -> None:
    """Record what is asked for; of many ranges one record, that names the first and counts all."""
    told = [(each, each.last - each.first + 1) for each in ranges]
    if len(told) > TOLD_APART:
        told = [(ranges[0], sum(count for _, count in told))]
    for each, count in told:
        evidence.add(
            AuditEvent.RESEND_REQUESTED,
            partner=originator,
            mode=each.mode,
            lane=each.lane,
            lane_epoch=each.lane_epoch,
            serial=each.first,
            count=count,
        )
