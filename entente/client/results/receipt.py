"""What recipients signed of each copy, and what is overdue."""

from entente.client.results.publication import ReceiptTime
from entente.client.results.result import Result, Time


class Copy(Result):
    """One nation's copy of one publication."""

    publication_id: str
    message_id: str
    digest: str
    nation: str
    kind: str
    mode: str
    exercise_id: str | None = None
    precedence: str
    state: str
    reason: str | None = None
    receipts: tuple[ReceiptTime, ...]
    deliver_by: Time | None = None
    acknowledge_by: Time | None = None
    overdue: tuple[str, ...]
    """The deadlines that passed and were not met since: delivery, acknowledgement."""
    overdue_since: Time | None = None
    released_at: Time | None = None
    sent_at: Time | None = None


class ReceiptPage(Result):
    """Copies, newest first; ``next`` goes into ``before=`` for the next page, None at the end."""

    items: tuple[Copy, ...]
    next: int | None = None
