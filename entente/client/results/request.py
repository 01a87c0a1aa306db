"""Information requests: what partners ask this nation, and what it asks them."""

from entente.client.results.result import Result, Time


class RequestStep(Result):
    """One signed act, in the order that counts."""

    act: str
    at: Time
    by: str | None = None
    message_id: str | None = None
    outcome: str | None = None
    detail: str | None = None
    recorded_at: Time | None = None
    effective: bool
    state: str


class RequestParty(Result):
    """Where a request stands with one asked nation; ``legal``: what this nation may do now."""

    nation: str
    message_id: str
    addressed: str
    state: str
    outcome: str | None = None
    delivery: str | None = None
    legal: tuple[str, ...]
    timeline: tuple[RequestStep, ...] | None = None


class RequestNote(Result):
    """A note for this nation's own people."""

    author: str
    at: Time
    text: str


class InformationRequest(Result):
    """One request. ``role`` is asked (a partner asks us) or asking (we ask)."""

    role: str
    originator: str
    message_id: str
    publication_id: str | None = None
    mode: str
    exercise_id: str | None = None
    precedence: str | None = None
    rfi_id: str | None = None
    title: str | None = None
    priority: str | None = None
    issued_at: Time
    ltiov: Time
    answer_requested_by: Time | None = None
    state: str
    assignee: str | None = None
    due_at: Time | None = None
    parties: tuple[RequestParty, ...]
    notes: tuple[RequestNote, ...] | None = None


class RequestPage(Result):
    """Requests, newest first; ``next`` goes into ``before=`` for the next page, None at the end."""

    items: tuple[InformationRequest, ...]
    next: int | None = None
