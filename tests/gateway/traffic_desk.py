"""Operators who look at the traffic of running gateways, and messages for them to find."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.gateway.drafts import draft
from tests.gateway.inbox_stream import in_time
from tests.gateway.running import Gateway, last_seq

Json = dict[str, Any]
Who = dict[str, str]


def get(gateway: Gateway, who: Who, path: str, **params: Any) -> httpx.Response:
    return gateway.client.get(path, params=params, headers=who)


def found(gateway: Gateway, who: Who, q: str = "", **params: Any) -> list[Json]:
    """The rows that a search finds."""
    answer = get(gateway, who, "/v1/traffic", q=q, **params)
    assert answer.status_code == 200, answer.text
    rows: list[Json] = answer.json()["rows"]
    return rows


def ids(rows: list[Json]) -> list[str]:
    return [row["message_id"] for row in rows]


def publish(gateway: Gateway, *, to: str = "XBB", label: Json | None = None, **header: Any) -> Json:
    """Accepted by this gateway, for `to` and XCC."""
    made = draft(**{"action_addressees": [to], **header})
    made["label"]["releasable_to"] = sorted({to, "XCC"})
    made["label"] |= label or {}
    answer = gateway.client.post("/v1/messages", json=made, headers=gateway.auth)
    assert answer.status_code == 201, answer.text
    accepted: Json = answer.json()
    return accepted


def received(xaa: Gateway, xbb: Gateway, **header: Any) -> Json:
    """Sent by XBB, and in XAA's inbox."""
    after = last_seq(xaa)
    sent = publish(xbb, to="XAA", **header)
    xaa.wait_messages(after, [sent["message_id"]])
    return sent


@contextmanager
def following(gateway: Gateway, who: Who, q: str = "", **params: Any) -> Iterator[Iterator[str]]:
    """The lines of an open stream of the traffic."""
    headers = who | params.pop("headers", {})
    with gateway.client.stream(
        "GET", "/v1/traffic/stream", params={"q": q, **params}, headers=headers, timeout=12
    ) as response:
        assert response.status_code == 200, response.read()
        yield in_time(response.iter_lines())


def told(lines: Iterator[str]) -> Iterator[tuple[str, Json]]:
    """Events of the stream: name and data."""
    name, data = "", ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data += value
        elif line == "" and data:
            yield name, json.loads(data)
            name, data = "", ""


def batches(lines: Iterator[str]) -> Iterator[Json]:
    """The batches of the stream."""
    return (data for name, data in told(lines) if name == "batch")
