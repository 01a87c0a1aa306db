"""Recalling a publication of ours: one transaction, final, and the same whoever does it again.

What is queued never leaves, what waits for a second person ends, and every nation that may have a copy is
asked to withdraw it: one whose delivery was given a serial, whatever was heard of it since, and whatever has
become of the nation, of its agreements with us or of the label since.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.deadlines import objective
from bus.store import (
    deadlines,
    events,
    pending,
    publication_changes,
    publication_links,
    publication_returns,
    recall_asked,
    recalls,
)
from bus.store.events import NewEvent
from bus.store.pending import Outcome
from bus.store.recall_asked import NewAsked
from bus.store.recalls import Recallable
from bus.store.writer import Transaction
from gateways.changing.force import cancel_under, note_status
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.recalling.asking import Asking
from gateways.recalling.refused import RecallRefused
from gateways.relaying.withholding import withhold
from gateways.releasing.second_person import end_unreleased
from gateways.requests.noting import note_all_cancelled, note_settled
from schemas.audit import AuditEvent
from schemas.event import EventType
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason


@dataclass(frozen=True, slots=True)
class WantedRecall:
    """What is to be recalled, and by whom.

    ``history``: also the earlier messages that it changed. ``sees``: whether the caller may recall messages
    of a kind and mode.
    """

    publication_id: str
    reason: RecallReason
    history: bool
    by: str
    sees: Callable[[Kind, Mode], bool]


@dataclass(frozen=True, slots=True)
class _Done:
    recalled: int
    asked: int
    withheld: int
    waited: int


async def recall(context: GatewayContext, wanted: WantedRecall) -> int:
    """Recall a publication, its backfilled copies and, where wanted, its history; how many were not recalled
    before.

    Raises RecallRefused NOT_FOUND, SCOPE_MISSING; StoreUnavailable. Then nothing was recalled.
    """
    done = await context.store.write(lambda tx: _recall(context, tx, wanted))
    if done.recalled:
        context.counters.deliveries_withheld += done.withheld
        context.counters.messages_recalled += done.recalled
        if done.waited:
            context.releases_changed.set()
        context.deadlines_changed.set()
        # What is sealed and never was offered to the broker is decided on anew, and then withheld.
        context.decide_anew()
    return done.recalled


def _recall(context: GatewayContext, tx: Transaction, wanted: WantedRecall) -> _Done:
    now = context.now()
    named = recalls.find(tx, wanted.publication_id)
    if named is None or not wanted.sees(named.kind, named.mode):
        raise RecallRefused(ReasonCode.NOT_FOUND)
    family = _family(context, tx, named, history=wanted.history)
    if not all(wanted.sees(each.kind, each.mode) for each in family):
        raise RecallRefused(
            ReasonCode.SCOPE_MISSING, "the history holds messages of a kind that this caller may not recall"
        )
    known = recalls.recalled_of(tx, [each.publication_seq for each in family])
    asking = Asking(context, tx, now)
    asked = withheld = waited = 0
    new = [each for each in family if each.publication_seq not in known]
    # The oldest first: at a recipient, nothing that is recalled too stands again in between.
    for each in sorted(new, key=lambda each: each.publication_seq):
        evidence = context.evidence(wanted.by, now)
        waited += _end_wait(context, tx, each, wanted.by, now)
        recalls.insert(tx, each.publication_seq, named.publication_seq, now, wanted.reason, wanted.by)
        note_all_cancelled(tx, each.publication_seq, now, now)
        deadlines.waive(tx, [each.publication_seq])
        stopped = recalls.stop(tx, each.publication_seq)
        # Before the question, so that it may say of each serial that it will not come.
        withhold(context, tx, evidence, stopped, ReasonCode.RECALLED, now)
        withheld += len(stopped)
        asked += _ask(context, tx, evidence, asking, each, wanted.reason, now)
        evidence.write(tx)
    seqs = [each.publication_seq for each in new]
    _stand_again(context, tx, seqs, wanted.by, now)
    _cancel_under_links(context, tx, seqs, wanted.by, now)
    return _Done(len(new), asked, withheld, waited)


def _stand_again(
    context: GatewayContext, tx: Transaction, recalled: Sequence[int], by: str, now: datetime
) -> None:
    """Let what the recalled publications had changed be current again, as it is at its recipients."""
    standing = publication_returns.undo(tx, recalled, now)
    for seq in standing:
        evidence = context.evidence(by, now)
        head = publication_changes.head(tx, seq)
        note_settled(tx, publication_returns.queue_again(tx, seq, now), now)
        note_status(tx, evidence, head, now)
        evidence.write(tx)


def _cancel_under_links(
    context: GatewayContext, tx: Transaction, recalled: Sequence[int], by: str, now: datetime
) -> None:
    """What changes a recalled publication stays, and names it. Whoever never got it, and now never will,
    would go on taking what it had changed for current, beside what changes it.
    """
    for seq in recalled:
        if publication_changes.last(tx, seq) == seq:
            continue
        evidence = context.evidence(by, now)
        cancel_under(context, tx, evidence, seq, publication_links.not_receipted(tx, seq), now)
        evidence.write(tx)


def _family(
    context: GatewayContext, tx: Transaction, named: Recallable, *, history: bool
) -> Sequence[Recallable]:
    """The publication, with its history the earlier ones, and everything that is a copy of one of them."""
    found: dict[int, Recallable] = {}
    waiting: list[Recallable] = [named]
    while waiting:
        new: dict[int, Recallable] = {}
        while waiting:
            each = waiting.pop()
            if each.publication_seq not in found:
                found[each.publication_seq] = new[each.publication_seq] = each
                if history:
                    waiting += recalls.earlier_of(tx, context.nation, each.publication_seq)
        if new:
            waiting += recalls.copies_of(tx, new)
    return tuple(found.values())


def _end_wait(context: GatewayContext, tx: Transaction, each: Recallable, by: str, now: datetime) -> int:
    """Withhold what waits for a second person; whether it did."""
    found = pending.find(tx, each.publication_id)
    if found is None or found.wait.outcome is not None:
        return 0
    end_unreleased(context, tx, found, Outcome.RECALLED, by, now)
    return 1


def _ask(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    asking: Asking,
    each: Recallable,
    reason: RecallReason,
    now: datetime,
) -> int:
    """Ask everybody who may have a copy of one publication, and tell it; how many."""
    copies = recall_asked.possibly_sent(tx, each.publication_seq)
    evidence.add(
        AuditEvent.MESSAGE_RECALLED,
        kind=each.kind,
        mode=each.mode,
        publication_id=each.publication_id,
        message_id=each.message_id,
        digest=each.digest,
        count=len(copies),
    )
    asked = []
    for copy in copies:
        asked.append(NewAsked(each.publication_seq, copy, asking.queue(copy, reason, now)))
        evidence.add(
            AuditEvent.RECALL_ASKED,
            partner=copy.nation,
            mode=copy.mode,
            publication_id=each.publication_id,
            message_id=copy.message_id,
            digest=copy.digest,
        )
    recall_asked.ask(tx, asked, now, now + objective(Precedence.FLASH, context.trust.snapshot.objectives))
    events.add(
        tx,
        [
            NewEvent(
                EventType.MESSAGE_RECALLED,
                now,
                kind=each.kind,
                mode=each.mode,
                message_id=each.message_id,
                publication_id=each.publication_id,
                reason=reason.value,
            )
        ],
    )
    return len(copies)
