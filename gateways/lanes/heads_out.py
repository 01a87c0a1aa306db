"""Telling partners how far we have come in our lanes to them: signed heads, which show lost tails."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bus.protocol.errors import TrustError
from bus.protocol.lane_heads import papers_digest
from bus.store import deliveries, heads
from bus.store.epochs import EPOCH_ORIGIN, store_epoch
from bus.store.heads import HeadSent, LanesOut
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from schemas.header import Mode
from schemas.lane_head import LaneHead, LaneReached
from schemas.trust import KeyUse, NationStatus
from schemas.wire import ContentType, Lane

Place = tuple[str, Mode]


@dataclass
class Moving:
    """Since when the lanes to each partner stand as they do; in memory: a start only makes heads later."""

    since: dict[Place, tuple[tuple[int, int, int], datetime]] = field(default_factory=dict)

    def still_for(self, lanes: LanesOut, now: datetime) -> timedelta:
        """How long nothing was sent, as far as was looked."""
        place = (lanes.recipient, lanes.mode)
        known = self.since.get(place)
        if known is None or known[0] != lanes.serials or known[1] > now:
            self.since[place] = (lanes.serials, now)
            return timedelta(0)
        return now - known[1]


def queue_heads(context: GatewayContext, tx: Transaction, now: datetime, moving: Moving) -> int:
    """Queue a head to every partner for whom one is due; how many.

    None where the one before has not left yet, or nothing can be sealed.
    """
    used = heads.lanes_out(tx)
    sent = heads.sent(tx)
    first = (store_epoch(tx), 0)
    total = 0
    for partner, standing in sorted(context.trust.nations.items()):
        if partner == context.nation or standing.status is not NationStatus.ACTIVE:
            continue
        for mode in Mode:
            lanes = used.get((partner, mode))
            if mode is not Mode.OPERATION and (lanes is None or lanes.serials == (0, 0, 0)):
                continue
            if lanes is None:
                # Everybody is told of our epoch and papers in the mode of all that is realm-wide.
                lanes = LanesOut(partner, mode, dict.fromkeys(Lane, first))
            still = moving.still_for(lanes, now)
            if _due(context, lanes, sent.get((partner, mode)), still, now) and _can_leave(
                context, partner, mode, now
            ):
                _queue(context, tx, lanes, now)
                total += 1
    return total


def _due(
    context: GatewayContext, lanes: LanesOut, last: HeadSent | None, still: timedelta, now: datetime
) -> bool:
    policy = context.limits.heads
    if last is None or last.epoch != lanes.epoch:
        began = EPOCH_ORIGIN + timedelta(seconds=lanes.epoch)
        # A partner's word may have driven it ahead of the clock.
        return now >= began + policy.settle or began > now
    if last.state in ("queued", "sealed"):
        return False
    age = now - last.made_at
    if age >= policy.heartbeat or age < timedelta(0):
        return True
    messages = lanes.serials[:2] != last.serials[:2]
    # The head itself took one serial of the control lane.
    control = lanes.serials[2] > last.serials[2] + 1
    return (messages and still >= policy.idle) or ((messages or control) and age >= policy.cadence)


def _can_leave(context: GatewayContext, partner: str, mode: Mode, now: datetime) -> bool:
    try:
        context.trust.current_key(context.nation, KeyUse.RECEIPT, mode, now)
        context.trust.current_key(partner, KeyUse.SEAL, mode, now)
    except TrustError:
        return False
    return True


def _queue(context: GatewayContext, tx: Transaction, lanes: LanesOut, now: datetime) -> None:
    partner, mode = lanes.recipient, lanes.mode
    papers = papers_digest(context.trust, context.nation, partner) if mode is Mode.OPERATION else None
    head = LaneHead(
        v=1,
        mode=mode,
        at=now,
        next_within=max(1, round(context.limits.heads.heartbeat.total_seconds())),
        lanes=tuple(
            LaneReached(lane=lane, lane_epoch=epoch, serial=serial)
            for lane, (epoch, serial) in ((lane, lanes.reached[lane]) for lane in Lane)
        ),
        papers=papers,
    )
    content = head.encode()
    digest = context.digest(content, KeyUse.RECEIPT, mode, now)
    content_id = deliveries.add_content(tx, ContentType.LANE_HEAD, content, digest)
    heads.note_sent(tx, lanes, now, heads.queue(tx, content_id, partner, mode))
    context.counters.lane_heads_sent += 1
