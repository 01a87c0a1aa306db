"""What filing one bundle notes down: serials that arrived, receipts owed, refusals, audit records."""

from datetime import datetime
from typing import Literal

from bus.protocol.inbound import Outcome
from bus.protocol.lane_health import LaneAlarm
from bus.protocol.seal_header import SealHeader
from bus.protocol.subjects import Subject
from bus.store import lanes, rejected
from bus.store.encoded_records import add_receipts
from bus.store.lane_alarms import LanePlace
from bus.store.lanes import Arrival, LaneKey
from bus.store.rejected import NewRejected
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.lanes.alarms import raise_alarm
from gateways.receiving.control_in import note_gaps
from gateways.receiving.mail import Filed, OpenedMail
from gateways.receiving.refusals import ACTOR, only_counted, told_in_full
from schemas.audit import AuditEvent, AuditOutcome
from schemas.base import rfc3339
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.wire import ContentType, Delivery

_WITHOUT_RECEIPT = frozenset({ContentType.RECEIPTS.value, ContentType.LANE_HEAD.value})


class Ledger:
    """Collects while a bundle is judged; ``write`` puts it all into the transaction."""

    def __init__(
        self,
        context: GatewayContext,
        tx: Transaction,
        mail: OpenedMail,
        filed: Filed,
        now: datetime,
        *,
        again: bool = False,
    ) -> None:
        self.evidence = context.evidence(ACTOR, now)
        self._context = context
        self._tx = tx
        self._mail = mail
        self._filed = filed
        self._again = again
        self._now = now
        self._arrivals: dict[int, list[Arrival]] = {}
        self._receipts: list[bytes] = []
        self._rejected: set[str | None] = set()
        # A bundle tried again was held, perhaps beside deliveries that were refused: it is no replay.
        self._replayed: bool | None = False if again else None
        self._at = rfc3339(now)

    def arrived(
        self,
        delivery: Delivery,
        outcome: Literal["admitted", "refused", "held"],
        reason: ReasonCode | None = None,
    ) -> None:
        """What became of a serial whose signature verified."""
        arrival = Arrival(delivery.serial, delivery.content_digest, delivery.message_id, outcome, reason)
        self._arrivals.setdefault(delivery.lane_epoch, []).append(arrival)

    def owe(
        self,
        delivery: Delivery,
        status: ReceiptStatus,
        reason: ReasonCode | None = None,
        *,
        lasting: bool = False,
    ) -> None:
        """Owe a receipt; receipts and lane heads get none, but for receipts that last (delivery_states)."""
        if delivery.content_type in _WITHOUT_RECEIPT and not lasting:
            return
        # The JSON of a schemas.receipt.Receipt. Its parts were validated when the statement was read: words,
        # numbers and hexadecimal digits, in which nothing needs to be escaped.
        message = f',"message_id":"{delivery.message_id}"' if delivery.message_id is not None else ""
        why = f',"reason":"{reason}"' if reason is not None else ""
        self._receipts.append(
            f'{{"mode":"{delivery.mode}","lane":"{delivery.lane}","lane_epoch":{delivery.lane_epoch}'
            f',"serial":{delivery.serial},"content_digest":"{delivery.content_digest}"{message}'
            f',"status":"{status}"{why},"at":"{self._at}"}}'.encode()
        )

    def reject(
        self,
        place: Subject | None,
        code: ReasonCode,
        outcome: Outcome = Outcome.REJECTED,
        delivery: Delivery | None = None,
    ) -> None:
        """A refusal: header, code and sealed bytes under quotas, an audit record or a count of it."""
        originator = place.originator if place else None
        if self._replayed is None:
            self._replayed = rejected.known(self._tx, self._mail.sealed)
        self._rejected.add(originator)
        self._filed.refusals.append(code.value)
        header = self._header()
        bundle_id = header.bundle_id.hex() if header is not None else None
        rejected.add(
            self._tx,
            NewRejected(
                originator,
                place.mode if place else None,
                place.lane if place else None,
                self._mail.subject,
                delivery.serial if delivery else None,
                bundle_id,
                self._mail.sealed,
                code,
                outcome.value,
                self._now,
            ),
            # Of what was recalled no copy is kept, not even sealed.
            0 if code is ReasonCode.RECALLED else self._context.limits.rejected_bytes,
        )
        told = delivery is not None and not self._replayed
        if not told and only_counted(self._context, self._tx, self.evidence, originator, code, self._now):
            return
        if told:
            told_in_full(self._context, self._tx, originator, code, self._now)
        equivocation = outcome is Outcome.EQUIVOCATION
        self.evidence.add(
            AuditEvent.MESSAGE_EQUIVOCATION if equivocation else AuditEvent.MESSAGE_REJECTED,
            AuditOutcome.REFUSED,
            partner=originator,
            mode=place.mode if place else None,
            lane=place.lane if place else None,
            lane_epoch=delivery.lane_epoch if delivery else None,
            serial=delivery.serial if delivery else None,
            message_id=delivery.message_id if delivery else None,
            digest=delivery.content_digest if delivery else None,
            bundle_id=bundle_id,
            reason=code,
        )

    def write(self) -> None:
        """Account for the serials, owe the receipts, append the audit records."""
        for originator in self._rejected:
            rejected.trim(self._tx, originator, self._context.limits.rejected_rows)
        if self._arrivals or self._receipts:
            header = self._header()
            assert header is not None
            for epoch, arrivals in self._arrivals.items():
                key = LaneKey(header.originator, header.mode, header.lane, epoch)
                change = lanes.record(
                    self._tx,
                    key,
                    arrivals,
                    self._now,
                    signed_at=self._signed_at(),
                    again_after=self._context.limits.gaps.first,
                )
                if change.out_of_order:
                    place = LanePlace(key.originator, key.mode, key.lane)
                    swapped = change.out_of_order
                    raise_alarm(
                        *(self._context, self._tx, self.evidence, place, LaneAlarm.REORDERED),
                        *(self._now, swapped),
                    )
                if change.noticed or change.closed:
                    note_gaps(self.evidence, key, change)
                    self._filed.relay = True
            if self._receipts:
                add_receipts(self._tx, header.originator, header.mode, self._receipts)
                self._filed.relay = True
        self.evidence.write(self._tx)

    def _signed_at(self) -> datetime | None:
        """When the bundle was signed, unless it was kept back here meanwhile."""
        return None if self._again or self._mail.opened is None else self._mail.opened.signed_at

    def _header(self) -> SealHeader | None:
        if self._mail.opened is not None:
            return self._mail.opened.header
        return self._mail.refused.header if self._mail.refused is not None else None
