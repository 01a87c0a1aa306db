"""Receipts that people cause: a message was opened, acknowledged, or what it asks was done.

Each is told to the originator's gateway once, and sent again until that has it. Who it was stays here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bus.store import inbox, reading, receipts
from bus.store.reading import Place
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from schemas.acknowledgement import AcknowledgementLevel
from schemas.header import Reference
from schemas.receipt import Receipt, ReceiptStatus


def note_read(context: GatewayContext, tx: Transaction, inbox_seq: int, by: str, now: datetime) -> bool:
    """A person opened the message; False when somebody had before.

    ``by``: the audit actor, which no other nation learns. Whether the originator is told at all is this
    nation's choice.
    """
    place = reading.note(tx, inbox_seq, by, now)
    if place is None:
        return False
    if context.read_receipts:
        _owe(tx, place, ReceiptStatus.READ, now)
    return True


def note_acknowledged(tx: Transaction, reference: Reference, level: str, now: datetime) -> None:
    """An acknowledgement of ours was released: its originator is told by receipt as well.

    So it knows also where no agreement carries the message itself.
    """
    inbox.mark_acknowledged(tx, reference.originator, reference.message_id, now)
    place = reading.place_of(tx, reference.originator, reference.message_id, reference.digest)
    if place is not None:
        actioned = level == AcknowledgementLevel.ACTIONED.value
        _owe(tx, place, ReceiptStatus.ACTIONED if actioned else ReceiptStatus.ACKNOWLEDGED, now)


def acknowledged_in(message: Mapping[str, Any]) -> tuple[tuple[Reference, str], ...]:
    """What a message of ours (parsed, well-formed) acknowledges, and to which level."""
    return tuple(
        (Reference.model_validate(reference, strict=False), message["body"]["level"])
        for reference in message["header"].get("references") or ()
        if reference["relation"] == "acknowledges"
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
