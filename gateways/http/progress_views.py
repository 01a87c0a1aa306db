"""What the API shows of how far deliveries have come: what recipients signed, deadlines, what is overdue."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from bus.protocol.deadlines import Awaited
from bus.protocol.delivery_states import SHOWN
from bus.store.progress import DeliveryProgress, Progress
from schemas.base import Digest, Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus


class ReceiptTime(Statement):
    """One state that the recipient's gateway signed."""

    status: ReceiptStatus
    at: UtcTime = Field(description="When it was reached, as the recipient signed it: its claim.")
    recorded_at: UtcTime = Field(description="When that came here first.")


class ProgressView(Statement):
    """What was signed of a copy, by when it was due, and what is overdue now."""

    receipts: tuple[ReceiptTime, ...] = Field(
        description="delivered, read, acknowledged, actioned, as far as each was signed, in this order."
    )
    deliver_by: UtcTime | None = Field(
        None, description="When it should have been delivered. Absent until it is released."
    )
    acknowledge_by: UtcTime | None = Field(
        None, description="When a person should have acknowledged it. Absent for who was not asked."
    )
    overdue: tuple[Awaited, ...] = Field(description="The deadlines that passed and were not met since.")
    overdue_since: UtcTime | None = Field(None, description="The first of these deadlines.")


class ReceiptView(ProgressView):
    """One nation's copy of one publication."""

    publication_id: Uuid
    message_id: Uuid7
    digest: Digest
    nation: Nation
    kind: Kind
    mode: Mode
    exercise_id: str | None = None
    precedence: Precedence
    state: str = Field(
        description="As in the publication's deliveries.",
        json_schema_extra={"enum": [*sorted(set(SHOWN.values()))]},
    )
    reason: ReasonCode | None = Field(None, description="Why it was refused or withheld.")
    released_at: UtcTime | None = Field(None, description="From when its deadlines count.")
    sent_at: UtcTime | None = Field(None, description="When the broker last confirmed a bundle with it.")
    silent_since: UtcTime | None = Field(None, description="Since when its nation is silent, if it is.")


class SilentPartner(Statement):
    """A partner from which nothing signed came after something sent to it that is overdue."""

    nation: Nation
    silent_since: UtcTime = Field(description="Since when that is known.")


class ReceiptPage(Statement):
    """Copies, newest first. A page may hold fewer than asked for; ``next`` says whether to go on."""

    items: tuple[ReceiptView, ...]
    silent_partners: tuple[SilentPartner, ...] | None = Field(
        None,
        description="Every partner that is silent now (of nation=, where that is given), in order of code."
        " Absent, as every silent_since, for who sees only some modes: it would tell of the others.",
    )
    next: int | None = Field(None, description="Give it as before= for the next page.")


def progress_fields(progress: Progress) -> dict[str, Any]:
    """The fields of a ``ProgressView``."""
    return {
        "receipts": tuple(
            ReceiptTime.model_construct(status=told.status, at=told.at, recorded_at=told.noted_at)
            for told in progress.told
        ),
        "deliver_by": progress.deliver_by,
        "acknowledge_by": progress.acknowledge_by,
        "overdue": progress.overdue,
        "overdue_since": progress.overdue_since,
    }


def receipt_page(
    shown: Sequence[DeliveryProgress], following: int | None, silent: Mapping[str, datetime] | None
) -> ReceiptPage:
    """A page of ``GET /v1/receipts``. ``silent``: partners that are, and since when; None where not shown."""
    since = silent or {}
    partners = (
        SilentPartner.model_construct(nation=nation, silent_since=at) for nation, at in sorted(since.items())
    )
    return ReceiptPage.model_construct(
        items=tuple(_receipt_view(row, since.get(row.nation)) for row in shown),
        silent_partners=None if silent is None else tuple(partners),
        next=following,
    )


def _receipt_view(row: DeliveryProgress, silent_since: datetime | None) -> ReceiptView:
    return ReceiptView.model_construct(
        publication_id=row.publication_id,
        message_id=row.message_id,
        digest=row.digest,
        nation=row.nation,
        kind=row.kind,
        mode=row.mode,
        exercise_id=row.exercise_id,
        precedence=row.precedence,
        state=SHOWN[row.state],
        reason=row.reason,
        released_at=row.released_at,
        sent_at=row.sent_at,
        silent_since=silent_since,
        **progress_fields(row.progress),
    )
