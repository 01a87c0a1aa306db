"""Messages that this nation published, and how far they have come."""

from entente.client.results.accepted import Decision
from entente.client.results.result import Json, Result, Time


class ReceiptTime(Result):
    """A state that the recipient signed: when it was reached, as it says, and when that came here first."""

    status: str
    at: Time
    recorded_at: Time


class Delivery(Result):
    """How far one nation's copy has come: ``state`` is queued, sent, delivered, acknowledged, ..."""

    nation: str
    state: str
    reason: str | None = None
    attempts: int = 0
    version: int = 0
    message_id: str | None = None
    receipts: tuple[ReceiptTime, ...] = ()
    deliver_by: Time | None = None
    acknowledge_by: Time | None = None
    overdue: tuple[str, ...] = ()
    """Which receipts should have come by now."""
    overdue_since: Time | None = None
    cancelled_at: Time | None = None
    cancellation: str | None = None
    lane: str | None = None
    lane_epoch: int | None = None
    serial: int | None = None
    sent_at: Time | None = None
    settled_at: Time | None = None


class PublishedMessage(Result):
    """One version of a publication."""

    version: int
    message_id: str
    digest: str
    release_set: tuple[str, ...] = ()
    recipients: tuple[str, ...]
    marking: str | None = None
    message: Json | None = None


class SecondPerson(Result):
    """A release that two persons make."""

    state: str
    why: str
    until: Time
    decided_by: str | None = None
    decided_at: Time | None = None
    note: str | None = None


class Publication(Result):
    """One message that was published, with its state per nation."""

    publication_id: str
    message_id: str
    digest: str
    kind: str
    mode: str
    exercise_id: str | None = None
    precedence: str
    release_set: tuple[str, ...]
    source_id: str | None = None
    accepted_at: Time
    expires_at: Time | None = None
    status: str
    """CURRENT, or what became of it."""
    expired: bool = False
    current: str | None = None
    """The publication_id of what took its place."""
    history: tuple[str, ...] = ()
    copy_of: str | None = None
    cancelled_at: Time | None = None
    cancelled_by: str | None = None
    cancel_reason: str | None = None
    messages: tuple[PublishedMessage, ...] = ()
    deliveries: tuple[Delivery, ...]
    second_person: SecondPerson | None = None

    def state_of(self, nation: str) -> str | None:
        """The state of this nation's copy; None when it gets none."""
        return next((copy.state for copy in self.deliveries if copy.nation == nation), None)


class PublicationDetail(Publication):
    """A publication with its decision table and its exact message."""

    decisions: tuple[Decision, ...]
    marking: str
    message: Json | None = None


class PublicationPage(Result):
    """Publications, newest first; ``next`` goes into ``before=`` for the next page, None at the end."""

    items: tuple[Publication, ...]
    next: int | None = None
