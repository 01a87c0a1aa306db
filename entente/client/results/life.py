"""What became of a publication by this nation's own word: recalled, cancelled; and what was read."""

from entente.client.results.result import Result, Time


class RecallNation(Result):
    """One nation that may have a copy, and what it answered."""

    nation: str
    publication_id: str
    message_id: str
    digest: str
    mode: str
    asked_at: Time
    asked_count: int
    request: str
    """How far the last request has come; only an ``outcome`` says that it was followed."""
    confirm_by: Time
    overdue: bool
    outcome: str | None = None
    already_read: bool | None = None
    """None where that nation keeps it to itself, and where it was not held."""
    confirmed_at: Time | None = None
    recorded_at: Time | None = None


class NeverSent(Result):
    """A copy that never left the gateway, and now never will."""

    nation: str
    publication_id: str
    message_id: str
    reason: str | None = None


class Recall(Result):
    """A recall with everybody who may have a copy. It cannot un-send: see ``notice``."""

    publication_id: str
    recalled_at: Time
    reason: str
    recalled_by: str
    because_of: str
    notice: str
    publications: tuple[str, ...]
    nations: tuple[RecallNation, ...]
    never_sent: tuple[NeverSent, ...]


class CancelledNation(Result):
    """A nation that held a copy, and how far the word has come that cancels it."""

    nation: str
    message_id: str
    cancellation: str


class Cancellation(Result):
    """A cancelled publication. The text stays readable everywhere, marked."""

    publication_id: str
    cancelled_at: Time
    cancelled_by: str | None = None
    reason: str | None = None
    nations: tuple[CancelledNation, ...]


class ReadReport(Result):
    """That a message was read; ``told``: whether its originator learns it."""

    originator: str
    message_id: str
    digest: str
    read_at: Time
    told: bool
