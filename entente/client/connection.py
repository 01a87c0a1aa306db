"""How both clients use httpx."""

import ssl
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from entente.client.answers import Answer
from entente.client.calls import Call

CONNECT = 10.0
SILENCE = 60.0
"""Seconds without even a keep-alive after which a stream's connection is taken for dead."""

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before anything of the request was on its way."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One gateway: address, key and patience (seconds until an answer). Raises ValueError for no address."""

    url: str
    key: str = field(repr=False)
    timeout: float
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if httpx.URL(self.url).scheme not in ("http", "https"):
            raise ValueError("a gateway's address begins with https:// or http://")

    @property
    def options(self) -> dict[str, Any]:
        """For ``httpx.Client``. The key goes nowhere else: no redirects, no proxies from the environment."""
        return {
            "base_url": self.url,
            "headers": {"Authorization": f"Bearer {self.key}", "User-Agent": "entente-client"},
            "timeout": httpx.Timeout(self.timeout, connect=CONNECT),
            "verify": self.tls if self.tls is not None else True,
            "trust_env": False,
            "follow_redirects": False,
        }


def request_of(call: Call[object]) -> dict[str, Any]:
    """For ``httpx.Client.request``."""
    return {
        "method": call.method,
        "url": call.path,
        "params": dict(call.query) or None,
        "headers": dict(call.headers),
        "content": call.body,
    }


def stream_of(call: Call[object]) -> dict[str, Any]:
    """For ``httpx.Client.stream``."""
    return request_of(call) | {"timeout": httpx.Timeout(SILENCE, connect=CONNECT)}


def answer_of(response: httpx.Response) -> Answer:
    """What came, its body having been read."""
    return Answer(response.status_code, response.headers, response.content)


def new_key() -> str:
    """An Idempotency-Key that nobody used before."""
    return str(uuid.uuid4())
