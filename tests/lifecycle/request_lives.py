"""What questions between nations looked like from outside, and the machine's hands to ask and answer them.

Where a question ends is said here without `bus.protocol.requests`: who acts, in what order, and when.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime

from bus.store import inbox
from bus.store.inbox import InboxMessage
from gateways.publishing.accepted import Accepted
from gateways.publishing.answering import draft_answering
from schemas.base import rfc3339
from schemas.header import Kind, Relation
from tests.faults.small_world import SmallGateway
from tests.flows.request_world import ANSWERS, question
from tests.flows.world import draft

AFTER = {
    "ACCEPTED": ("DECLINED", "REDIRECTED", "PARTIALLY_ANSWERED", "ANSWERED"),
    "DECLINED": ("ACCEPTED", "REDIRECTED", "PARTIALLY_ANSWERED", "ANSWERED"),
    "REDIRECTED": ("ACCEPTED", "DECLINED", "PARTIALLY_ANSWERED", "ANSWERED"),
    "PARTIALLY_ANSWERED": ("PARTIALLY_ANSWERED", "ANSWERED"),
    "ANSWERED": ("ANSWERED",),
}
"""What a nation may still say after what it said last (docs/lifecycle.md)."""
LASTING = {"ANSWERED", "DECLINED", "REDIRECTED"}
"""What does not expire."""


@dataclass
class Asked:
    """One nation that was asked, by what it did."""

    said: list[str] = field(default_factory=list)
    """Its responses, the last one counts."""
    acknowledged: bool = False
    ended: str | None = None
    """By the asker: what became of it."""

    def stands(self, *, expired: bool) -> str:
        """Where it must stand once both sides know everything."""
        if self.ended is not None:
            return self.ended
        last = self.said[-1] if self.said else None
        if expired and last not in LASTING:
            return "EXPIRED"
        return last or ("ACKNOWLEDGED" if self.acknowledged else "SUBMITTED")


@dataclass
class Question:
    """A request as its author knows it."""

    title: str
    asker: str
    accepted: Accepted
    ltiov: datetime
    asked: dict[str, Asked]


def ask(gateway: SmallGateway, nations: list[str], title: str, ltiov: datetime) -> Question:
    body = question(rfi_id=title, ltiov=rfc3339(ltiov))
    raw = draft(nations, header={"kind": "information_request"}, body=body, subject=title)
    accepted = gateway.publish(raw)
    return Question(title, gateway.nation, accepted, ltiov, {nation: Asked() for nation in nations})


def answer(gateway: SmallGateway, of: InboxMessage, rfi_id: str, state: str, other: str) -> Accepted:
    """``other``: where to turn instead. Raises DraftRefused."""
    body = {"rfi_id": rfi_id, "state": state, **ANSWERS[state]}
    if state == "REDIRECTED":
        body["redirect_to"] = other
    raw = draft_answering(
        of,
        json.dumps(body).encode(),
        kind=Kind.INFORMATION_RESPONSE,
        relation=Relation.REPLIES,
        subject=state,
    )
    return gateway.publish(raw)


def requests_in(gateway: SmallGateway) -> list[InboxMessage]:
    return list(inbox.list_after(gateway.store.connection, kinds=(Kind.INFORMATION_REQUEST,), limit=10**6))
