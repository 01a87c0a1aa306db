"""Happenings at this nation's gateway: what became of messages, never what they say."""

from entente.client.results.result import Result, Time


class Event(Result):
    """One happening. What does not apply to its type is None."""

    event_seq: int
    type: str
    at: Time
    nation: str | None = None
    kind: str | None = None
    mode: str | None = None
    message_id: str | None = None
    publication_id: str | None = None
    inbox_seq: int | None = None
    state: str | None = None
    reason: str | None = None


class EventPage(Result):
    """Happenings in order; ``next`` goes into ``after=`` for what follows, now or later."""

    items: tuple[Event, ...]
    next: int
    first: int = 1
    """The oldest event that is kept."""
