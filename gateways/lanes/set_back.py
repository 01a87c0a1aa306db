"""When a partner has seen serials that we do not know we gave: our store was set back (design 4, ADR 11).

Only the lanes to that partner begin a new epoch. A partner that lies harms its own lanes; when our store was
set back, every partner says so by itself.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from bus.protocol.lane_heads import Used, never_given
from bus.store import deliveries, epochs, heads
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.wire import Lane

_log = logging.getLogger(__name__)

BEGIN_PAUSE = timedelta(minutes=10)
"""On one partner's word its lanes begin anew, and all that it did not receipt leaves again, no more often."""


def heed(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    partner: str,
    mode: Mode,
    used: Iterable[Used],
    now: datetime,
) -> bool:
    """Begin a new epoch towards a partner that has seen what we never gave; whether one was begun."""
    positions = {lane: deliveries.lane_position(tx, partner, mode, lane) for lane in Lane}
    found = never_given(used, positions, epochs.next_epoch(now))
    return found is not None and _begin(context, tx, evidence, partner, mode, found, now)


def heed_reuse(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    partner: str,
    mode: Mode,
    reused: Iterable[tuple[Used, int]],
    now: datetime,
) -> bool:
    """A partner refused deliveries because it knows their serials with other contents.

    ``reused``: their places, and ``delivery_seq``. In the present epoch that shows that we were set back;
    what was still under way when the epoch changed is sent anew. Whether anything will be.
    """
    present: int | None = None
    old: list[int] = []
    for place, delivery_seq in reused:
        epoch = deliveries.lane_position(tx, partner, mode, place.lane)[0]
        if place.epoch == epoch:
            present = epoch
        elif place.epoch < epoch:
            old.append(delivery_seq)
    begun = present is not None and _begin(context, tx, evidence, partner, mode, present, now)
    return bool(epochs.anew(tx, old)) | begun if old else begun


def begin_put_off(context: GatewayContext, tx: Transaction, evidence: Evidence, now: datetime) -> bool:
    """Begin the epochs that had to wait for their pause, whether or not the partner says it again."""
    begun = False
    for partner, mode, epoch in epochs.serials_taken(tx):
        begun |= _begin(context, tx, evidence, partner, mode, epoch, now)
    return begun


def _begin(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    partner: str,
    mode: Mode,
    previous: int,
    now: datetime,
) -> bool:
    if not heads.may_begin(tx, partner, now, BEGIN_PAUSE):
        return False
    epoch = epochs.begin_epoch_towards(tx, partner, now, previous)
    evidence.add(AuditEvent.LANE_EPOCH_BEGUN, partner=partner, mode=mode, lane_epoch=epoch)
    context.counters.alarm_store_set_back += 1
    _log.error("%s has seen serials that we never gave: every lane to it begins a new epoch", partner)
    return True
