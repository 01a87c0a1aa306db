"""Posting to hostile receivers behind hostile name servers: what is reached, read and waited for."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from gateways.webhooks.addresses import TargetPolicy, read_networks
from gateways.webhooks.post import PostFailed
from gateways.webhooks.posting import HttpPoster
from gateways.webhooks.target import read_target
from tests.webhooks.certificates import write_certificate

LOOPBACK = TargetPolicy(read_networks("127.0.0.0/8"), plain_http=True)
BODY = b'{"id":"1"}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Names:
    """A name server under the test's control: each question has the next answer, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Receiver:
    """What a receiver got, and what it answers."""

    def __init__(self, answer: bytes | Answer = OK) -> None:
        self.answer = answer
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            length = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
            self.bodies.append(await reader.readexactly(int(length[0].partition(":")[2])))
            if isinstance(self.answer, bytes):
                writer.write(self.answer)
                await writer.drain()
            else:
                await self.answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def serve(stack: AsyncExitStack, receiver: Receiver, tls: ssl.SSLContext | None = None) -> Receiver:
    server = await asyncio.start_server(receiver, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]

    async def close() -> None:
        server.close()

    stack.push_async_callback(close)
    return receiver


def poster(
    names: Names, policy: TargetPolicy = LOOPBACK, within: float = 20, ca: Path | None = None
) -> HttpPoster:
    return HttpPoster(policy, names, ca, within)


async def fault_of(poster: HttpPoster, url: str) -> PostFailed:
    with pytest.raises(PostFailed) as failed:
        await poster.post(read_target(url), {"webhook-id": "1"}, BODY)
    return failed.value


async def test_a_receiver_gets_the_body_as_it_is_under_its_own_name(stack: AsyncExitStack) -> None:
    receiver = await serve(stack, Receiver())
    names = Names(["127.0.0.1"])
    url = f"http://hooks.example:{receiver.port}/in?a=b"
    await poster(names).post(read_target(url), {"webhook-id": "1", "Content-Type": "x/y"}, BODY)
    assert receiver.bodies == [BODY]
    [head] = receiver.heads
    assert head.startswith("POST /in?a=b HTTP/1.1\r\n")
    lines = head.lower().split("\r\n")
    assert f"host: hooks.example:{receiver.port}" in lines
    assert "webhook-id: 1" in lines
    assert not [line for line in lines if line.startswith(("cookie", "authorization", "accept: "))]
    assert names.asked == [("hooks.example", receiver.port)]


ANSWERS = {
    "an address inside": ["127.0.0.1"],
    "one outside and one inside": ["8.8.8.8", "127.0.0.1"],
    "one inside and one outside": ["10.0.0.1", "8.8.8.8"],
    "a mapped one": ["::ffff:127.0.0.1"],
    "a cloud's metadata": ["169.254.169.254"],
    "nothing": [],
    "no address at all": ["inside.example"],
    "decimal": ["2130706433"],
    "unspecified": ["0.0.0.0"],
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
async def test_a_name_server_cannot_lead_inside(stack: AsyncExitStack, answer: Sequence[str]) -> None:
    receiver = await serve(stack, Receiver())
    failed = await fault_of(poster(Names(answer), TargetPolicy()), f"https://hooks.example:{receiver.port}/")
    assert failed.fault == "NO_PERMITTED_ADDRESS"
    assert receiver.connections == 0


async def test_a_name_server_that_answers_otherwise_the_second_time_is_not_asked_twice(
    stack: AsyncExitStack,
) -> None:
    """Rebinding: what was looked at is what is connected to."""
    receiver = await serve(stack, Receiver())
    outside = TargetPolicy(read_networks("127.0.0.1/32"), plain_http=True)
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    url = f"http://hooks.example:{receiver.port}/"
    await poster(names, outside).post(read_target(url), {}, BODY)
    assert len(names.asked) == 1
    assert (await fault_of(poster(names, outside), url)).fault == "NO_PERMITTED_ADDRESS"
    assert receiver.connections == 1


async def test_a_name_that_is_not_there_looks_like_one_that_leads_inside() -> None:
    class NoName(Names):
        async def __call__(self, host: str, port: int) -> Sequence[str]:
            raise OSError("no such name")

    failed = await fault_of(poster(NoName([])), "https://inside.example/")
    assert failed.fault == "NO_PERMITTED_ADDRESS"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_leads_nowhere(stack: AsyncExitStack, status: int) -> None:
    inner = await serve(stack, Receiver())
    answer = f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:{inner.port}/\r\nContent-Length: 0\r\n\r\n"
    receiver = await serve(stack, Receiver(answer.encode()))
    failed = await fault_of(poster(Names(["127.0.0.1"])), f"http://hooks.example:{receiver.port}/")
    assert failed.fault == f"STATUS_{status}"
    assert inner.connections == 0


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(b"", "CONNECTION_BROKEN", id="no answer"),
        pytest.param(b"220 mail.example ESMTP\r\n", "CONNECTION_BROKEN", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000, "CONNECTION_BROKEN", id="an endless head"),
        pytest.param(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "STATUS_500", id="a fault"),
        pytest.param(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "STATUS_404", id="nobody there"),
        pytest.param(b"HTTP/1.1 103 Early\r\n\r\n", "CONNECTION_BROKEN", id="only hints"),
    ],
)
async def test_what_is_no_success_is_a_failure(stack: AsyncExitStack, answer: bytes, fault: str) -> None:
    receiver = await serve(stack, Receiver(answer))
    failed = await fault_of(poster(Names(["127.0.0.1"])), f"http://hooks.example:{receiver.port}/")
    assert (failed.fault, failed.gone) == (fault, False)


async def test_gone_is_told_apart_and_a_wish_for_time_is_heard(stack: AsyncExitStack) -> None:
    receiver = await serve(stack, Receiver(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"))
    url = f"http://hooks.example:{receiver.port}/"
    assert (await fault_of(poster(Names(["127.0.0.1"])), url)).gone
    receiver.answer = b"HTTP/1.1 429 Later\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n"
    assert (await fault_of(poster(Names(["127.0.0.1"])), url)).retry_after == timedelta(seconds=90)
    receiver.answer = b"HTTP/1.1 429 Later\r\nRetry-After: -1\r\nContent-Length: 0\r\n\r\n"
    assert (await fault_of(poster(Names(["127.0.0.1"])), url)).retry_after is None


async def test_of_an_endless_answer_little_is_read(stack: AsyncExitStack) -> None:
    written = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        while True:
            writer.write(bytes(4096))
            await writer.drain()
            written += 4096

    receiver = await serve(stack, Receiver(endless))
    await poster(Names(["127.0.0.1"])).post(read_target(f"http://hooks.example:{receiver.port}/"), {}, BODY)
    assert written < 64 * 1024 * 1024, "ended by us, not by the receiver"


async def test_a_receiver_that_never_answers_is_not_waited_for(stack: AsyncExitStack) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    receiver = await serve(stack, Receiver(silent))
    failed = await fault_of(
        poster(Names(["127.0.0.1"]), within=0.2), f"http://hooks.example:{receiver.port}/"
    )
    assert failed.fault == "TIMED_OUT"


async def test_a_receiver_that_drips_its_answer_is_not_waited_for(stack: AsyncExitStack) -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Drip: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    receiver = await serve(stack, Receiver(dripping))
    failed = await fault_of(
        poster(Names(["127.0.0.1"]), within=0.3), f"http://hooks.example:{receiver.port}/"
    )
    assert failed.fault in ("TIMED_OUT", "CONNECTION_BROKEN")


async def test_a_name_server_that_never_answers_is_not_waited_for() -> None:
    class Silent(Names):
        async def __call__(self, host: str, port: int) -> Sequence[str]:
            await asyncio.Event().wait()
            return []

    assert (await fault_of(poster(Silent([]), within=0.1), "https://hooks.example/")).fault == "TIMED_OUT"


async def test_another_address_is_tried_when_nobody_listens_at_the_first(stack: AsyncExitStack) -> None:
    receiver = await serve(stack, Receiver())
    url = f"http://hooks.example:{receiver.port}/"
    await poster(Names(["127.0.0.9", "127.0.0.1"])).post(read_target(url), {}, BODY)
    assert len(receiver.bodies) == 1
    assert (await fault_of(poster(Names(["127.0.0.9"])), url)).fault == "NOT_CONNECTED"


async def test_no_proxy_of_the_environment_is_used(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, proxy = await serve(stack, Receiver()), await serve(stack, Receiver())
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    await poster(Names(["127.0.0.1"])).post(read_target(f"http://hooks.example:{receiver.port}/"), {}, BODY)
    assert (receiver.connections, proxy.connections) == (1, 0)


async def test_no_cookie_is_kept_and_no_connection(stack: AsyncExitStack) -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    receiver = await serve(stack, Receiver(answer))
    shared = poster(Names(["127.0.0.1"]))
    for host in ("one.example", "two.example"):
        await shared.post(read_target(f"http://{host}:{receiver.port}/"), {}, BODY)
    assert receiver.connections == 2
    assert "cookie" not in receiver.heads[1].lower()


@pytest.mark.parametrize(
    ("host", "fault"),
    [
        pytest.param("hooks.example", None, id="the name in the certificate"),
        pytest.param("other.example", "TLS_FAILED", id="another name"),
        pytest.param("127.0.0.1", "TLS_FAILED", id="the address that is not in it"),
    ],
)
async def test_the_certificate_must_be_that_of_the_name_asked_for(
    stack: AsyncExitStack, tmp_path: Path, host: str, fault: str | None
) -> None:
    ca, served = write_certificate(tmp_path, "hooks.example")
    receiver = await serve(stack, Receiver(), served)
    url, names = f"https://{host}:{receiver.port}/", Names(["127.0.0.1"])
    if fault is None:
        await poster(names, ca=ca).post(read_target(url), {}, BODY)
        assert receiver.bodies == [BODY]
        # Unknown authorities are not trusted.
        assert (await fault_of(poster(names), url)).fault == "TLS_FAILED"
    else:
        assert (await fault_of(poster(names, ca=ca), url)).fault == fault
        assert receiver.bodies == []
