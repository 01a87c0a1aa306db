"""A realm with mail in it, an attacker with a nation's credentials, and eyes on all that could change."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

import bus.embedded
from bus.nats_config import BrokerConfig, render
from tests.broker_fixtures import WAIT, Broker, worked_off

GUARDED = "accounts and permissions"
UNGUARDED = "accounts alone"
"""The second layer taken away: the nations' users may publish and subscribe to anything in their account."""

SECRET = b"sealed for somebody else"
NO_WAIT = b'{"batch": 10, "no_wait": true}'

Json = dict[str, Any]
_PERMISSIONS = re.compile(r", permissions: \{publish: .*\}\}\]$", re.MULTILINE)
_VOLATILE = {"ts", "num_waiting", "last_active", "active", "lag", "push_bound"}


def without_permissions(config: BrokerConfig) -> str:
    """The realm's configuration with every user's permissions struck out."""
    text, struck = _PERMISSIONS.subn("}]", render(config))
    assert struck == len(config.nations) + 1
    return text


class Attacker:
    """A bare client that records what comes back: answers to `strike`, and errors the server reports."""

    def __init__(self, client: Client, party: str, errors: list[Exception]) -> None:
        self.client = client
        self.party = party
        self.errors = errors
        self._answers: Subscription | None = None
        self._count = 0

    async def listen(self) -> None:
        self._answers = await self.client.subscribe(f"_INBOX_{self.party}.answers.*")

    async def strike(self, subject: str, payload: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Send; the server has processed it, and refused it if it will, when this returns."""
        self._count += 1
        self.errors.clear()
        reply = f"_INBOX_{self.party}.answers.{self._count}"
        await self.client.publish(subject, payload, reply=reply, headers=headers)
        await worked_off(self.client)

    async def answers(self) -> list[Msg]:
        """What has come back so far, but for "nobody there"."""
        assert self._answers is not None
        await worked_off(self.client)
        return [message for message in await drained(self._answers) if status_of(message) != "503"]

    def was_denied(self, verb: str) -> bool:
        """Whether the server reported a permissions violation for a `publish` or `subscription`."""
        return any(f"permissions violation for {verb}" in str(error).lower() for error in self.errors)

    async def ask(self, subject: str, payload: bytes = b"") -> Msg:
        """A legitimate request with an honest reply subject."""
        return await self.client.request(subject, payload, timeout=WAIT, old_style=True)


class World:
    """The broker, one client per party, and mail between the other two nations."""

    def __init__(self, broker: Broker, layer: str, clients: dict[str, Attacker]) -> None:
        self.broker = broker
        self.layer = layer
        self.attacker = clients["XAA"]
        self.victims = [clients["XBB"], clients["XCC"]]
        self.hub = clients["HUB"]
        self.pending_ack = ""
        self.taps: list[Subscription] = []

    async def fill(self) -> None:
        """Mail among all nations, one bundle of XCC's delivered and not yet acknowledged, taps on inboxes."""
        for origin, recipient in (("XBB", "XCC"), ("XCC", "XBB"), ("XBB", "XAA"), ("XAA", "XBB")):
            sender = next(a for a in (self.attacker, *self.victims) if a.party == origin)
            for _ in range(3):
                answer = await sender.ask(f"out.{origin}.op.normal.{recipient}", SECRET)
                assert b"error" not in answer.data
        pull = b'{"batch": 1, "expires": 10000000000}'
        pending = await self.victims[1].ask(next_subject("XCC"), pull)
        assert pending.data == SECRET
        self.pending_ack = pending.reply
        await self.settle_delivery()
        for victim in self.victims:
            self.taps.append(await victim.client.subscribe(f"_INBOX_{victim.party}.>"))
            await worked_off(victim.client)

    async def settle_delivery(self) -> None:
        """Until DELIVERY has taken everything from every OUT stream."""
        async with asyncio.timeout(WAIT):
            while True:
                streams = (await self.snapshot())["streams"]
                held = {name: stream["state"]["messages"] for name, stream in streams.items()}
                if held.pop("DELIVERY") == sum(held.values()):
                    return

    async def snapshot(self) -> Json:
        """Configuration and state of every stream and consumer."""
        listed = json.loads((await self.hub.ask("$JS.API.STREAM.LIST", b"{}")).data)
        streams = {s["config"]["name"]: _stable(s) for s in listed["streams"]}
        consumers = {}
        for name in streams:
            found = json.loads((await self.hub.ask(f"$JS.API.CONSUMER.LIST.{name}", b"{}")).data)
            consumers.update({f"{name}/{c['name']}": _stable(c) for c in found["consumers"]})
        return {"streams": streams, "consumers": consumers}

    async def overheard(self) -> list[str]:
        """Subjects of everything that reached the other nations' inboxes since the last call."""
        for victim in self.victims:
            await worked_off(victim.client)
        return [message.subject for tap in self.taps for message in await drained(tap)]

    async def traffic_among_victims(self) -> None:
        """A bundle from XBB to XCC, its pull and its ack, and a rewind by XBB: everything a spy might see."""
        b, c = self.victims
        await b.ask("out.XBB.op.urgent.XCC", SECRET)
        await self.settle_delivery()
        bundle = await c.ask(next_subject("XCC", "urgent"), b'{"no_wait": true}')
        assert bundle.data == SECRET
        await c.ask(bundle.reply, b"+ACK")
        await b.ask(reset("XBB", "urgent"))

    async def restore(self) -> None:
        """Take the mailbox of the attacking nation to its end, so that the next attack finds it empty."""
        await self.settle_delivery()
        await self.attacker.ask(reset("XAA"))
        while status_of(bundle := await self.attacker.ask(next_subject("XAA"), b'{"no_wait": true}')) is None:
            await self.attacker.ask(bundle.reply, b"+ACK")


def next_subject(nation: str, lane: str = "normal") -> str:
    return f"$JS.API.CONSUMER.MSG.NEXT.DELIVERY.{nation}-{lane}"


def reset(nation: str, lane: str = "normal") -> str:
    return f"$JS.API.CONSUMER.RESET.DELIVERY.{nation}-{lane}"


def status_of(message: Msg) -> str | None:
    """The status a broker's answer carries in place of a payload."""
    return message.headers.get("Status") if message.headers else None


async def drained(subscription: Subscription) -> list[Msg]:
    """Everything a subscription holds now."""
    return [await subscription.next_msg() for _ in range(subscription.pending_msgs)]


def of_others(snapshot: Json, attacker: str = "XAA") -> Json:
    """What an attacker's allowed actions do not touch: others' streams and mailboxes, all configuration."""
    streams = {}
    for name, stream in snapshot["streams"].items():
        own = name in (f"OUT_{attacker}", "DELIVERY")
        streams[name] = {k: v for k, v in stream.items() if not (own and k in ("state", "sources"))}
    consumers = {}
    for name, consumer in snapshot["consumers"].items():
        own = name == "DELIVERY/AUDIT" or name.startswith(f"DELIVERY/{attacker}-")
        consumers[name] = {k: v for k, v in consumer.items() if not own or k in ("config", "created", "name")}
    return {"streams": streams, "consumers": consumers}


def changes(before: Any, after: Any, path: str = "") -> list[str]:
    """Paths at which two snapshots differ, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        return [line for k in keys for line in changes(before.get(k), after.get(k), f"{path}/{k}")]
    return [] if before == after else [f"{path}: {before!r} became {after!r}"]


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _stable(v) for k, v in value.items() if k not in _VOLATILE}
    if isinstance(value, list) and all(isinstance(v, dict) and "name" in v for v in value):
        # The server lists sources in no fixed order.
        return {v["name"]: _stable(v) for v in value}
    return value


@asynccontextmanager
async def world(directory: Path, layer: str = GUARDED) -> AsyncIterator[World]:
    """A filled realm; `layer` says whether the nations' users have permissions beside their accounts."""
    with pytest.MonkeyPatch.context() as patch:
        if layer == UNGUARDED:
            patch.setattr(bus.embedded, "render", without_permissions)
        broker = Broker(directory, quota_bytes=8 * 1024**2)
        await broker.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(broker.server.kill)
        clients = {}
        for party in (*broker.nations, "HUB"):
            errors: list[Exception] = []
            client = await stack.enter_async_context(broker.client(party, errors))
            clients[party] = Attacker(client, party, errors)
            await clients[party].listen()
        made = World(broker, layer, clients)
        await made.fill()
        yield made
