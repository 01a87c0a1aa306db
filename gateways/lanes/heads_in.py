"""Reading a partner's lane heads: lost tails, lanes that went back, a store that lost its memory."""

from datetime import datetime, timedelta

from bus.protocol.lane_heads import papers_digest, read_head, state_of
from bus.protocol.lane_health import LaneAlarm
from bus.store import backlog, heads, lane_alarms, lane_tails
from bus.store.lane_alarms import LanePlace
from bus.store.lanes import LaneKey
from bus.store.writer import Transaction
from gateways.agreements.passing_on import pass_on_everything
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.lanes.alarms import clear_alarm, raise_alarm
from gateways.relaying.control_out import queue_lane_state
from schemas.header import Mode
from schemas.lane_head import LaneHead
from schemas.wire import Delivery

STATE_PAUSE = timedelta(seconds=60)
"""A partner whose lanes went back is told what we have seen no more often than this."""
PAPERS_PAUSE = timedelta(minutes=10)
"""A partner that names new epochs is passed all papers no more often than this."""
CONTROL_WAITING = 256
"""Nor while so much control content was not receipted by it, such as what it was passed before."""


def take_head(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    head: LaneHead,
    delivery: Delivery,
    now: datetime,
) -> bool:
    """Act on a verified head; whether the relay has got something to do."""
    partner, mode = delivery.originator, head.mode
    context.counters.lane_heads_received += 1
    before = heads.newest(tx, partner, mode)
    seen = lane_tails.seen(tx, partner, mode, {entry.lane_epoch for entry in head.lanes})
    found = read_head(head, seen, None if before is None or before.heard_at is None else before.at)
    heads.note_heard(tx, partner, mode, head.at, head.next_within, now)
    for tail in found.tails:
        lane_tails.announce(tx, LaneKey(partner, mode, tail.lane, tail.epoch), tail.announced)
    for standing in lane_alarms.standing(tx, (LaneAlarm.REWOUND,)):
        place = standing.place
        if (place.originator, place.mode) != (partner, mode):
            continue
        known = max((each.epoch for each in seen.get(place.lane, ()) if each.highest), default=0)
        if head.of(place.lane).lane_epoch > known:
            # It has begun a new epoch since: it knows by now.
            clear_alarm(context, tx, evidence, standing, now)
    relay = False
    for lane in found.rewound:
        relay |= note_rewound(context, tx, evidence, LanePlace(partner, mode, lane), now)
    if mode is Mode.OPERATION:
        relay |= _greet(context, tx, head, delivery, now)
    return relay


def note_rewound(
    context: GatewayContext, tx: Transaction, evidence: Evidence, place: LanePlace, now: datetime
) -> bool:
    """A lane went back: alarm, and tell its originator what we have seen of it; whether it is told now."""
    raise_alarm(context, tx, evidence, place, LaneAlarm.REWOUND, now)
    partner, mode = place.originator, place.mode
    state = state_of(mode, lane_tails.seen(tx, partner, mode))
    heartbeat = context.limits.heads.heartbeat
    if state is None or not heads.may_state(tx, partner, mode, now, STATE_PAUSE, heartbeat):
        return False
    queue_lane_state(context, tx, partner, state, now)
    return True


def _greet(
    context: GatewayContext, tx: Transaction, head: LaneHead, delivery: Delivery, now: datetime
) -> bool:
    """A partner in a new epoch may have lost its memory: pass on to it what we know and it does not."""
    partner, trust = delivery.originator, context.trust
    epoch = max(entry.lane_epoch for entry in head.lanes)
    if epoch <= heads.known_epoch(tx, partner):
        return False
    behind = delivery.trust_version < trust.trust_version
    differ = head.papers != papers_digest(trust, context.nation, partner)
    if behind or differ:
        if _much_waits(tx, partner) or not heads.may_pass_papers(tx, partner, now, PAPERS_PAUSE):
            return False  # with a later head
        pass_on_everything(context, tx, trust, partner, now, realm_too=behind)
    heads.note_epoch(tx, partner, epoch)
    return behind or differ


def _much_waits(tx: Transaction, partner: str) -> bool:
    """Whether so much control content waits for this partner, or its receipt, that papers must wait too."""
    waiting = backlog.control_queued(tx, partner, CONTROL_WAITING)
    return waiting + backlog.control_unreceipted(tx, partner, CONTROL_WAITING - waiting) >= CONTROL_WAITING
