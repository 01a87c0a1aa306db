"""Port: handing one post to a receiver, and how that fails (``gateways.webhooks.posting`` does it)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from gateways.webhooks.target import Target


class PostFailed(Exception):
    """Nothing was taken. ``fault`` is a code; what a receiver wrote is never repeated."""

    def __init__(self, fault: str, retry_after: timedelta | None = None, *, gone: bool = False) -> None:
        super().__init__(fault)
        self.fault = fault
        self.retry_after = retry_after
        self.gone = gone


class Poster(Protocol):
    """Whoever posts."""

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> None:
        """Return once the receiver took it. Raises PostFailed."""
