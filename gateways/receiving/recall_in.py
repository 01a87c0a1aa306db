"""What a partner says of recalls: that it recalls a message of its own, or what became of one of ours.

A recall names a message by id, digest and mode, and its originator is who signed it: nobody can recall what
is not its own, nor another message than the one it sent. What it names is withdrawn where it is in the inbox,
and barred where it is not: barred messages are refused when they come, whatever they were held for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.protocol.inbound import Outcome, Verdict
from bus.protocol.recalling import (
    ANSWER_IN,
    COPY_LIFE,
    Confirmation,
    CopyAct,
    CopyState,
    KnownCopy,
    joined,
    recall_fault,
)
from bus.store import events, recall_asked, withdrawals
from bus.store.events import NewEvent
from bus.store.withdrawals import Barred, InboxCopy, Named, ReceivedRecall
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.recalling.asking import queue_answer
from gateways.receiving.answer_room import AnswerRoom
from gateways.receiving.succession_in import take_recall
from gateways.requests.noting import note_cancelled
from schemas.audit import AuditEvent, AuditOutcome
from schemas.event import EventType
from schemas.reasons import ReasonCode
from schemas.recall import Recall, Recalled, RecallOutcome

ANSWER_AGAIN = timedelta(minutes=1)
"""A recall that comes again is answered again, but no more often: a hub may repeat what it holds."""
MAY_BE_FILED = frozenset({Outcome.ADMITTED, Outcome.HELD})
ALREADY_READ = "ALREADY_READ"


@dataclass
class RecallReader:
    """Reads what one partner says of recalls, within one transaction."""

    context: GatewayContext
    tx: Transaction
    evidence: Evidence
    partner: str
    now: datetime
    room: AnswerRoom
    withdrawn: int = 0
    """How many messages were withdrawn or barred."""
    overwritten: bool = False
    """Whether content was overwritten, of which the log beside the store still has a copy."""
    answered: bool = False
    """Whether an answer is on its way."""

    def read(self, said: Recall | Recalled) -> None:
        """Act on one content; opening it has shown that it is of the mode that it travelled under."""
        if isinstance(said, Recall):
            _read_recall(self, said)
        else:
            _read_recalled(self, said)


def _read_recall(reader: RecallReader, recall: Recall) -> None:
    """Withdraw or bar what the partner recalls, and answer; the same once or many times."""
    named: Named = (reader.partner, recall.message_id, recall.digest, recall.mode)
    known = withdrawals.received(reader.tx, named)
    if known is not None:
        _answer_again(reader, named, known)
        return
    copies = withdrawals.copies(reader.tx, recall.message_id)
    own = next((copy for copy in copies if copy.originator == reader.partner), None)
    fault = recall_fault(
        reader.partner,
        recall.digest,
        recall.mode,
        [KnownCopy(copy.originator, copy.digest, copy.mode) for copy in copies],
    )
    if fault is not None:
        reader.context.counters.alarm_recalls_refused += 1
        _note_refused(reader.evidence, reader.partner, recall, fault)
        if own is not None:
            # It names another content, or another mode, than what it sent: nothing changes, nothing is said.
            return
        # The id is another nation's here. That is not told: the answer is what it is without that message.
    after = COPY_LIFE[CopyState.ABSENT if own is None else CopyState.FILED, CopyAct.RECALL]
    outcome, read = ANSWER_IN[after], None
    if own is not None:
        withdrawals.withdraw(reader.tx, own.inbox_seq, recall.reason, reader.now)
        reader.overwritten = True
        read = own.read if reader.context.read_receipts else None
    answering = reader.room.take()
    # What is not answered now is answered when it comes again.
    answered_at = reader.now if answering else reader.now - ANSWER_AGAIN
    effect = ReceivedRecall(recall.reason, recall.at, reader.now, outcome, read, answered_at)
    withdrawals.record(reader.tx, named, effect)
    reader.withdrawn += 1
    _tell(reader, recall, own)
    if own is not None:
        me = reader.context.nation
        take_recall(reader.tx, reader.evidence, me, reader.partner, own.inbox_seq, own.mode, reader.now)
    if answering:
        _answer(reader, named, effect)


def _tell(reader: RecallReader, recall: Recall, own: InboxCopy | None) -> None:
    reader.evidence.add(
        AuditEvent.MESSAGE_WITHDRAWN,
        partner=reader.partner,
        kind=None if own is None else own.kind,
        mode=recall.mode,
        message_id=recall.message_id,
        digest=recall.digest,
        reason=ReasonCode.RECALL_NOT_HELD if own is None else None,
    )
    if own is None:
        return  # nobody here has heard of it
    note_cancelled(reader.tx, reader.partner, recall.message_id, reader.context.nation, recall.at, reader.now)
    events.add(
        reader.tx,
        [
            NewEvent(
                EventType.MESSAGE_RECALLED,
                reader.now,
                nation=reader.partner,
                kind=own.kind,
                mode=own.mode,
                message_id=recall.message_id,
                inbox_seq=own.inbox_seq,
                reason=recall.reason.value,
            )
        ],
    )


def _answer_again(reader: RecallReader, named: Named, known: ReceivedRecall) -> None:
    if reader.now - known.answered_at >= ANSWER_AGAIN and reader.room.take():
        withdrawals.mark_answered(reader.tx, named, reader.now)
        _answer(reader, named, known)


def _answer(reader: RecallReader, named: Named, effect: ReceivedRecall) -> None:
    _, message_id, digest, mode = named
    answer = Recalled(
        type="recalled",
        mode=mode,
        message_id=message_id,
        digest=digest,
        outcome=effect.outcome,
        already_read=effect.already_read,
        at=effect.received_at,
    )
    queue_answer(reader.context, reader.tx, reader.partner, answer, reader.now)
    reader.answered = True


def _read_recalled(reader: RecallReader, said: Recalled) -> None:
    """Note what a partner says became of its copy; it counts only for what we recalled from that nation."""
    asked = recall_asked.asked_about(reader.tx, reader.partner, said.message_id, said.digest, said.mode)
    if asked is None:
        reader.context.counters.alarm_recalls_refused += 1
        _note_refused(reader.evidence, reader.partner, said, ReasonCode.RECALL_MISMATCH)
        return
    known = joined(asked.confirmation, Confirmation(said.outcome, said.already_read, said.at))
    if known == asked.confirmation:
        return
    recall_asked.confirm(reader.tx, asked, known, reader.now)
    reader.evidence.add(
        AuditEvent.RECALL_CONFIRMED,
        partner=reader.partner,
        mode=asked.mode,
        publication_id=asked.publication_id,
        message_id=asked.message_id,
        digest=asked.digest,
        reason=ReasonCode.RECALL_NOT_HELD if known.outcome is RecallOutcome.NOT_HELD else None,
    )
    events.add(
        reader.tx,
        [
            NewEvent(
                EventType.RECALL_CONFIRMED,
                reader.now,
                nation=reader.partner,
                kind=asked.kind,
                mode=asked.mode,
                message_id=asked.message_id,
                publication_id=asked.publication_id,
                state=known.outcome.value,
                reason=ALREADY_READ if known.already_read else None,
            )
        ],
    )


def refuse_recalled(
    tx: Transaction, evidence: Evidence, originator: str, verdicts: Sequence[Verdict]
) -> Sequence[Verdict]:
    """The verdicts on a bundle, but with everything refused that its originator has recalled."""
    ids = [
        verdict.delivery.message_id
        for verdict in verdicts
        if verdict.outcome in MAY_BE_FILED
        and verdict.delivery is not None
        and verdict.delivery.message_id is not None
    ]
    barred = withdrawals.barred(tx, originator, ids) if ids else {}
    if not barred:
        return verdicts
    return [_unless_barred(evidence, verdict, barred) for verdict in verdicts]


def _unless_barred(evidence: Evidence, verdict: Verdict, barred: dict[str, set[Barred]]) -> Verdict:
    delivery = verdict.delivery
    if verdict.outcome not in MAY_BE_FILED or delivery is None or delivery.message_id not in barred:
        return verdict
    if Barred(delivery.content_digest, delivery.mode) in barred[delivery.message_id]:
        return Verdict(
            Outcome.REJECTED,
            ReasonCode.RECALLED,
            delivery=delivery,
            gap=verdict.gap,
            sign_kid=verdict.sign_kid,
        )
    if verdict.outcome is Outcome.ADMITTED:
        # Recalled under another digest or mode: that recall was wrong, whichever of the two came first.
        evidence.add(
            AuditEvent.RECALL_REFUSED,
            AuditOutcome.REFUSED,
            partner=delivery.originator,
            mode=delivery.mode,
            message_id=delivery.message_id,
            digest=delivery.content_digest,
            reason=ReasonCode.RECALL_MISMATCH,
        )
    return verdict


def _note_refused(evidence: Evidence, partner: str, said: Recall | Recalled, fault: ReasonCode) -> None:
    """Record a recall, or an answer, that counts for nothing."""
    evidence.add(
        AuditEvent.RECALL_REFUSED,
        AuditOutcome.REFUSED,
        partner=partner,
        mode=said.mode,
        message_id=said.message_id,
        digest=said.digest,
        reason=fault,
    )
