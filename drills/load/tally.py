"""What became of a load, counted: every message and every copy of it, from due to receipt.

Pure. Times are seconds since the load began. What is told of a message before its author's system has read
the answer to it (a receipt may be quicker) waits here until then.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from drills.load.latencies import Latencies
from schemas.header import Precedence

WINDOWS = 3
"""Parts of the load's time whose latencies are kept apart, too."""
Identity = tuple[str, str]
"""Originator and message id."""


@dataclass
class _Message:
    """An accepted one; copies are bits, one per nation."""

    precedence: Precedence
    window: int
    accepted_at: float
    copies: int
    receipted: int = 0
    arrived: int = 0


@dataclass
class Kept:
    """Latencies of acceptance, from when a draft was due, and of delivery, from acceptance to the receipt."""

    acceptance: Latencies = field(default_factory=Latencies)
    delivery: Latencies = field(default_factory=Latencies)


class Tally:
    """Counts for a load of so many seconds among these nations."""

    def __init__(self, nations: Sequence[str], seconds: float) -> None:
        self._bits = {nation: 1 << place for place, nation in enumerate(nations)}
        self._seconds = seconds
        self._publications: dict[str, _Message] = {}
        self._messages: dict[Identity, _Message] = {}
        self._early_receipts: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self._early_arrivals: dict[Identity, list[str]] = defaultdict(list)
        self.by_precedence: dict[Precedence, Kept] = defaultdict(Kept)
        self.by_window = tuple(Kept() for _ in range(WINDOWS))
        self.lateness = Latencies()
        """How long after it was due each draft left: this program's own doing, if not a gateway's."""
        self.offered = 0
        self.without_occasion = 0
        """Replies that found nothing to answer, and so were never sent."""
        self.accepted = 0
        self.retries = 0
        self.unanswered = 0
        self.refused: Counter[str] = Counter()
        self.copies = 0
        self.delivered = 0
        self.arrived = 0
        self.undelivered: Counter[str] = Counter()
        """Copies that their author's gateway says were refused or withheld, by reason."""
        self.duplicates = 0

    @property
    def under_way(self) -> int:
        """Drafts that wait for an answer."""
        answered = self.accepted + sum(self.refused.values()) + self.unanswered
        return self.offered - answered

    @property
    def backlog(self) -> int:
        """Copies accepted whose receipt is not back."""
        return self.copies - self.delivered

    @property
    def settled(self) -> bool:
        """Whether nothing is awaited any more."""
        return not self.under_way and not self.backlog and self.arrived == self.copies

    @property
    def strays(self) -> int:
        """Arrivals of messages that no answer told of: somebody got what was never accepted, or twice so."""
        return sum(map(len, self._early_arrivals.values()))

    @property
    def lost(self) -> int:
        """Accepted copies that did not reach their inbox, so far."""
        return self.copies - self.arrived

    def accept(
        self,
        *,
        publication_id: str,
        identity: Identity,
        recipients: Sequence[str],
        precedence: Precedence,
        due: float,
        at: float,
    ) -> None:
        """A draft was accepted; the answer was read at ``at``."""
        window = min(WINDOWS - 1, int(WINDOWS * due / self._seconds))
        copies = sum(self._bits[nation] for nation in recipients)
        message = _Message(precedence, window, at, copies)
        self._publications[publication_id] = message
        self._messages[identity] = message
        self.accepted += 1
        self.copies += len(recipients)
        for kept in (self.by_precedence[precedence], self.by_window[window]):
            kept.acceptance.add(at - due)
        for nation, seen in self._early_receipts.pop(publication_id, ()):
            self.receipt(publication_id, nation, seen)
        for nation in self._early_arrivals.pop(identity, ()):
            self.arrive(nation, identity)

    def receipt(self, publication_id: str, nation: str, at: float) -> None:
        """The recipient's signed receipt of its copy is back; its later states change nothing."""
        message = self._publications.get(publication_id)
        if message is None:
            self._early_receipts[publication_id].append((nation, at))
            return
        bit = self._bits[nation] & message.copies & ~message.receipted
        if bit:
            message.receipted |= bit
            self.delivered += 1
            for kept in (self.by_precedence[message.precedence], self.by_window[message.window]):
                kept.delivery.add(max(0.0, at - message.accepted_at))

    def fail(self, publication_id: str, reason: str) -> None:
        """A copy will not be delivered, its author's gateway says."""
        if publication_id in self._publications:
            self.undelivered[reason] += 1

    def arrive(self, nation: str, identity: Identity) -> None:
        """A message of this load stands in the nation's inbox."""
        message = self._messages.get(identity)
        if message is None:
            self._early_arrivals[identity].append(nation)
            return
        bit = self._bits[nation]
        if message.arrived & bit or not message.copies & bit:
            self.duplicates += 1
        else:
            message.arrived |= bit
            self.arrived += 1
