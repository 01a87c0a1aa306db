"""What a partner system asks its gateway about the life of messages, beside publishing and reading them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drills.life_injects import ANSWERING
from drills.partner_system import Answer, PartnerSystem, PartnerSystemError
from drills.placeholders import PlayedMessage
from schemas.base import rfc3339

Json = Mapping[str, Any]
_PAGE = 500


async def cancel(partner: PartnerSystem, publication_id: str, reason: str) -> Answer:
    """Cancel a publication of ours."""
    return await partner.hand_in(f"/v1/messages/{publication_id}/cancel", {"reason": reason})


async def recall(partner: PartnerSystem, publication_id: str, reason: str, history: bool) -> Answer:
    """Recall a publication of ours."""
    body = {"reason": reason, "history": history}
    return await partner.hand_in(f"/v1/messages/{publication_id}/recall", body)


async def recall_shown(partner: PartnerSystem, publication_id: str) -> Json:
    """Who was asked to withdraw a publication of ours, and who answered what."""
    return await _found(partner, f"/v1/messages/{publication_id}/recall")


async def acknowledge(
    partner: PartnerSystem,
    message: PlayedMessage,
    acknowledgement: Json,
    key: str | None = None,
    *,
    repeat_key: str | None = None,
    at: datetime | None = None,
) -> Answer:
    """Acknowledge a message of the inbox as of now: level, outcome, officer_role, perhaps remarks."""
    given = {name: value for name, value in acknowledgement.items() if value is not None}
    body = json.dumps(given | {"acknowledged_at": rfc3339(at or datetime.now(UTC))}).encode()
    return await partner.acknowledge(message.message_id, message.originator, body, key, repeat_key)


async def report_read(partner: PartnerSystem, message: PlayedMessage) -> Answer:
    """Say that a person read a message of the inbox."""
    return await partner.hand_in(f"/v1/inbox/{message.message_id}/read", None, _originator(message))


async def entry(partner: PartnerSystem, message: PlayedMessage) -> Json | None:
    """A message of the inbox; None when it is not there."""
    answer = await partner.look(f"/v1/inbox/{message.message_id}", _originator(message))
    return _or_none(partner, answer)


async def publication(partner: PartnerSystem, publication_id: str) -> Json:
    """A publication of ours."""
    return await _found(partner, f"/v1/messages/{publication_id}")


async def overdue_copies(partner: PartnerSystem, publication_id: str) -> tuple[Json, ...]:
    """The copies of a publication of ours with a deadline that passed unmet."""
    asked = {"overdue": "true", "publication_id": publication_id, "limit": str(_PAGE)}
    answer = await partner.look("/v1/receipts", asked)
    return tuple(_or_fail(partner, answer)["items"])


async def events(partner: PartnerSystem, after: int, *types: str) -> tuple[Json, ...]:
    """Everything of these types that the feed tells after a number, in order."""
    found: list[Json] = []
    while True:
        answer = await partner.look("/v1/events", {"type": list(types), "after": after, "limit": _PAGE})
        page = _or_fail(partner, answer)
        found += page["items"]
        if page["next"] == after:
            return tuple(found)
        after = page["next"]


async def step_on_request(
    partner: PartnerSystem, request: PlayedMessage, act: str, body: Mapping[str, str]
) -> Answer:
    """Accept, decline, redirect, close or cancel a request."""
    path = f"/v1/requests/{request.message_id}/{act.lower()}"
    return await partner.hand_in(path, dict(body), _originator(request), once=act in ANSWERING)


async def request_shown(partner: PartnerSystem, request: PlayedMessage) -> Json | None:
    """A request, of ours or asked of us; None when it is not known."""
    answer = await partner.look(f"/v1/requests/{request.message_id}", _originator(request))
    return _or_none(partner, answer)


async def register_webhook(partner: PartnerSystem, url: str, types: tuple[str, ...]) -> Json:
    """Have events posted to an address; with the secret that they are signed by."""
    answer = await partner.hand_in("/v1/webhooks", {"url": url, "types": list(types)})
    return _or_fail(partner, answer)


def _originator(message: PlayedMessage) -> dict[str, str]:
    return {"originator": message.originator}


async def _found(partner: PartnerSystem, path: str) -> Json:
    return _or_fail(partner, await partner.look(path, {}))


def _or_none(partner: PartnerSystem, answer: Answer) -> Json | None:
    return None if answer.status == 404 else _or_fail(partner, answer)


def _or_fail(partner: PartnerSystem, answer: Answer) -> Json:
    if not answer.accepted:
        raise PartnerSystemError(f"{partner.nation}: its gateway answered {answer.status} {answer.code}")
    return answer.body
