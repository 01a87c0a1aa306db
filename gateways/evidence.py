"""Collecting the audit records of one transaction, to be written in that same transaction (design 11)."""

from collections.abc import Callable, Iterable
from datetime import datetime

from pydantic_core import to_json

from bus.store.columns import micros
from bus.store.encoded_records import EncodedRecord, append_audit
from bus.store.writer import Transaction
from schemas.audit import AuditEvent, AuditOutcome
from schemas.base import rfc3339
from schemas.header import Kind
from schemas.reasons import ReasonCode
from schemas.wire import Delivery

SUCCESS = AuditOutcome.SUCCESS
_PERMITTED = AuditEvent.RELEASE_PERMITTED.value, AuditOutcome.SUCCESS.value
_DENIED = AuditEvent.RELEASE_DENIED.value, AuditOutcome.REFUSED.value


class Evidence:
    """Records of what one actor did at one time: ids, digests and codes, never labelled content.

    Each is the JSON of a ``schemas.audit.AuditRecord``, encoded without building the model: there are several
    for every delivery, and their values were validated where they came from.
    """

    def __init__(self, nation: str, actor: str, at: datetime, randomness: Callable[[int], bytes]) -> None:
        self._common: dict[str, str | int] = {"v": 1, "at": rfc3339(at), "nation": nation}
        self._actor = actor
        self._at = micros(at)
        self._randomness = randomness
        self._records: list[EncodedRecord] = []
        self._alike: dict[tuple[str | int | None, ...], bytes] = {}

    def add(self, event: AuditEvent, outcome: AuditOutcome = SUCCESS, **fields: str | int | None) -> None:
        """One more act; ``fields`` are those of ``schemas.audit.AuditRecord``, None for absent ones."""
        record: dict[str, str | int] = {
            **self._common,
            "event": str(event),
            "outcome": str(outcome),
            "actor": self._actor,
        }
        for name, value in fields.items():
            if value is not None:
                # Plain text: the encoder asks every enumeration member for its value, and slowly.
                record[name] = value if isinstance(value, int) else str(value)
        message_id, publication_id = fields.get("message_id"), fields.get("publication_id")
        self._records.append(
            EncodedRecord(
                to_json(record),
                str(event),
                self._at,
                None if message_id is None else str(message_id),
                None if publication_id is None else str(publication_id),
            )
        )

    def add_delivery(self, event: AuditEvent, delivery: Delivery, kind: Kind | None = None) -> None:
        """A success concerning a partner's delivery; what many of one bundle share is encoded once.

        The rest are numbers, digests and ids, in which nothing needs to be escaped.
        """
        alike = (event, kind, delivery.originator, delivery.mode, delivery.lane, delivery.lane_epoch)
        same = self._alike.get(alike)
        if same is None:
            record = {**self._common, "event": str(event), "outcome": str(SUCCESS), "actor": self._actor}
            if kind is not None:
                record["kind"] = str(kind)
            record |= {
                "partner": delivery.originator,
                "mode": str(delivery.mode),
                "lane": str(delivery.lane),
                "lane_epoch": delivery.lane_epoch,
            }
            same = self._alike[alike] = to_json(record)[:-1]
        message_id = delivery.message_id
        words = f',"serial":{delivery.serial},"digest":"{delivery.content_digest}"'
        words += "}" if message_id is None else f',"message_id":"{message_id}"}}'
        self._records.append(EncodedRecord(same + words.encode(), str(event), self._at, message_id, None))

    def add_decisions(
        self,
        decisions: Iterable[tuple[str, bool, ReasonCode]],
        *,
        publication_id: str,
        message_id: str,
        digest: str,
    ) -> None:
        """A record for each nation, whether it was permitted and why, of one message.

        They differ in four members only, which are plain words, so the others are encoded once.
        """
        same = to_json(
            {
                **self._common,
                "actor": self._actor,
                "publication_id": publication_id,
                "message_id": message_id,
                "digest": digest,
            }
        )[:-1]
        for nation, permit, code in decisions:
            event, outcome = _PERMITTED if permit else _DENIED
            words = f',"event":"{event}","outcome":"{outcome}","partner":"{nation}","reason":"{code.value}"}}'
            self._records.append(
                EncodedRecord(same + words.encode(), event, self._at, message_id, publication_id)
            )

    def write(self, tx: Transaction) -> None:
        """Append what was collected, in order; to be called once, last in the transaction."""
        append_audit(tx, self._records, self._randomness)
        self._records = []
