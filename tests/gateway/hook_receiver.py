"""A partner system that takes webhooks: verifies each by the words of the specification, and remembers it."""

import base64
import hmac
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bus.store import events
from bus.store.events import NewEvent
from gateways.http.api_keys import Scope
from schemas.event import EventType
from tests.gateway.running import WAIT, Gateway

Json = dict[str, Any]
FOLLOWS = [Scope.EVENTS_READ, Scope.INBOX_READ, Scope.WEBHOOKS_WRITE, Scope.TRUST_READ]


class HookReceiver:
    """Answers with ``status``; what it got and took for genuine is in ``posts``."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/events"
        self.status = 204
        self.secrets: list[str] = []
        self.posts: queue.SimpleQueue[tuple[dict[str, str], Json]] = queue.SimpleQueue()
        self.forged = 0

    def next(self, count: int = 1) -> list[Json]:
        """The next CloudEvents, once they are there."""
        return [self.posts.get(timeout=WAIT)[1] for _ in range(count)]

    def verified(self, headers: dict[str, str], body: bytes) -> bool:
        if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
            return False
        signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
        listed = headers["webhook-signature"].split(" ")
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
            if any(hmac.compare_digest(expected, each) for each in listed):
                return True
        return False


@contextmanager
def hook_receiver() -> Iterator[HookReceiver]:
    """A receiver that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if receiver.verified(headers, body):
                receiver.posts.put((headers, json.loads(body)))
            else:
                receiver.forged += 1
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = HookReceiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(WAIT)


def register(gateway: Gateway, receiver: HookReceiver, key: str, **more: Any) -> Json:
    """A webhook, whose secret the receiver then knows."""
    answer = gateway.post("/v1/webhooks", {"url": receiver.url} | more, key)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    receiver.secrets.append(made["secret"])
    return made


def happen(gateway: Gateway, count: int = 1, **changes: Any) -> list[int]:
    """Something happens ``count`` times, at a partner XDD that nobody else speaks of; the events' numbers."""

    def job(tx: Any) -> list[int]:
        at = datetime.now(UTC)
        given = {"type": EventType.PARTNER_HEARD, "nation": "XDD"} | changes
        first = events.latest_seq(tx) + 1
        events.add(tx, [NewEvent(at=at, **given)] * count)
        return list(range(first, first + count))

    return gateway.write(job)


def posted(receiver: HookReceiver, wanted: list[int]) -> list[tuple[dict[str, str], Json]]:
    """The posts of these events once all are there, in the order in which they came."""
    found: list[tuple[dict[str, str], Json]] = []
    while len(found) < len(wanted):
        headers, event = receiver.posts.get(timeout=WAIT)
        if event["data"]["event_seq"] in wanted:
            found.append((headers, event))
    return found


def numbers(found: list[tuple[dict[str, str], Json]]) -> list[int]:
    return [event["data"]["event_seq"] for _, event in found]


def told_of(gateway: Gateway, webhook: Json, position: int) -> list[str]:
    """What the audit log says of a webhook after a position."""
    records = gateway.audit(position)
    return [record["event"] for record in records if record.get("webhook") == webhook["webhook_id"]]
