"""Messages that partners released to this nation."""

from entente.client.results.result import Json, Result, Time


class Basis(Result):
    """An agreement that the release rested on."""

    id: str
    digest: str


class Equivalent(Result):
    """How the classification reads in this nation's own policy."""

    policy: str
    classification: str
    rests_on: str


class InboxEntry(Result):
    """A message in the inbox. Look at ``mode`` first: an exercise is never live."""

    inbox_seq: int
    originator: str
    message_id: str
    digest: str
    kind: str
    mode: str
    exercise_id: str | None = None
    precedence: str
    lane: str
    lane_epoch: int
    serial: int
    handling: str
    trust_version: int
    basis: tuple[Basis, ...]
    sign_kid: str
    issued_at: Time
    expires_at: Time | None = None
    received_at: Time
    status: str
    """CURRENT, or what became of it: a message is acted on only while it is current."""
    current: str | None = None
    """The message_id of what took its place."""
    history: tuple[str, ...] = ()
    late: bool
    expired: bool
    expired_on_arrival: bool = False
    cancelled_at: Time | None = None
    read_at: Time | None = None
    acknowledged_at: Time | None = None
    recalled_at: Time | None = None
    """When its originator recalled it: there is no message and no marking any more."""
    recall_reason: str | None = None
    marking: str | None = None
    equivalent: Equivalent | None = None
    message: Json | None = None
    """Header, label and body as the originator signed them; None where content is not shown, or is gone."""


class InboxPage(Result):
    """Entries in order of filing; ``next`` goes into ``after=`` for what follows, now or later."""

    items: tuple[InboxEntry, ...]
    next: int
