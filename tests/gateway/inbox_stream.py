"""A client of the inbox stream whose patience ends: what does not come fails a test instead of hanging it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.gateway.running import Gateway

Json = dict[str, Any]
STREAM_WAIT = 12.0
"""Seconds that a stream is waited for in all: keep-alives come all the time, so silence proves nothing."""


@contextmanager
def stream(gateway: Gateway, key: str | None = None, **options: Any) -> Iterator[Iterator[str]]:
    """The lines of an open inbox stream; AssertionError when they are not read to the end in time."""
    headers = {"Authorization": f"Bearer {key or gateway.key}"} | options.pop("headers", {})
    options["timeout"] = STREAM_WAIT
    with gateway.client.stream("GET", "/v1/inbox/stream", headers=headers, **options) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield in_time(response.iter_lines())


def in_time(lines: Iterator[str]) -> Iterator[str]:
    """The lines; AssertionError when waiting for them has taken too long."""
    deadline = time.monotonic() + STREAM_WAIT
    try:
        for line in lines:
            assert time.monotonic() < deadline, "what was waited for did not come on the stream"
            yield line
    except httpx.ReadTimeout:
        raise AssertionError("what was waited for did not come on the stream") from None


def events(lines: Iterator[str], count: int) -> list[tuple[int, Json]]:
    """The next events: id and data. AssertionError when the stream ends or is too slow."""
    found: list[tuple[int, Json]] = []
    number, data = 0, ""
    while len(found) < count:
        line = next(lines, None)
        assert line is not None, "the stream ended"
        name, _, value = line.partition(": ")
        if name == "id":
            number = int(value)
        elif name == "data":
            data += value + "\n"
        elif line == "" and data:
            found.append((number, json.loads(data)))
            data = ""
    return found
