"""How much we answer to what a partner says: what waits for it already counts, whatever holds it up."""

from dataclasses import dataclass

from bus.store import backlog
from bus.store.writer import Transaction

ANSWERS_WAITING = 1024
"""Control deliveries that wait for one partner beyond which its words are not answered: it asks again."""


@dataclass
class AnswerRoom:
    """Room for answers to one partner, within one transaction."""

    tx: Transaction
    partner: str
    queue: int
    """How much may wait in all; no partner's answers take more than a twentieth of it, or one."""
    _left: int | None = None

    def take(self) -> bool:
        """Whether another answer may be queued; it is counted."""
        if self._left is None:
            most = max(1, min(ANSWERS_WAITING, self.queue // 20))
            self._left = most - backlog.control_queued(self.tx, self.partner, most)
        if self._left <= 0:
            return False
        self._left -= 1
        return True
