"""What publishing and acknowledging answer."""

from entente.client.results.result import Json, Result, Time


class Decision(Result):
    """The release decision for one nation, as of acceptance."""

    nation: str
    addressed: str
    permit: bool
    code: str
    explanation: str = ""
    version: int | None = None
    by_version: tuple[str, ...] | None = None


class AcceptedMessage(Result):
    """One version of a publication, a message of its own; version 0 is the draft itself."""

    version: int
    message_id: str
    digest: str
    recipients: tuple[str, ...]


class SecondPersonWanted(Result):
    """Nothing is sent before a second person confirms it."""

    why: str
    until: Time


class Warned(Result):
    """Something doubtful that did not stop the draft."""

    code: str
    pointer: str
    explanation: str = ""


class Accepted(Result):
    """A draft that was committed, not yet delivered: ``publication()`` tells what became of it."""

    publication_id: str
    message_id: str
    digest: str
    accepted_at: Time
    recipients: tuple[str, ...]
    messages: tuple[AcceptedMessage, ...] = ()
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[Warned, ...] = ()
    second_person: SecondPersonWanted | None = None
    change: Json | None = None
    """Of an update, correction or cancellation: who gets what of it."""
    replayed: bool = False
    """Whether an earlier request under the same Idempotency-Key had been accepted; this is its answer."""


class ToldByReceipt(Result):
    """An acknowledgement that no agreement carries: its author is told the state by a receipt alone."""

    originator: str
    message_id: str
    digest: str
    told: str
    """acknowledged or actioned: all that the author learns."""
    at: Time
    code: str
    """Why the acknowledgement itself does not pass."""
    explanation: str
