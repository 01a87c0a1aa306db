"""Receipts that people cause: a message was opened, acknowledged, or what it asks was done.

Each is told to the originator's gateway once, and sent again until that has it. Who it was stays here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bus.store import events, inbox, reading, receipts
from bus.store.events import NewEvent
from bus.store.reading import Place
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from schemas.acknowledgement import Acknowledgement, AcknowledgementLevel
from schemas.base import Statement
from schemas.event import EventType
from schemas.header import DraftHeader, Mode, Reference, Relation
from schemas.receipt import Receipt, ReceiptStatus


def note_read(context: GatewayContext, tx: Transaction, inbox_seq: int, by: str, now: datetime) -> bool:
    """A person opened the message; False when somebody had before.

    ``by``: the audit actor, which no other nation learns. Whether the originator is told at all is this
    nation's choice.
    """
    place = reading.note(tx, inbox_seq, by, now)
    if place is None:
        return False
    events.add(tx, (_event(EventType.MESSAGE_READ, place, now),))
    if context.read_receipts:
        _owe(tx, place, ReceiptStatus.READ, now)
    return True


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A message that an acknowledgement of ours answers, and what that says itself to be: live or not.

    ``actioned``: what it asks was done.
    """

    reference: Reference
    mode: Mode
    exercise_id: str | None
    actioned: bool


def acknowledged_in(header: DraftHeader, body: Statement) -> tuple[Acknowledged, ...]:
    """What a draft or message acknowledges: only a message of that kind does."""
    if not isinstance(body, Acknowledgement):
        return ()
    actioned = body.level is AcknowledgementLevel.ACTIONED
    return tuple(
        Acknowledged(reference, header.mode, header.exercise_id, actioned)
        for reference in header.references
        if reference.relation is Relation.ACKNOWLEDGES
    )


def note_acknowledged(tx: Transaction, answered: Iterable[Acknowledged], now: datetime) -> None:
    """An acknowledgement of ours was released: who wrote what it answers is told by receipt as well.

    One of another mode or exercise says nothing of the message: an exercise never settles what is real.
    """
    for each in answered:
        reference = each.reference
        place = reading.place_of(tx, reference.originator, reference.message_id, reference.digest)
        if place is None or (place.mode, place.exercise_id) != (each.mode, each.exercise_id):
            continue
        if inbox.mark_acknowledged(tx, reference.originator, reference.message_id, now):
            events.add(tx, (_event(EventType.MESSAGE_ACKNOWLEDGED, place, now),))
        _owe(tx, place, ReceiptStatus.ACTIONED if each.actioned else ReceiptStatus.ACKNOWLEDGED, now)


def _event(happened: EventType, place: Place, now: datetime) -> NewEvent:
    return NewEvent(
        happened,
        now,
        nation=place.originator,
        kind=place.kind,
        mode=place.mode,
        message_id=place.message_id,
        inbox_seq=place.inbox_seq,
    )


def _owe(tx: Transaction, place: Place, status: ReceiptStatus, now: datetime) -> None:
    receipt = Receipt(
        mode=place.mode,
        lane=place.lane,
        lane_epoch=place.epoch,
        serial=place.serial,
        content_digest=place.digest,
        message_id=place.message_id,
        status=status,
        at=now,
    )
    receipts.add(tx, place.originator, place.mode, [receipt])
