"""Collecting the audit records of one transaction, to be written in that same transaction (design 11)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bus.store import audit
from bus.store.writer import Transaction
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord


class Evidence:
    """Records of what one actor did at one time: ids, digests and codes, never labelled content."""

    def __init__(self, nation: str, actor: str, at: datetime, randomness: Callable[[int], bytes]) -> None:
        self._nation = nation
        self._actor = actor
        self._at = at
        self._randomness = randomness
        self._records: list[AuditRecord] = []

    def add(self, event: AuditEvent, outcome: AuditOutcome = AuditOutcome.SUCCESS, **fields: Any) -> None:
        """One more act; ``fields`` are those of ``schemas.audit.AuditRecord``, of values validated before."""
        self._records.append(
            AuditRecord.model_construct(
                at=self._at,
                nation=self._nation,
                event=event,
                outcome=outcome,
                actor=self._actor,
                **fields,
            )
        )

    def write(self, tx: Transaction) -> None:
        """Append what was collected, in order; to be called once, last in the transaction."""
        audit.append(tx, self._records, self._randomness)
        self._records = []
