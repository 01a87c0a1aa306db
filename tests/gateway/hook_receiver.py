"""A partner system that takes webhooks: verifies each by the words of the specification, and remembers it."""

import base64
import hmac
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.gateway.running import WAIT

Json = dict[str, Any]


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
