"""Requests in columns by state; in each what is due first stands first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from console.times import moment

COLUMNS: dict[str, tuple[str, ...]] = {
    "submitted": ("SUBMITTED",),
    "acknowledged": ("ACKNOWLEDGED",),
    "accepted": ("ACCEPTED",),
    "partly": ("PARTIALLY_ANSWERED",),
    "answered": ("ANSWERED",),
    "turned": ("DECLINED", "REDIRECTED"),
}
ENDED = {"ended": ("CLOSED", "CANCELLED", "EXPIRED")}
OWED = frozenset({"SUBMITTED", "ACKNOWLEDGED", "ACCEPTED", "PARTIALLY_ANSWERED"})
"""States in which an answer is still owed."""
SOON = timedelta(hours=2)


@dataclass(frozen=True)
class Due:
    """By when somebody should act: ``what`` is due (our own plan), answer or ltiov."""

    what: str
    at: datetime
    level: str
    """quiet, warn (soon) or bad (overdue)."""


@dataclass(frozen=True)
class Card:
    """One request on the board."""

    request: Mapping[str, Any]
    due: Due
    ltiov: datetime
    partners: tuple[Mapping[str, Any], ...]
    """Of ours: every nation asked, with where it stands there."""

    @property
    def overdue(self) -> bool:
        """Whether its time has passed."""
        return self.due.level == "bad"

    @property
    def leads_to(self) -> str:
        """The message's page, where everything is done."""
        publication = self.request.get("publication_id")
        return f"/messages/out/{publication}" if publication else f"/messages/in/{self.request['message_id']}"


def card(request: Mapping[str, Any], now: datetime) -> Card:
    """A request of ``GET /v1/requests``."""
    parties = request["parties"] if request["role"] == "asking" else ()
    return Card(request, due_of(request, now), moment(request["ltiov"]), tuple(parties))


def due_of(request: Mapping[str, Any], now: datetime) -> Due:
    """Our own plan first, else when an answer is wanted, else its latest time of value."""
    names = (("due", "due_at"), ("answer", "answer_requested_by"), ("ltiov", "ltiov"))
    what, at = next((what, moment(request[name])) for what, name in names if request.get(name))
    passed = min(at, moment(request["ltiov"]))
    if request["state"] not in OWED:
        level = "quiet"
    elif passed <= now:
        level = "bad"
    else:
        level = "warn" if passed - now <= SOON else "quiet"
    return Due(what, at, level)


def columns(requests: Iterable[Mapping[str, Any]], now: datetime, *, ended: bool) -> dict[str, list[Card]]:
    """Every column, what is due first standing first. ``ended`` adds what is over, newest first."""
    shown = COLUMNS | (ENDED if ended else {})
    place = {state: name for name, states in shown.items() for state in states}
    found: dict[str, list[Card]] = {name: [] for name in shown}
    for request in requests:
        name = place.get(str(request["state"]))
        if name is not None:
            found[name].append(card(request, now))
    for name, cards in found.items():
        if name == "ended":
            cards.sort(key=lambda each: each.request["issued_at"], reverse=True)
        else:
            cards.sort(key=lambda each: (not each.overdue, each.due.at, each.request["message_id"]))
    return found


def states_of(*, ended: bool) -> list[str]:
    """States to ask the gateway for."""
    return [state for states in (COLUMNS | (ENDED if ended else {})).values() for state in states]
