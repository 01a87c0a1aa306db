"""A client that follows the traffic and reads nothing: cut off in time, others undisturbed."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bus.store import events
from bus.store.events import NewEvent
from gateways.http.http_protocol import LimitedProtocol
from schemas.event import EventType
from schemas.operator import Role
from tests.gateway.operator_desk import as_, hire, sign_in
from tests.gateway.running import NO_BROKER, WAIT, Gateway, World
from tests.gateway.test_slow_clients import SHORT, clients_of, connect
from tests.gateway.traffic_desk import batches, following, get, publish


@pytest.fixture
def impatient(world: World) -> Iterator[Gateway]:
    with world.gateway("XAA", "slow-stream", nats_url=NO_BROKER, write_timeout_seconds=SHORT) as running:
        yield running


def narrow(gateway: Gateway, client: tuple[str, int]) -> None:
    """Leave the system little room for what this client does not read."""
    for connection in list(gateway.server.server_state.connections):
        if isinstance(connection, LimitedProtocol) and connection.client == client:
            connection.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
            )


def test_who_does_not_read_the_stream_is_cut_off_and_misses_nothing(impatient: Gateway) -> None:
    """Rows beyond what any buffer takes: the stream ends, what is in memory for it is one batch."""
    hire(impatient, "slowhand", Role.WATCH_OFFICER)
    who = as_(sign_in(impatient, "slowhand")["access_token"])
    publications = [publish(impatient, subject="S" * 200) for _ in range(20)]
    after = get(impatient, who, "/v1/traffic", limit=1).json()["event_seq"]
    request = (
        f"GET /v1/traffic/stream?after={after} HTTP/1.1\r\nHost: test\r\n"
        f"Authorization: {who['Authorization']}\r\n\r\n"
    ).encode()
    again = [
        NewEvent(EventType.MESSAGE_ACCEPTED, datetime.now(UTC), publication_id=each["publication_id"])
        for each in publications
    ]
    with connect(impatient) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(request)
        assert client.recv(1), "the stream is open"
        narrow(impatient, client.getsockname())
        began = time.monotonic()
        while client.getsockname() in clients_of(impatient):
            impatient.write(lambda tx: events.add(tx, again * 25))
            assert get(impatient, who, "/v1/traffic", limit=1).status_code == 200, "others are not disturbed"
            assert time.monotonic() - began < 4 * WAIT, "a client that reads nothing is followed for ever"
    with following(impatient, who, after=after) as lines:
        first = next(batches(lines))
    assert first["after"] == after, "who comes back misses nothing"
    ids = {each["publication_id"] for each in publications}
    assert {row["publication_id"] for row in first["rows"]} == ids
