"""Clients that drip, stall, flood or speak no HTTP: cut off in time with a problem, others undisturbed."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateways.http.http_protocol import LimitedProtocol
from tests.gateway.drafts import draft, encoded
from tests.gateway.running import NO_BROKER, WAIT, Gateway, World, assert_problem

MIB = 1024 * 1024
SHORT = 0.4
"""The time-outs of the gateway under test, in seconds."""
BY_DEFAULT = 10
"""Seconds within which a gateway that did not heed them would have cut off nobody."""


@pytest.fixture(scope="module")
def impatient(world: World) -> Iterator[Gateway]:
    with world.gateway(
        "XCC",
        "impatient",
        nats_url=NO_BROKER,
        head_timeout_seconds=SHORT,
        body_timeout_seconds=SHORT,
        write_timeout_seconds=SHORT,
        max_connections=8,
    ) as running:
        yield running


def connect(gateway: Gateway) -> socket.socket:
    host, port = gateway.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), WAIT)


def clients_of(gateway: Gateway) -> set[tuple[str, int] | None]:
    """Addresses of the clients that are connected now."""
    connections = list(gateway.server.server_state.connections)
    return {connection.client for connection in connections if isinstance(connection, LimitedProtocol)}


def head(gateway: Gateway, length: int) -> bytes:
    return (
        "POST /v1/messages HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {gateway.key}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def answer_of(client: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and problem; returns when the gateway closed the connection, which it must."""
    data = b""
    while part := client.recv(65536):
        data += part
    start, _, body = data.partition(b"\r\n\r\n")
    assert b"application/problem+json" in start
    return int(start.split(b" ")[1]), json.loads(body)


def test_a_client_that_drips_its_body_is_cut_off(impatient: Gateway) -> None:
    position, body = impatient.audit_position(), encoded(draft())
    with connect(impatient) as client:
        began = time.monotonic()
        client.sendall(head(impatient, len(body)) + body[: len(body) // 2])
        status, problem = answer_of(client)
    assert (status, problem["code"]) == (408, "BODY_TOO_SLOW")
    assert SHORT / 2 < time.monotonic() - began < BY_DEFAULT
    assert impatient.publications() == 0
    assert impatient.refusals(position) == [("publication.refused", "BODY_TOO_SLOW")]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"P", id="one byte"),
        pytest.param(b"POST /v1/messages HTTP/1.1\r\nHost: te", id="half a head"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\nGET /hea", id="half of a second head"),
    ],
)
def test_a_client_that_does_not_finish_its_head_is_cut_off(impatient: Gateway, sent: bytes) -> None:
    with connect(impatient) as client:
        client.sendall(sent)
        began, data = time.monotonic(), b""
        while part := client.recv(65536):
            data += part
    assert time.monotonic() - began < BY_DEFAULT
    assert b" 408 " in data
    assert b"BODY_TOO_SLOW" in data
    assert (b" 200 " in data) == (b"healthz" in sent)


def test_a_client_that_does_not_read_its_answers_is_cut_off(impatient: Gateway) -> None:
    """Many requests at once, far more of an answer than any buffer between us takes, and nothing is read."""
    answer = impatient.get("/openapi.json")
    assert answer.status_code == 200
    request = b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n"
    count = 32 * MIB // len(answer.content)
    with connect(impatient) as client:
        client.sendall(request)
        assert client.recv(1), "the gateway took the connection"
        began = time.monotonic()
        client.sendall(request * count)
        while client.getsockname() in clients_of(impatient):
            # It is the gateway that is asked: a client that reads nothing does not see the end, either.
            assert impatient.get("/healthz").status_code == 200, "others are not disturbed"
            assert time.monotonic() - began < BY_DEFAULT, "a client that reads nothing is waited for"
        assert time.monotonic() - began > SHORT / 2
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(MIB):
                received += len(part)
    assert received < count * len(answer.content)


def test_a_slow_client_does_not_disturb_others(impatient: Gateway) -> None:
    body = encoded(draft())
    slow = [connect(impatient) for _ in range(4)]
    try:
        for client in slow:
            client.sendall(head(impatient, len(body)) + body[:1])
        assert impatient.get("/v1/messages").status_code == 200
    finally:
        for client in slow:
            client.close()


def test_connections_beyond_the_limit_are_refused(
    impatient: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None of those that are held may be cut off before the last one came.
    monkeypatch.setattr(impatient.server.config.http_protocol_class, "head_timeout", WAIT)
    held = [connect(impatient) for _ in range(8)]
    try:
        with connect(impatient) as one_more:
            status, problem = answer_of(one_more)
        assert (status, problem["code"]) == (503, "GATEWAY_BUSY")
    finally:
        for client in held:
            client.close()


def test_streams_beyond_the_limit_are_refused(world: World) -> None:
    with world.gateway("XCC", "streams", nats_url=NO_BROKER, max_streams=1) as running:
        with running.client.stream("GET", "/v1/inbox/stream", headers=running.auth) as first:
            assert first.status_code == 200
            answer = running.get("/v1/inbox/stream")
            assert_problem(answer, 503, "GATEWAY_BUSY")
            assert answer.headers["retry-after"] == "5"
        assert running.get("/v1/messages").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS where HTTP is spoken"),
        pytest.param(b"HELO mail.example\r\n\r\n", id="another protocol"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", id="an HTTP that does not exist"),
        pytest.param(
            b"POST /v1/messages HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            id="two lengths, to smuggle a request",
        ),
        pytest.param(
            b"POST /v1/messages HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            id="two different Content-Lengths",
        ),
        pytest.param(b"GET /healthz HTTP/1.1\r\nX: a\x00b\r\n\r\n", id="a NUL in a header"),
    ],
)
def test_what_is_not_http_is_refused(impatient: Gateway, sent: bytes) -> None:
    with connect(impatient) as client:
        client.sendall(sent)
        status, problem = answer_of(client)
    assert (status, problem["code"]) == (400, "HTTP_MALFORMED")


def test_an_endless_head_is_refused(impatient: Gateway) -> None:
    with connect(impatient) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n" + b"X-Long: " + b"a" * 40_000)
        status, problem = answer_of(client)
    assert (status, problem["code"]) == (413, "BODY_TOO_LARGE")


def test_a_refused_body_may_still_be_sent_but_not_for_ever(impatient: Gateway) -> None:
    """The client gets its answer while it is still sending, and is cut off when it goes on dripping."""
    with connect(impatient) as client:
        client.sendall(head(impatient, 10_000_000) + b" " * 300_000)
        began = time.monotonic()
        status, problem = answer_of(client)
    assert (status, problem["code"]) == (413, "BODY_TOO_LARGE")
    assert time.monotonic() - began < BY_DEFAULT
