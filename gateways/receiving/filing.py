"""Filing one bundle in one transaction: judge it, file what is admitted, owe the receipts (design 6)."""

from collections.abc import Sequence

from bus.protocol.deadlines import asks
from bus.protocol.delivery_states import lasts
from bus.protocol.errors import BundleRefused, SubjectError
from bus.protocol.inbound import Outcome, Verdict, judge
from bus.protocol.opening import OpenedBundle
from bus.protocol.subjects import Subject
from bus.protocol.succession import Known
from bus.store import contacts, events, held, inbox
from bus.store.events import NewEvent
from bus.store.held import Held, HoldResult, NewHeld
from bus.store.inbox import NewInboxMessage
from bus.store.lane_alarms import LanePlace
from bus.store.lanes import StoredHistory
from bus.store.traffic import Face
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.lanes.floods import lane_of
from gateways.lanes.heads_in import note_rewound, take_head
from gateways.receiving.acknowledgement_in import take_acknowledgement
from gateways.receiving.control_in import ControlReader
from gateways.receiving.ledger import Ledger
from gateways.receiving.mail import Filed, OpenedMail, open_mail, trust_documents_in
from gateways.receiving.recall_in import refuse_recalled
from gateways.receiving.succession_in import known_of, take_in
from gateways.requests.noting import CONCERNED, note_filed
from schemas.audit import AuditEvent, AuditOutcome
from schemas.control import Control
from schemas.event import EventType
from schemas.header import Kind
from schemas.lane_head import LaneHead
from schemas.message import AnyMessage
from schemas.reasons import ReasonCode
from schemas.receipt import Receipts, ReceiptStatus
from schemas.wire import Delivery


def file_mail(context: GatewayContext, tx: Transaction, mail: OpenedMail, again: Held | None = None) -> Filed:
    """Steps 12-14 and everything that follows from them, for one bundle.

    ``again``: the bundle was held and is tried anew; what was settled the first time is left alone.
    """
    if mail.trust is not context.trust:
        # Trust changed since it was opened: a key may have been revoked.
        mail = open_mail(context, mail.subject, mail.sealed)
    return _Filing(context, tx, mail, again).run()


class _Filing:
    def __init__(
        self, context: GatewayContext, tx: Transaction, mail: OpenedMail, again: Held | None
    ) -> None:
        self.context = context
        self.tx = tx
        self.mail = mail
        self.again = again
        self.now = context.now()
        self.too_old = again is not None and self.now - again.held_at >= context.limits.held_age
        self.filed = Filed()
        self.ledger = Ledger(context, tx, mail, self.filed, self.now, again=again is not None)
        self.messages: list[NewInboxMessage] = []
        self.known: list[Known] = []
        """The same messages, as far as they may change others or be changed."""
        self.of_requests: list[tuple[AnyMessage, Delivery]] = []
        """Filed messages that say something of an information request."""
        self.keep_held: ReasonCode | None = None

    def run(self) -> Filed:
        if self.mail.opened is None:
            self._whole_bundle(self.mail.refused)
        else:
            self._deliveries(self.mail.opened)
        if self.again is not None:
            self._settle_held(self.again)
        self._count_barren()
        self.ledger.write()
        return self.filed

    def _count_barren(self) -> None:
        """A bundle that brought nothing new: many of them are a flood (``gateways.lanes``)."""
        filed = self.filed
        if self.again is not None or filed.admitted or filed.held or not (filed.duplicates or filed.refusals):
            return
        filed.barren = lane_of(self.mail.subject, self.context.trust)

    # -- a bundle refused or held as a whole (steps 1-6) ------------------------------------------------

    def _whole_bundle(self, refused: BundleRefused | None) -> None:
        assert refused is not None
        place = self._place(refused)
        if refused.held and place is not None and not self.too_old:
            self._hold(place, refused.code)
            if self.again is None or self.again.reason is not refused.code:
                # Read once for each reason: what came under an unknown seal key may open only now.
                self._fresh_trust(place)
            return
        code = ReasonCode.HELD_TOO_LONG if refused.held and self.too_old else refused.code
        self.ledger.reject(place, code)
        self.filed.end = "term"

    def _fresh_trust(self, place: Subject) -> None:
        documents = trust_documents_in(self.context, self.mail)
        if documents:
            reader = ControlReader(self.context, self.tx, self.ledger.evidence, place.originator, self.now)
            reader.trust_documents(documents, authentic=False)
            self.filed.trust = reader.trust

    def _place(self, refused: BundleRefused) -> Subject | None:
        """Whose lane it is, as the subject says: the hub vouches for its originator."""
        try:
            return Subject.parse(self.mail.subject)
        except SubjectError:
            return refused.header.subject if refused.header is not None else None

    def _hold(self, place: Subject, code: ReasonCode) -> bool:
        """Keep the sealed bytes, if the quota allows; whether they are kept."""
        self.keep_held = code
        if self.again is not None:
            return True
        new = NewHeld(
            place.originator, place.mode, place.lane, self.mail.subject, self.mail.sealed, code, self.now
        )
        result = held.hold(self.tx, new, self.context.limits.held)
        if result is HoldResult.REFUSED:
            # No receipt tells the originator, so it sends again.
            self.ledger.reject(place, ReasonCode.HELD_QUOTA)
            return False
        if result is HoldResult.HELD:
            self.filed.held += 1
            self.filed.held_under = self.mail.trust
            self.ledger.evidence.add(
                AuditEvent.MESSAGE_HELD,
                AuditOutcome.REFUSED,
                partner=place.originator,
                mode=place.mode,
                lane=place.lane,
                reason=code,
            )
        return True

    def _settle_held(self, again: Held) -> None:
        if self.keep_held is None:
            held.discharge(self.tx, [again.held_seq])
        else:
            self.filed.still_held = True
            held.mark_retried(self.tx, again.held_seq, self.keep_held, self.now)

    # -- single deliveries (steps 7-14) -----------------------------------------------------------------

    def _deliveries(self, opened: OpenedBundle) -> None:
        header = opened.header
        history = StoredHistory(self.tx)
        judged = judge(opened, history, trust=self.mail.trust, now=self.now)
        verdicts = refuse_recalled(self.tx, self.ledger.evidence, header.originator, judged)
        settled = self._settled_before(opened, history) if self.again is not None else frozenset()
        reader = ControlReader(self.context, self.tx, self.ledger.evidence, header.originator, self.now)
        hold_refused = False
        for verdict, item in zip(verdicts, opened.deliveries, strict=True):
            delivery, lasting = verdict.delivery, lasts(item.parsed)
            if delivery is not None and (delivery.lane_epoch, delivery.serial) in settled:
                continue
            match verdict.outcome:
                case Outcome.ADMITTED:
                    self._admitted(verdict, reader)
                case Outcome.DUPLICATE:
                    reader.repeat(item.parsed)
                    self._duplicate(verdict, lasting=lasting)
                case Outcome.HELD:
                    hold_refused = self._held(verdict, header.subject, hold_refused)
                case _:
                    self._refused(verdict, header.subject, lasting=lasting)
        self._heard(opened, verdicts)
        numbers = self._into_inbox() if self.messages else ()
        for message, delivery in self.of_requests:
            note_filed(
                self.context,
                self.tx,
                message,
                delivery.content_digest,
                delivery.handling,
                self.ledger.evidence,
            )
        if numbers:
            filed = tuple(zip(numbers, self.known, strict=True))
            take_in(self.tx, self.ledger.evidence, self.context.nation, header.originator, filed, self.now)
        reader.finish()
        self.filed.relay |= reader.relay
        self.filed.deadlines |= reader.deadlines
        self.filed.trust = reader.trust
        self.filed.withdrawn = reader.withdrawn
        self.filed.overwritten = reader.overwritten

    def _heard(self, opened: OpenedBundle, verdicts: Sequence[Verdict]) -> None:
        """What the partner signed, and when, shows that it is there."""
        partner = opened.header.originator
        verified = any(verdict.verified for verdict in verdicts)
        if verified and contacts.heard(self.tx, partner, opened.signed_at, self.now):
            events.add(self.tx, [NewEvent(EventType.PARTNER_HEARD, self.now, nation=partner)])
            self.filed.deadlines = True

    def _into_inbox(self) -> tuple[int, ...]:
        numbers = inbox.file(self.tx, self.messages)
        self.filed.inbox_latest = numbers[-1]
        received = (
            NewEvent(
                EventType.MESSAGE_RECEIVED,
                self.now,
                nation=each.originator,
                kind=each.kind,
                mode=each.mode,
                message_id=each.message_id,
                inbox_seq=number,
            )
            for number, each in zip(numbers, self.messages, strict=True)
        )
        events.add(self.tx, tuple(received))
        return numbers

    def _settled_before(self, opened: OpenedBundle, history: StoredHistory) -> frozenset[tuple[int, int]]:
        """What was admitted or refused when the bundle first came: only the rest is tried again."""
        header = opened.header
        found = set()
        for epoch in {item.delivery.lane_epoch for item in opened.deliveries if item.delivery}:
            serials = [
                item.delivery.serial
                for item in opened.deliveries
                if item.delivery and item.delivery.lane_epoch == epoch
            ]
            place = (header.originator, header.mode.value, header.lane.value, epoch)
            for serial, received in history.received(*place, serials).items():
                if received.outcome != "held":
                    found.add((epoch, serial))
        return frozenset(found)

    def _admitted(self, verdict: Verdict, reader: ControlReader) -> None:
        delivery, parsed = verdict.delivery, verdict.parsed
        assert delivery is not None
        self.filed.admitted += 1
        self.filed.late += verdict.late
        self.ledger.arrived(delivery, "admitted")
        if isinstance(parsed, Receipts | Control | LaneHead):
            self.ledger.owe(delivery, ReceiptStatus.DELIVERED, lasting=lasts(parsed))
            reader.read(parsed, delivery.mode)
            if isinstance(parsed, LaneHead):
                reader.relay |= take_head(
                    self.context, self.tx, self.ledger.evidence, parsed, delivery, self.now
                )
            return
        assert parsed is not None
        self._file(verdict, delivery, parsed)
        self.ledger.owe(delivery, ReceiptStatus.DELIVERED)
        self.ledger.evidence.add_delivery(AuditEvent.MESSAGE_ADMITTED, delivery, parsed.header.kind)
        if parsed.header.kind is Kind.ACKNOWLEDGEMENT:
            take_acknowledgement(self.context, self.tx, self.ledger.evidence, self.filed, parsed, self.now)
        if parsed.header.kind in CONCERNED:
            self.of_requests.append((parsed, delivery))

    def _file(self, verdict: Verdict, delivery: Delivery, message: AnyMessage) -> None:
        header = message.header
        assert verdict.content is not None
        self.known.append(known_of(message, delivery.content_digest))
        self.messages.append(
            NewInboxMessage(
                header.originator,
                header.message_id,
                delivery.content_digest,
                header.kind,
                header.mode,
                header.exercise_id,
                header.precedence,
                delivery.lane,
                delivery.lane_epoch,
                delivery.serial,
                message.label.release_set,
                delivery.handling,
                delivery.trust_version,
                delivery.basis,
                verdict.sign_kid,
                header.issued_at,
                header.expires_at,
                self.now,
                verdict.late,
                verdict.expired,
                verdict.content,
                face=Face(
                    header.action_addressees + header.info_addressees,
                    message.label.policy,
                    message.label.classification,
                    header.acknowledgement.required
                    and asks(header, self.context.nation, self.context.trust, header.issued_at),
                ),
            )
        )

    def _duplicate(self, verdict: Verdict, *, lasting: bool) -> None:
        delivery = verdict.delivery
        assert delivery is not None
        self.filed.duplicates += 1
        self.ledger.arrived(delivery, "admitted")
        self.ledger.owe(delivery, ReceiptStatus.DELIVERED, lasting=lasting)
        self.ledger.evidence.add_delivery(AuditEvent.MESSAGE_DUPLICATE, delivery)

    def _held(self, verdict: Verdict, place: Subject, refused_before: bool) -> bool:
        """Hold the bundle for this delivery; whether the quota refused it."""
        assert verdict.reason is not None
        delivery = verdict.delivery
        if self.too_old:
            self._refused(
                Verdict(
                    Outcome.REJECTED,
                    ReasonCode.HELD_TOO_LONG,
                    delivery=delivery,
                    sign_kid=verdict.sign_kid,
                ),
                place,
            )
            return refused_before
        if refused_before or not self._hold(place, verdict.reason):
            return True
        if delivery is not None:
            self.ledger.arrived(delivery, "held", verdict.reason)
        return False

    def _refused(self, verdict: Verdict, place: Subject, *, lasting: bool = False) -> None:
        """Refused for good. The originator learns of it only when its signature verified: no oracle."""
        assert verdict.reason is not None
        delivery = verdict.delivery
        equivocation = verdict.outcome is Outcome.EQUIVOCATION
        self.filed.equivocations += equivocation
        self.ledger.reject(place, verdict.reason, verdict.outcome, delivery)
        if delivery is None:
            return
        self.filed.mismatches += verdict.mismatch
        if verdict.reason is ReasonCode.SERIAL_REUSED and equivocation:
            lane = LanePlace(delivery.originator, delivery.mode, delivery.lane)
            self.filed.relay |= note_rewound(self.context, self.tx, self.ledger.evidence, lane, self.now)
        self.ledger.arrived(delivery, "refused", verdict.reason)
        self.ledger.owe(delivery, ReceiptStatus.REFUSED, verdict.reason, lasting=lasting)
