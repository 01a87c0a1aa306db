"""Starting and stopping a gateway as its own process: fast, clean, small; open streams delay nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from gateways.http.app import create_app
from gateways.settings import Settings
from tests.gateway.drafts import changed, draft
from tests.gateway.running import NO_BROKER, WAIT, World

SOON = 30.0
"""Seconds in which a gateway has ended: half of what could delay it in the tests about that."""

PROGRAM = """
import sys
from gateways.http.server import serve
from gateways.settings import Settings
serve(Settings(), ready=lambda url: print(url, flush=True))
"""


@contextmanager
def process(world: World, state: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A gateway process and its address; "" when it ended without listening."""
    given = world.settings("XCC", state, nats_url=NO_BROKER).model_dump(exclude_none=True) | settings
    environment = {f"ENTENTE_GATEWAY_{name.upper()}": str(value) for name, value in given.items()}
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    try:
        yield running, running.stdout.readline().strip()
    finally:
        running.kill()
        running.communicate(timeout=WAIT)


def a_key(world: World, state: str) -> str:
    """A key in the store of a gateway that is started later."""
    with world.gateway("XCC", state, nats_url=NO_BROKER) as running:
        return running.key


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT, as Ctrl-C"])
def test_an_open_stream_does_not_delay_the_end(world: World, sign: signal.Signals) -> None:
    headers = {"X-API-Key": a_key(world, "stopping")}
    ended = threading.Event()
    # What could delay the end lasts longer than the test waits for it.
    patient = process(world, "stopping", shutdown_seconds="60", stream_keep_alive_seconds="60")
    with patient as (running, url), httpx.Client(trust_env=False, timeout=WAIT) as client:
        opened = threading.Barrier(4)

        def follow() -> None:
            with client.stream("GET", f"{url}/v1/inbox/stream", headers=headers) as response:
                lines = response.iter_lines()
                next(lines)
                opened.wait(WAIT)
                for _ in lines:
                    pass
            ended.set()

        followers = [threading.Thread(target=follow) for _ in range(3)]
        for follower in followers:
            follower.start()
        opened.wait(WAIT)
        running.send_signal(sign)
        assert running.wait(SOON) == 0
        for follower in followers:
            follower.join(WAIT)
        assert ended.is_set(), "the stream ended as a stream does, not torn off"


def test_a_request_in_progress_does_not_delay_the_end_for_long(world: World) -> None:
    key = a_key(world, "dripping")
    with process(world, "dripping", shutdown_seconds="1", body_timeout_seconds="60") as (running, url):
        host, port = url.removeprefix("http://").split(":")
        import socket

        with socket.create_connection((host, int(port)), WAIT) as client:
            client.sendall(
                b"POST /v1/messages HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                b"Expect: 100-continue\r\nX-API-Key: " + key.encode() + b"\r\nContent-Length: 100\r\n\r\n"
            )
            assert b"100 Continue" in client.recv(1000)
            running.terminate()
            assert running.wait(SOON) == 0


def test_a_gateway_at_work_stays_small_and_logs_json(world: World) -> None:
    key = a_key(world, "small")
    with process(world, "small") as (running, url):
        with httpx.Client(base_url=url, trust_env=False, timeout=WAIT) as client:
            body = changed(draft(action_addressees=["XAA"]), "label", "releasable_to", to=["XAA"])
            for _ in range(300):
                assert client.post("/v1/messages", json=body, headers={"X-API-Key": key}).status_code == 201
        status = Path(f"/proc/{running.pid}/status").read_text()
        [peak] = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
        assert peak < 120 * 1024, f"{peak} kB"
        running.terminate()
        _, logged = running.communicate(timeout=WAIT)
    lines = [json.loads(line) for line in logged.splitlines()]
    assert {line["nation"] for line in lines} == {"XCC"}
    assert "gateway.listening" in {line["event"] for line in lines}


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        pytest.param("keys_file", "/nonexistent", "KeyFileError", id="no key file"),
        pytest.param("trust_dir", "/nonexistent", "TrustBundleError", id="no trust documents"),
        pytest.param("realm", "sha256:" + "0" * 64, "WrongKeysError", id="keys of another realm"),
        pytest.param("nation", "XAA", "WrongKeysError", id="keys of another nation"),
    ],
)
async def test_a_gateway_that_cannot_start_says_why(world: World, name: str, value: str, fault: str) -> None:
    right = world.settings("XCC", "wrong", nats_url=NO_BROKER)
    app = create_app(Settings(**right.model_dump() | {name: value}))
    with capture_logs() as logged, pytest.raises(Exception) as raised:
        async with app.router.lifespan_context(app):
            pass
    assert type(raised.value).__name__ == fault
    [line] = logged
    assert (line["event"], line["fault"]) == ("gateway.cannot-start", fault)


def test_a_gateway_that_cannot_start_fails_with_that_one_line(world: World) -> None:
    with process(world, "wrong", keys_file="/nonexistent") as (running, url):
        assert url == ""
        _, logged = running.communicate(timeout=WAIT)
        assert running.returncode == 3
    [line] = [json.loads(line) for line in logged.splitlines()]
    assert (line["event"], line["fault"]) == ("gateway.cannot-start", "KeyFileError")


def test_without_tls_only_loopback_is_listened_on(world: World) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "gateway.example"):
        with pytest.raises(ValueError, match="do not travel in the clear"):
            world.settings("XCC", host=host)
    assert world.settings("XCC", host="0.0.0.0", plain_http_beyond_loopback=True)
    for host in ("127.0.0.1", "::1", "localhost"):
        assert world.settings("XCC", host=host)


def test_every_setting_is_described(world: World) -> None:
    for name, field in type(world.settings("XCC")).model_fields.items():
        assert field.description, name
