"""A partner system's receiver of webhooks: takes each post, verifies it as the gateway's documents say."""

import asyncio
import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

LONGEST_BODY = 4 * 1024 * 1024
ANSWER = b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Post:
    """A post that was taken: the event, and whether its signature is by the secret that was given."""

    event: Mapping[str, Any]
    genuine: bool


class WebhookReceiver:
    """Listens on this machine until it is closed; ``posts`` are in the order in which they came."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.secret = ""
        self._server: asyncio.Server | None = None

    @classmethod
    async def listening(cls) -> Self:
        """A receiver with a port of its own."""
        receiver = cls()
        receiver._server = await asyncio.start_server(receiver._take, "127.0.0.1", 0, limit=LONGEST_BODY)
        return receiver

    @property
    def url(self) -> str:
        """Where to post."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/events"

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = (line.partition(":") for line in head[1:])
            headers = {name.lower(): value.strip() for name, _, value in named}
            body = await reader.readexactly(int(headers["content-length"]))
            self.posts.append(Post(json.loads(body), self._genuine(headers, body)))
            writer.write(ANSWER % b"204 No Content")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, KeyError, ValueError):
            writer.write(ANSWER % b"400 Bad Request")
        finally:
            writer.close()

    def _genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        named = (headers.get(f"webhook-{part}", "").encode() for part in ("id", "timestamp"))
        signed = b".".join((*named, body))
        expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        given = headers.get("webhook-signature", "").split(" ")
        return any(hmac.compare_digest(expected, each) for each in given)
