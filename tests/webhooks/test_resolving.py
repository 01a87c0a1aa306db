"""A name that is looked up takes its room only as long as somebody looks."""

import asyncio
import threading
from typing import Any, NoReturn

import pytest

from gateways.webhooks.resolving import THREADS, SystemResolver
from tests.broker_fixtures import WAIT


async def refused(match: str) -> None:
    """Look up more names than there are threads."""
    resolver = SystemResolver()
    for _ in range(THREADS + 1):
        with pytest.raises(OSError, match=match):
            await asyncio.wait_for(resolver("receiver.example", 443), WAIT)


async def test_a_fault_in_looking_up_a_name_keeps_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: Any, **__: Any) -> NoReturn:
        raise ValueError("a fault of ours")

    monkeypatch.setattr("socket.getaddrinfo", fails)
    await refused("not a name")


async def test_a_thread_that_does_not_start_keeps_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fails)
    await refused("no thread")
