"""Queueing what a gateway says to another gateway: receipts, resend requests, voids, trust documents."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bus.store import deliveries, receipts
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from schemas.control import MAX_ENVELOPES, Control, ResendRequest, SerialRange, TrustUpdate, Void
from schemas.header import Mode
from schemas.lane_head import LaneState
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import MAX_CONTENT_BYTES, ContentType, Lane

MAX_RANGES = 100
RECEIPTS_PER_CONTENT = 500
"""Their JSON stays well under the content limit."""
TRUST_ROOM = MAX_CONTENT_BYTES - 4096


def queue_receipts(context: GatewayContext, tx: Transaction, now: datetime) -> int:
    """Turn every receipt owed into receipts.v1 contents, one lane per partner and mode; how many receipts."""
    total = 0
    for owed in receipts.due(tx):
        while batch := receipts.take(tx, owed.partner, owed.mode, RECEIPTS_PER_CONTENT, lasting=owed.lasting):
            # Each is the encoding of a validated receipt, so the whole need not be parsed and built again.
            content = b'{"v":1,"receipts":[' + b",".join(batch) + b"]}"
            digest = context.digest(content, KeyUse.RECEIPT, owed.mode, now)
            content_id = deliveries.add_content(tx, ContentType.RECEIPTS, content, digest)
            deliveries.enqueue(
                tx,
                content_id,
                (owed.partner,),
                mode=owed.mode,
                lane=Lane.CONTROL,
                # What people did comes once: it is sent again until the originator has it.
                awaits_receipt=owed.lasting,
            )
            total += len(batch)
    return total


def queue_resend_requests(
    context: GatewayContext, tx: Transaction, partner: str, ranges: Sequence[SerialRange], now: datetime
) -> None:
    """Ask ``partner`` for serials that are missing here."""
    for mode, part in _by_mode(ranges):
        request = ResendRequest(type="resend_request", ranges=part)
        _queue(context, tx, (partner,), mode, Control(v=1, control=request), now)


def queue_voids(
    context: GatewayContext,
    tx: Transaction,
    partner: str,
    ranges: Sequence[SerialRange],
    reason: ReasonCode | None,
    now: datetime,
) -> None:
    """Tell ``partner`` that these serials will not come (again).

    It needs no receipt: where it is lost, they are asked for again.
    """
    for mode, part in _by_mode(ranges):
        void = Void(type="void", ranges=part, reason=reason)
        _queue(context, tx, (partner,), mode, Control(v=1, control=void), now, awaits_receipt=False)


def queue_lane_state(
    context: GatewayContext, tx: Transaction, partner: str, state: LaneState, now: datetime
) -> None:
    """Tell ``partner``, whose lanes went back, what was seen of them."""
    _queue(context, tx, (partner,), state.mode, Control(v=1, control=state), now)


def queue_trust_update(
    context: GatewayContext,
    tx: Transaction,
    partners: Sequence[str],
    envelopes: Sequence[bytes],
    now: datetime,
) -> None:
    """Pass trust documents on, realm-wide and therefore in mode OPERATION; in parts when they are many.

    The snapshot comes first, as ``TrustStore.envelopes`` has it: a partner keeps what it lists until all is
    there. Raises ValueError when a single document does not fit a content.
    """
    part: list[str] = []
    size = 0
    for text in [envelope.decode("ascii") for envelope in envelopes]:
        length = len(text) * 9 // 8
        if length > TRUST_ROOM:
            raise ValueError("a trust document is too large to be passed on")
        if part and (size + length > TRUST_ROOM or len(part) == MAX_ENVELOPES):
            _queue_part(context, tx, partners, part, now)
            part, size = [], 0
        part.append(text)
        size += length
    if part:
        _queue_part(context, tx, partners, part, now)


def _queue_part(
    context: GatewayContext, tx: Transaction, partners: Sequence[str], part: Sequence[str], now: datetime
) -> None:
    update = TrustUpdate(type="trust_update", envelopes=tuple(part))
    _queue(context, tx, partners, Mode.OPERATION, Control(v=1, control=update), now)


def _by_mode(ranges: Sequence[SerialRange]) -> Iterable[tuple[Mode, tuple[SerialRange, ...]]]:
    """Ranges travel under a root of their own mode, at most a hundred at once."""
    for mode in Mode:
        mine = tuple(entry for entry in ranges if entry.mode is mode)
        for start in range(0, len(mine), MAX_RANGES):
            yield mode, mine[start : start + MAX_RANGES]


def _queue(
    context: GatewayContext,
    tx: Transaction,
    partners: Sequence[str],
    mode: Mode,
    control: Control,
    now: datetime,
    *,
    awaits_receipt: bool = True,
) -> None:
    content = control.encode()
    digest = context.digest(content, KeyUse.RECEIPT, mode, now)
    content_id = deliveries.add_content(tx, ContentType.CONTROL, content, digest)
    deliveries.enqueue(tx, content_id, partners, mode=mode, lane=Lane.CONTROL, awaits_receipt=awaits_receipt)
