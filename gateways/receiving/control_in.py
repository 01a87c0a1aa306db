"""What another gateway says on the control lane: receipts, resend requests, voids, trust documents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bus.protocol.errors import TrustError, TrustIncompleteError
from bus.protocol.lane_heads import Used
from bus.protocol.trust import TrustStore
from bus.store import deliveries, lanes, resending, settlement, unknown_words
from bus.store.lanes import LaneKey
from bus.store.serial_ranges import Range, merged, without
from bus.store.writer import Transaction
from gateways import trust_changes
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.lanes.set_back import heed
from gateways.receipts.receipts_in import take_receipts
from gateways.receiving.answer_room import AnswerRoom
from gateways.receiving.recall_in import RecallReader
from gateways.receiving.succession_in import take_cancellation
from gateways.relaying.control_out import MAX_RANGES, queue_voids
from gateways.requests.noting import note_closed
from schemas.audit import AuditEvent, AuditOutcome
from schemas.cancellation import Cancellation
from schemas.control import Control, ResendRequest, SerialRange, TrustUpdate, Void
from schemas.header import Mode
from schemas.lane_head import LaneHead, LaneState
from schemas.recall import Recall, Recalled
from schemas.receipt import Receipts
from schemas.request_acts import RequestClosed
from schemas.wire import Lane

VOID_AHEAD = 10_000
"""How far beyond the highest serial seen a void is taken; the rest is voided again once it is missed."""

ROWS_PER_BUNDLE = 4096
"""Deliveries that a bundle of resend requests may have looked at."""
TOLD_APART = 16
"""Ranges of one lane that are recorded one by one; more are counted in one record."""
MAX_COUNT = 2**53 - 1
COMING = frozenset({"queued", "sealed"})
RECEIPTED = frozenset({"delivered", "read", "acknowledged", "actioned"})
STAYING = RECEIPTED | {"sent"}
"""What leaves again now, or when it is asked for once more."""


@dataclass
class ControlReader:
    """Reads the verified control content of one partner within one transaction."""

    context: GatewayContext
    tx: Transaction
    evidence: Evidence
    partner: str
    now: datetime
    trust: TrustStore | None = None
    """A newer trust store, to be adopted once the transaction is committed."""
    relay: bool = False
    """Whether the relay has got something to do."""
    deadlines: bool = False
    """Whether something that was overdue may be so no more."""
    room: int = ROWS_PER_BUNDLE
    """How many more deliveries resend requests may have looked at."""
    withdrawn: int = 0
    """How many messages of the partner were withdrawn or barred."""
    overwritten: bool = False
    """Whether content was overwritten for it."""
    answers: AnswerRoom | None = None
    words: int = 0
    """How much was said of messages that may never have come."""
    wanted: dict[tuple[Mode, Lane, int], list[Range]] = field(default_factory=dict)
    """Serials asked for, read so far: ``finish`` takes those of a whole bundle at once."""
    voids: dict[LaneKey, list[Range]] = field(default_factory=dict)
    """Serials that will not come, read so far: ``finish`` takes those of a whole bundle at once."""
    papers: dict[bytes, None] = field(default_factory=dict)
    """Agreements and acts read so far: ``finish`` takes up all of a bundle at once."""

    def read(self, content: Receipts | Control | LaneHead, mode: Mode) -> None:
        """Act on one content that travelled under a root of ``mode``; opening it has shown that it speaks of
        deliveries in that mode only.
        """
        if isinstance(content, Receipts):
            taken = take_receipts(self.context, self.tx, self.evidence, self.partner, content, mode, self.now)
            self.relay |= taken.relay
            self.deadlines |= taken.deadlines
            return
        if isinstance(content, LaneHead):
            return  # `take_head` reads it, with its delivery
        control = content.control
        if isinstance(control, ResendRequest):
            for entry in control.ranges:
                place = (mode, entry.lane, entry.lane_epoch)
                self.wanted.setdefault(place, []).append((entry.first, entry.last))
        elif isinstance(control, Void):
            for entry in control.ranges:
                key = LaneKey(self.partner, mode, entry.lane, entry.lane_epoch)
                self.voids.setdefault(key, []).append((entry.first, entry.last))
        elif isinstance(control, LaneState):
            used = [Used(seen.lane, seen.lane_epoch, seen.serial) for seen in control.lanes]
            self.relay |= heed(self.context, self.tx, self.evidence, self.partner, mode, used, self.now)
        elif isinstance(control, RequestClosed):
            self.words += 1
            note_closed(self.context, self.tx, self.partner, control, self.evidence, self.now)
        elif isinstance(control, Recall | Recalled):
            self._recall(control)
        elif isinstance(control, Cancellation):
            self.words += 1
            take_cancellation(self.tx, self.evidence, self.context.nation, self.partner, control, self.now)
        elif isinstance(control, TrustUpdate):
            self.trust_documents([text.encode() for text in control.envelopes])

    def repeat(self, content: object) -> None:
        """A content that came before came again: a recall is answered again."""
        if isinstance(content, Control) and isinstance(content.control, Recall):
            self._recall(content.control)

    def _recall(self, said: Recall | Recalled) -> None:
        reading = RecallReader(
            self.context, self.tx, self.evidence, self.partner, self.now, self._answer_room()
        )
        self.words += 1
        reading.read(said)
        self.withdrawn += reading.withdrawn
        self.overwritten |= reading.overwritten
        self.relay |= reading.answered

    def _answer_room(self) -> AnswerRoom:
        if self.answers is None:
            self.answers = AnswerRoom(self.tx, self.partner, self.context.limits.queue)
        return self.answers

    def _resend(self) -> None:
        """What still lacks a receipt is sent again; what will not come (again) is voided.

        A bundle of requests may name the same serials over and over: they are merged, and only so many rows
        are looked at in one transaction. The rest is asked for again.
        """
        void: list[SerialRange] = []
        for (mode, lane, epoch), ranges in self.wanted.items():
            for first, last in merged(ranges):
                if self.room <= 0:
                    break
                entry = SerialRange(mode=mode, lane=lane, lane_epoch=epoch, first=first, last=last)
                void += self._resend_range(entry)
        for start in range(0, len(void), MAX_RANGES):
            if not self._answer_room().take():
                break
            part = void[start : start + MAX_RANGES]
            queue_voids(self.context, self.tx, self.partner, part, None, self.now)
        self.relay |= bool(self.wanted)
        self.wanted.clear()

    def _resend_range(self, entry: SerialRange) -> list[SerialRange]:
        """Queue again what one range still waits for; gives the ranges that will not come."""
        room = self.room
        rows = settlement.for_serials(
            self.tx,
            self.partner,
            entry.mode,
            entry.lane,
            entry.lane_epoch,
            [(entry.first, entry.last)],
            limit=room,
        )
        self.room -= max(1, len(rows))
        unreceipted = [row.delivery_seq for row in rows if row.state == "sent" and row.awaits_receipt]
        requeued = resending.requeue(self.tx, unreceipted, self.now)
        for again in requeued:
            self.evidence.add(
                AuditEvent.DELIVERY_RESENT,
                partner=self.partner,
                mode=entry.mode,
                lane=again.lane,
                lane_epoch=again.epoch,
                serial=again.serial,
                message_id=again.message_id,
            )
        self.context.counters.deliveries_resent += len(requeued)
        # What it receipted and lacks all the same, as after it was set back, leaves again. So much of it as
        # there is room for now: the rest is not voided, but asked for again.
        known = [row for row in rows if row.state in RECEIPTED and row.awaits_receipt]
        leaving = resending.ask_again(self.tx, self.partner, [row.delivery_seq for row in known], self.now)
        if leaving:
            self.evidence.add(
                AuditEvent.DELIVERY_RESENT,
                partner=self.partner,
                mode=entry.mode,
                lane=entry.lane,
                lane_epoch=entry.lane_epoch,
                serial=entry.first,
                count=len(leaving),
            )
            self.context.counters.deliveries_resent += len(leaving)
        expected = {row.serial for row in rows if row.state in COMING}
        expected |= {row.serial for row in rows if row.state in STAYING and row.awaits_receipt}
        end = rows[-1].serial if len(rows) == room else entry.last
        return [
            entry.model_copy(update={"first": first, "last": last})
            for first, last in self._never_coming(entry, end, expected)
        ]

    def _never_coming(self, entry: SerialRange, end: int, expected: set[int]) -> list[Range]:
        """The serials up to ``end`` that were used, or belong to an epoch that is over, and will not come."""
        epoch, next_serial = deliveries.lane_position(self.tx, self.partner, entry.mode, entry.lane)
        if entry.lane_epoch > epoch:
            return []
        last = min(end, next_serial - 1) if entry.lane_epoch == epoch else end
        if last < entry.first:
            return []
        return without((entry.first, last), merged((serial, serial) for serial in expected))

    def _void(self) -> None:
        for key, ranges in self.voids.items():
            highest, _, _ = lanes.reached(self.tx, key)
            end = highest + VOID_AHEAD
            near = [(first, min(last, end)) for first, last in ranges if first <= end]
            if near:
                note_gaps(self.evidence, key, lanes.record_void(self.tx, key, near, self.now))
        self.voids.clear()

    def trust_documents(self, envelopes: Sequence[bytes], *, authentic: bool = True) -> None:
        """Take up trust documents that this partner passed on; the realm's and nations' apart.

        ``authentic``: whether it is known to be this partner. If not, agreements and acts are left: room
        for those that cannot be verified yet is each nation's own. They are read once the bundle verifies.
        """
        try:
            documents, papers = trust_changes.split(envelopes)
        except TrustError as error:
            trust_changes.note_refusal(self.evidence, error, self.partner)
            return
        if documents:
            self._take_up(documents)
        if authentic:
            self.papers |= dict.fromkeys(signed.encoded for signed in papers)

    def finish(self) -> None:
        """Take up what was put off until the whole bundle is read; ``trust`` is complete only then."""
        self._void()
        self._resend()
        if self.words:
            room = self.context.word_room.get(self.partner, 0) - self.words
            if room < 0:
                room = unknown_words.trim(self.tx, self.partner)
            self.context.word_room[self.partner] = room
        if self.papers:
            self._take_up(tuple(self.papers))
            self.papers.clear()

    def _take_up(self, envelopes: Sequence[bytes]) -> None:
        try:
            updated = trust_changes.take_up(
                self.context, self.tx, envelopes, self.evidence, self.now, self.partner, self.trust
            )
        except TrustIncompleteError:
            trust_changes.keep_incomplete(self.tx, envelopes)
            return
        except TrustError as error:
            trust_changes.note_refusal(self.evidence, error, self.partner)
            return
        self.trust = updated or self.trust


def note_gaps(evidence: Evidence, key: LaneKey, change: lanes.GapChange) -> None:
    """Record what a lane now misses, and what it misses no longer; of many ranges one record."""
    for event, ranges in ((AuditEvent.LANE_GAP, change.noticed), (AuditEvent.LANE_GAP_CLOSED, change.closed)):
        told = [(first, last - first + 1) for first, last in ranges]
        if len(told) > TOLD_APART:
            told = [(told[0][0], sum(count for _, count in told))]
        for first, count in told:
            _note(evidence, key, event, count, first)
    if change.given_up:
        _note(evidence, key, AuditEvent.LANE_GAP_GIVEN_UP, change.given_up)


def _note(evidence: Evidence, key: LaneKey, event: AuditEvent, count: int, first: int | None = None) -> None:
    evidence.add(
        event,
        AuditOutcome.SUCCESS if event is AuditEvent.LANE_GAP_CLOSED else AuditOutcome.REFUSED,
        partner=key.originator,
        mode=key.mode,
        lane=Lane(key.lane),
        lane_epoch=key.epoch,
        serial=first,
        count=min(count, MAX_COUNT),
    )
