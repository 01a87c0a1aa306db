"""Real gateways for the HTTP tests: the app as it is served, its store, a realm, and a real nats-server.

Everything runs on one event loop in a thread of its own, so that tests are plain clients.
"""

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvloop

from bus.embedded import EmbeddedServer
from bus.store import api_keys, audit, backlog, inbox
from bus.trust_bundle import write_bundle
from gateways.http.api_keys import Scope, new_api_key
from gateways.http.app import create_app
from gateways.http.runtime import Runtime
from gateways.http.server import GatewayServer
from gateways.operators.hashing import Cost, Hashing
from gateways.settings import Settings
from tests.broker_fixtures import Broker
from tests.realm_fixtures import AgreementPlan, TestRealm, make_realm

T = TypeVar("T")

NATIONS = ("XAA", "XBB", "XCC", "XDD")
NO_BROKER = "nats://127.0.0.1:9"
"""Where nobody answers: gateways that are started for one test leave the realm's broker alone."""
CHEAP = Cost(passes=1, memory_kib=64)
"""What a password's hash costs in these gateways; what they would hash with is their ``hashing``."""
WAIT = 60.0
"""Seconds after which something that should have happened counts as not happening.

Describing the API for the first time takes seconds of a processor, of which a test may have a tenth.
"""
LOOK_SECONDS = 0.05
"""How often it is looked for where nothing tells it."""


class LoopThread:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="gateways under test", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(WAIT)
        self.loop.close()


class World:
    """A realm of four nations, three of which have an agreement, and its broker."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.loop = LoopThread()
        highest = (("NATO", "NATO SECRET"), ("REALM", "PROTECTED"))
        agreed = AgreementPlan(id="everything", parties=NATIONS[:3], highest=highest)
        self.realm: TestRealm = make_realm(
            NATIONS,
            agreements=(agreed,),
            communities={"NORDIC": ("XAA", "XBB", "XDD")},
            own_policies={"XBB": "SWE"},
            now=datetime.now(UTC),
        )
        self.trust_dir = directory / "trust"
        write_bundle(self.trust_dir, self.realm.envelopes)
        self.broker = Broker(directory / "broker", NATIONS)
        for nation, keys in self.realm.keys.items():
            self.broker.keys[nation] = keys.broker
            keys.save(directory / f"{nation}.keys")
        self.broker.server = EmbeddedServer(self.broker.config(NATIONS), directory / "broker")
        self.loop.call(self.broker.start())

    def settings(self, nation: str, state: str | None = None, **changes: Any) -> Settings:
        """Settings of a nation's gateway on a free port."""
        given: dict[str, Any] = {
            "nation": nation,
            "realm": self.realm.id,
            "state_dir": self.directory / (state or nation),
            "keys_file": self.directory / f"{nation}.keys",
            "trust_dir": self.trust_dir,
            "nats_url": self.broker.url,
            "port": 0,
        }
        return Settings(**given | changes)

    @contextlib.contextmanager
    def gateway(self, nation: str, state: str | None = None, **changes: Any) -> Iterator["Gateway"]:
        """A running gateway; give ``state`` a name of its own for one that starts empty."""
        running = Gateway(self.loop, self.settings(nation, state, **changes))
        try:
            yield running
        finally:
            running.stop()

    def close(self) -> None:
        self.loop.call(self.broker.server.stop())
        self.loop.close()


class Gateway:
    """One gateway, served."""

    def __init__(self, loop: LoopThread, settings: Settings) -> None:
        self._loop = loop
        self.settings = settings
        self.app = create_app(settings)
        listening = threading.Event()
        self.server = GatewayServer(self.app, settings, lambda url: listening.set())
        self._serving = asyncio.run_coroutine_threadsafe(self.server.serve(), loop.loop)
        assert listening.wait(WAIT), "the gateway did not come up"
        self.hashing, self.runtime.sign_in._hashing = self.runtime.sign_in._hashing, Hashing(CHEAP)
        self.url = self.server.url
        # Reading everybody's certification authorities, which plain HTTP needs not, would be half of a start.
        self.client = httpx.Client(base_url=self.url, trust_env=False, verify=False, timeout=WAIT)
        self.key = self.new_key(rate_per_second=100_000, burst=100_000)

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.state.runtime
        return runtime

    @property
    def auth(self) -> dict[str, str]:
        """Headers with a key that may do everything."""
        return {"Authorization": f"Bearer {self.key}"}

    def new_key(self, scopes: Collection[Scope] = tuple(Scope), **options: Any) -> str:
        """Make an API key that works at once."""
        text, stored = new_api_key(
            "test", scopes, created_at=datetime.now(UTC), randomness=os.urandom, **options
        )
        self.write(lambda tx: api_keys.add(tx, stored))
        return text

    def write(self, job: Callable[[Any], T]) -> T:
        """Run a job in the gateway's store, and let it read its keys again."""

        async def run() -> T:
            result = await self.runtime.context.store.write(job)
            self.runtime.access.forget()
            return result

        return self._loop.call(run())

    def read(self, look: Callable[[Any], T]) -> T:
        """What a job finds in the gateway's store, without asking for it page by page."""
        return self._loop.call(self.runtime.context.store.read(look))

    def get(self, path: str, key: str | None = None, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"} | options.pop("headers", {})
        return self.client.get(path, headers=headers, **options)

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
        """POST ``body``: bytes as they are, else as JSON. Underscores in header names mean hyphens."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, content=content, headers=given)

    def publish(self, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
        return self.post("/v1/messages", body, key, **headers)

    def audit(self, after: int = 0) -> list[dict[str, Any]]:
        """Every audit record after a position, each with its audit_seq."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get("/v1/audit", params={"after": after, "limit": 500}).json()
            found += [item["record"] | {"audit_seq": item["audit_seq"]} for item in page["items"]]
            after = page["next"]
            if len(page["items"]) < 500:
                return found

    def refusals(self, after: int) -> list[tuple[str, str]]:
        """Event and reason of every refused draft and refused access after a position."""
        return [
            (record["event"], record["reason"])
            for record in self.audit(after)
            if record["event"] in ("publication.refused", "access.refused")
        ]

    def audit_position(self) -> int:
        """Where the audit log ends."""
        return self.read(audit.latest_seq)

    def publications(self) -> int:
        """How many publications there are."""
        return self.read(lambda tx: int(tx.execute("SELECT count(*) FROM publication").fetchone()[0]))

    def wait_inbox(self, after: int, count: int) -> list[dict[str, Any]]:
        """The next ``count`` messages of the inbox, once they are there."""

        async def wait() -> None:
            async with asyncio.timeout(WAIT):
                seen = after
                while len(await self.runtime.context.store.read(lambda tx: _inbox(tx, after))) < count:
                    seen = await self.runtime.context.inbox.wait_beyond(seen)

        self._loop.call(wait())
        return self.inbox(after)

    def inbox(self, after: int = 0) -> list[dict[str, Any]]:
        """Every entry of the inbox after a position, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get("/v1/inbox", params={"after": after, "limit": 500}).json()
            if page["next"] == after:
                return found
            found += page["items"]
            after = page["next"]

    def wait_messages(self, after: int, message_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The inbox's entries of these messages beyond ``after``, once all are there."""
        count = len(message_ids)
        while True:
            items = self.wait_inbox(after, count)
            found = [item for item in items if item["message_id"] in message_ids]
            if {item["message_id"] for item in found} == set(message_ids):
                return found
            count = len(items) + 1

    def wait_delivered(self, nations: Collection[str]) -> None:
        """Wait until these nations have receipted whatever was sent to them."""

        def outstanding(tx: Any) -> int:
            found = [each for each in backlog.per_recipient(tx) if each.recipient in nations]
            return sum(each.queued + each.sealed + each.unreceipted for each in found)

        async def wait() -> None:
            context = self.runtime.context
            async with asyncio.timeout(WAIT):
                while await context.store.read(outstanding):
                    # A receipt of what no person wrote is no event.
                    await context.events.wait_beyond(context.events.latest, LOOK_SECONDS)

        self._loop.call(wait())

    def stop(self) -> None:
        """Ask the server to end, as a signal does, and wait until it has."""
        self.client.close()
        self.server.should_exit = True
        self._serving.result(WAIT)


def _inbox(tx: Any, after: int) -> tuple[Any, ...]:
    return inbox.list_after(tx, after, limit=500)


def assert_problem(
    answer: httpx.Response, status: int, code: str, pointer: str | None = None
) -> dict[str, Any]:
    """The answer is this problem, complete as RFC 9457 and design 9 want it."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["type"] == f"urn:entente:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert body["what_to_do"]
    assert answer.headers["cache-control"] == "no-store"
    if pointer is not None:
        assert body["pointer"] == pointer, body
    return body


def last_seq(gateway: Gateway) -> int:
    """Where the inbox ends."""
    return gateway.read(inbox.latest_seq)
