"""What came changes what came before, or is changed by what came before it: noted, told and recorded.

Words that count for nothing (another digest, mode, kind or exercise, or not its originator's) change nothing
and are recorded. The rule is in ``bus.protocol.succession``.
"""

from collections.abc import Sequence
from datetime import datetime

from bus.protocol.succession import Cancelled, Known, Status
from bus.store import events, inbox_changes, withdrawals
from bus.store.events import NewEvent
from bus.store.inbox_upkeep import Changed, Changes
from bus.store.writer import Transaction
from gateways.evidence import Evidence
from gateways.requests.noting import note_cancelled
from schemas.audit import AuditEvent, AuditOutcome
from schemas.cancellation import Cancellation
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.message import AnyMessage


def known_of(message: AnyMessage, digest: str) -> Known:
    """What matters of a message here."""
    header = message.header
    return Known(
        header.originator,
        header.message_id,
        digest,
        header.kind,
        header.mode,
        header.exercise_id,
        header.issued_at,
        header.references,
    )


def take_in(
    tx: Transaction,
    evidence: Evidence,
    me: str,
    partner: str,
    filed: Sequence[tuple[int, Known]],
    now: datetime,
) -> None:
    """Account for a partner's messages just filed, ``inbox_seq`` and what matters of each; after whatever
    else is noted of them."""
    _tell(tx, evidence, me, partner, filed[0][1].mode, inbox_changes.take_in(tx, filed), now)


def take_cancellation(
    tx: Transaction, evidence: Evidence, me: str, partner: str, said: Cancellation, now: datetime
) -> None:
    """A partner cancels a message of its own, which may still be on its way."""
    word = Cancelled(partner, said.message_id, said.digest, said.mode, said.at)
    if all(copy.originator != partner for copy in withdrawals.copies(tx, said.message_id)):
        evidence.add(
            AuditEvent.CANCELLATION_KEPT,
            partner=partner,
            mode=said.mode,
            message_id=said.message_id,
            digest=said.digest,
        )
    _tell(tx, evidence, me, partner, said.mode, inbox_changes.cancel(tx, word), now)


def take_recall(
    tx: Transaction, evidence: Evidence, me: str, partner: str, inbox_seq: int, mode: Mode, now: datetime
) -> None:
    """A partner's message was withdrawn: what it had changed may stand again."""
    _tell(tx, evidence, me, partner, mode, inbox_changes.recalled(tx, inbox_seq), now)


def _tell(
    tx: Transaction,
    evidence: Evidence,
    me: str,
    partner: str,
    mode: Mode,
    changes: Changes,
    now: datetime,
) -> None:
    happened = [_event_of(change, now) for change in changes.changed]
    if happened:
        events.add(tx, happened)
    for change in changes.changed:
        cancelled = change.status is Status.CANCELLED
        evidence.add(
            AuditEvent.MESSAGE_CANCELLED if cancelled else AuditEvent.MESSAGE_CHANGED,
            partner=partner,
            kind=change.kind,
            mode=change.mode,
            message_id=change.message_id,
            digest=change.digest,
        )
        if cancelled and change.kind is Kind.INFORMATION_REQUEST:
            at = inbox_changes.cancelled_at(tx, change.inbox_seq)
            note_cancelled(tx, partner, change.message_id, me, at, now)
    for word in changes.ignored:
        evidence.add(
            AuditEvent.CHANGE_IGNORED,
            AuditOutcome.REFUSED,
            partner=partner,
            mode=mode,
            message_id=word.message_id,
            digest=word.digest,
        )


def _event_of(change: Changed, now: datetime) -> NewEvent:
    cancelled = change.status is Status.CANCELLED
    return NewEvent(
        EventType.MESSAGE_CANCELLED if cancelled else EventType.MESSAGE_CHANGED,
        now,
        nation=change.originator,
        kind=change.kind,
        mode=change.mode,
        message_id=change.message_id,
        inbox_seq=change.inbox_seq,
        state=change.status.value,
    )
