"""What the forms of a message's page send to the gateway: fields into the bodies of its API. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from console.forms.moments import read_moment
from console.gateway import Refused

RECALL_WORD = "RECALL"
"""Typed to confirm a recall, in every language."""
LONGEST = 4000

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Refusal:
    """Why an act was not done. Without ``problem`` the console itself says no by ``code``."""

    act: str
    code: str
    problem: Refused | None = None

    @property
    def pointer(self) -> str:
        """The member that the gateway complains of; empty for none."""
        return (self.problem.pointer or "") if self.problem is not None else ""


def zulu(text: str) -> str | None:
    """A form's time, which is Zulu, as RFC 3339; None for none. What is no time is left as it is."""
    return (read_moment(text) or text) if text else None


def acknowledgement(fields: Fields, officer_role: str, now: datetime) -> dict[str, Any]:
    """The body of an acknowledgement. What the form leaves out says the least: read, and noted."""
    remarks = fields.get("remarks", "").strip()
    return {
        "level": fields.get("level") or "READ",
        "outcome": fields.get("outcome") or "NOTED",
        "officer_role": (fields.get("officer_role") or officer_role).strip(),
        # Cut, never rounded: it must not lie after the gateway's own clock.
        "acknowledged_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        **({"remarks": remarks} if remarks else {}),
    }


def says_least(acknowledgement: Mapping[str, Any]) -> bool:
    """Whether it says no more than any acknowledgement: after one it would be a message for nothing."""
    told = (acknowledgement["level"], acknowledgement["outcome"], acknowledgement.get("remarks"))
    return told == ("READ", "NOTED", None)


def request_act(name: str, fields: Fields) -> dict[str, Any]:
    """The body of an act on an information request: what was filled in."""
    taken: Mapping[str, tuple[str, ...]] = {
        "accept": ("further_answer_by", "responding_office"),
        "decline": ("decline_code", "responding_office"),
        "redirect": ("redirect_to", "responding_office"),
        "close": ("outcome", "nation"),
        "assignment": ("assignee", "due_at"),
        "notes": ("text",),
    }
    body: dict[str, Any] = {}
    for member in taken[name]:
        given = fields.get(member, "").strip()
        if given and member in ("further_answer_by", "due_at"):
            body[member] = zulu(given)
        elif given:
            body[member] = given.upper() if member in ("redirect_to", "nation") else given
    return body


def recall(fields: Fields) -> dict[str, Any]:
    """The body of a recall."""
    return {"reason": fields.get("reason") or "UNSPECIFIED", "history": fields.get("history") == "on"}


def recall_confirmed(fields: Fields) -> bool:
    """Whether the word was typed."""
    return fields.get("typed", "").strip().upper() == RECALL_WORD


def fields_of(form: Mapping[str, Any]) -> dict[str, str]:
    """A form's texts; files and what is longer than anything that is asked for are left out."""
    return {name: value for name, value in form.items() if isinstance(value, str) and len(value) <= LONGEST}
