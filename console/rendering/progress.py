"""How far each recipient of our message is: three steps, a state, a time taken, what is overdue. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.rendering.reading import moment

_STEPS = {"sent": 1, "delivered": 2, "read": 2, "acknowledged": 3, "actioned": 3}
_TONES = {"delivered": "reached", "read": "reached", "acknowledged": "done", "actioned": "done"}


@dataclass(frozen=True, slots=True)
class Signed:
    """One state that the recipient's gateway signed. ``seconds`` after the message was accepted."""

    status: str
    at: datetime
    recorded_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Recipient:
    """One nation's copy. ``steps`` of three are done; ``tone`` says how it is coloured."""

    nation: str
    role: str
    state: str
    steps: int
    tone: str
    reason: str | None
    version: int
    message_id: str
    seconds: float | None
    signed: tuple[Signed, ...]
    sent_at: datetime | None
    deliver_by: datetime | None
    acknowledge_by: datetime | None
    overdue: tuple[str, ...]
    overdue_since: datetime | None
    attempts: int
    cancelled_at: datetime | None
    cancellation: str | None


def recipients(publication: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """Everybody who has, or is to have, a copy: those for action first, then by code."""
    accepted = moment(publication.get("accepted_at"))
    roles = {row["nation"]: row.get("addressed", "none") for row in publication.get("decisions") or ()}
    found = [_recipient(each, roles, accepted) for each in publication.get("deliveries") or ()]
    order = {"action": 0, "info": 1}
    return tuple(sorted(found, key=lambda each: (order.get(each.role, 2), each.nation)))


def _recipient(each: Mapping[str, Any], roles: Mapping[str, str], accepted: datetime | None) -> Recipient:
    state = str(each["state"])
    signed = tuple(_signed(receipt, accepted) for receipt in each.get("receipts") or ())
    overdue = tuple(each.get("overdue") or ())
    tone = _TONES.get(state, "waiting")
    if state == "refused" or overdue:
        tone = "overdue"
    elif state == "withheld":
        tone = "withheld"
    return Recipient(
        nation=str(each["nation"]),
        role=roles.get(each["nation"], "none"),
        state=state,
        steps=max((_STEPS.get(word, 0) for word in (state, *(one.status for one in signed))), default=0),
        tone=tone,
        reason=each.get("reason"),
        version=int(each.get("version") or 0),
        message_id=str(each.get("message_id") or ""),
        seconds=signed[-1].seconds if signed else None,
        signed=signed,
        sent_at=moment(each.get("sent_at")),
        deliver_by=moment(each.get("deliver_by")),
        acknowledge_by=moment(each.get("acknowledge_by")),
        overdue=overdue,
        overdue_since=moment(each.get("overdue_since")),
        attempts=int(each.get("attempts") or 0),
        cancelled_at=moment(each.get("cancelled_at")),
        cancellation=each.get("cancellation"),
    )


def _signed(receipt: Mapping[str, Any], accepted: datetime | None) -> Signed:
    at, recorded = moment(receipt.get("at")), moment(receipt.get("recorded_at"))
    assert at is not None
    assert recorded is not None
    seconds = (recorded - accepted).total_seconds() if accepted is not None else 0.0
    return Signed(str(receipt["status"]), at, recorded, max(0.0, seconds))


def acknowledged(all_recipients: tuple[Recipient, ...]) -> int:
    """How many have acknowledged."""
    return sum(each.steps == 3 for each in all_recipients)
