"""Answers of a gateway that would take long to bring about, in the place of its own for some addresses."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from console.gateway import Refused, SeatGateway
from tests.console.seeding import example

MESSAGE_ID = "01a20376-0000-7000-8000-00000000beef"
PUBLICATION_ID = "01a20376-0000-7000-8000-00000000cafe"
DIGEST = "sha256:" + "ab" * 32
Answers = dict[str, Any]
Answering = Callable[[Answers], None]


def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Gives answers for some addresses of the gateway; an exception among them is raised."""

    def give(answers: Answers) -> None:
        original = SeatGateway.get

        async def get(self: SeatGateway, path: str, params: Any = None, **options: Any) -> Any:
            if path not in answers:
                return await original(self, path, params, **options)
            answer = answers[path]
            if isinstance(answer, Exception):
                raise answer
            return copy.deepcopy(answer)

        monkeypatch.setattr(SeatGateway, "get", get)

    return give


def no(code: str, status: int = 404) -> Refused:
    """A refusal."""
    return Refused(status, {"code": code, "title": code, "detail": ""})


def message(kind: str, **header: Any) -> dict[str, Any]:
    """A whole message of a kind, as it travels."""
    made = example(kind)
    made["header"] |= {
        "message_id": MESSAGE_ID,
        "originator": "XBB",
        "issued_at": "2026-11-22T10:00:00Z",
        "mode": "EXERCISE",
        "exercise_id": "NORTHERN LANTERN 26",
        **header,
    }
    made["label"] |= {"releasable_to": ["XAA"], "release_set": ["XAA"]}
    return made


def entry(kind: str = "threat_alert", whole: dict[str, Any] | None = None, **changes: Any) -> Answers:
    """The answers for a received message: an inbox entry, and no row of the traffic."""
    content = whole or message(kind)
    header = content["header"]
    made = {
        "inbox_seq": 1,
        "originator": "XBB",
        "message_id": MESSAGE_ID,
        "digest": DIGEST,
        "kind": kind,
        "mode": header["mode"],
        "exercise_id": header.get("exercise_id"),
        "precedence": header["precedence"],
        "lane": "normal",
        "lane_epoch": 1,
        "serial": 7,
        "handling": "RELEASE",
        "trust_version": 1,
        "basis": [],
        "sign_kid": "0123456789abcdef0123456789abcdef",
        "issued_at": header["issued_at"],
        "received_at": "2026-11-22T10:00:01Z",
        "late": False,
        "expired": False,
        "expired_on_arrival": False,
        "status": "CURRENT",
        "current": MESSAGE_ID,
        "history": [MESSAGE_ID],
        "marking": "NATO RESTRICTED",
        "message": content,
    }
    made |= changes
    return {f"/v1/inbox/{MESSAGE_ID}": {name: value for name, value in made.items() if value is not None}}
