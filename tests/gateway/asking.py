"""Asking a partner over HTTP, acting on what was asked, waiting for where it stands."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from tests.gateway.drafts import CANARY, draft, soon
from tests.gateway.running import WAIT, Gateway, last_seq

Json = dict[str, Any]


def ask(xaa: Gateway, xbb: Gateway, **body: Any) -> str:
    """XAA asks XBB; the id of the request's message, once XBB has it."""
    after = last_seq(xbb)
    made = draft("information_request")
    made["body"] |= {
        "title": f"{CANARY} title",
        "ltiov": soon(hours=5),
        "answer_requested_by": soon(hours=3),
        "release_needed_to": [],
        **body,
    }
    answer = xaa.publish(made)
    assert answer.status_code == 201, answer.text
    message_id: str = answer.json()["message_id"]
    xbb.wait_messages(after, [message_id])
    return message_id


def shown(gateway: Gateway, message_id: str, key: str | None = None) -> Json:
    answer = gateway.get(f"/v1/requests/{message_id}", key)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def act(gateway: Gateway, message_id: str, what: str, body: Any, key: str | None = None) -> httpx.Response:
    return gateway.post(f"/v1/requests/{message_id}/{what}", body, key, Idempotency_Key=str(uuid4()))


def wait_state(gateway: Gateway, message_id: str, state: str) -> Json:
    """The request, once it stands there with some nation."""

    async def look(seen: int) -> int:
        async with asyncio.timeout(WAIT):
            return await gateway.runtime.context.events.wait_beyond(seen)

    seen = 0
    while True:
        found = shown(gateway, message_id)
        if state in [party["state"] for party in found["parties"]]:
            return found
        seen = gateway._loop.call(look(seen))
