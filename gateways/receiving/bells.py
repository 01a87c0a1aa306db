"""Telling people at once that somebody forges or tampers: an event without content, in bounded numbers.

A bundle costs nothing to send, and whoever runs the hub can put any nation's lane on it. So one event is told
for each nation and reason within a minute, one more with the number when that minute is over, and none at all
while more reasons than `MOST` are open at once: then the audit log alone goes on counting.
"""

from datetime import datetime

from bus.store import events, refusal_windows
from bus.store.events import NewEvent
from bus.store.writer import Transaction
from schemas.event import EventType
from schemas.reasons import ReasonCode as C

RINGS = frozenset(
    {
        *(C.SIGNATURE_INVALID, C.SIGNATURE_MISSING, C.KEY_REVOKED, C.KEY_FOREIGN, C.KEY_WRONG_USE),
        *(C.SUBJECT_MISMATCH, C.DELIVERY_MISMATCH, C.DIGEST_MISMATCH, C.CONTENT_MISMATCH),
        *(C.EQUIVOCATION, C.SERIAL_REUSED, C.ORIGINATOR_SUSPENDED),
    }
)
"""Refusals that say of a bundle that it is not what it claims to be. What is late, unreadable or not released
to us is no alarm: the audit log has it."""
MOST = 20


def may_sum_up(tx: Transaction, closed: int) -> bool:
    """Whether so many windows that just closed are told of: not when those beside them were too many."""
    return refusal_windows.open_now(tx) + closed <= MOST


def ring(tx: Transaction, originator: str | None, reason: C, now: datetime, count: int | None = None) -> None:
    """Tell of a refusal in a window that was just opened, or of the number in one that closed."""
    if reason in RINGS and refusal_windows.open_now(tx) <= MOST:
        told = NewEvent(EventType.BUNDLE_REFUSED, now, nation=originator, reason=reason.value, count=count)
        events.add(tx, (told,))
