"""Two or three nations' exchanges on a real broker, with a clock that the test moves."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bus.keystore import NationKeys
from bus.store import audit, inbox, lanes, publications
from bus.store.inbox import InboxMessage
from bus.store.writer import Store, Transaction
from bus.transport import NatsTransport
from gateways.context import FlowLimits
from gateways.exchange import Exchange
from gateways.publishing.accepted import Accepted
from schemas.audit import AuditEvent, AuditRecord
from schemas.base import rfc3339
from tests.broker_fixtures import WAIT, Broker
from tests.realm_fixtures import NOW, TestRealm

T = TypeVar("T")

ALERT = {
    "action": "ALERT",
    "threat_type": "cyber",
    "categories": ["Infra"],
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Likely",
    "texts": [
        {
            "language": "en",
            "event": "Intrusion",
            "headline": "Port control systems",
            "description": "Seen twice.",
        }
    ],
    "affected_nations": ["XBB"],
}


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by


class ObservedStore(Store):
    """A store that tells when something was committed, and whose commits can be made to fail."""

    failing = False
    committed: asyncio.Event
    failed: asyncio.Event

    def _commit(self, connection: Transaction) -> None:
        loop = self._loop
        assert loop is not None
        if self.failing:
            loop.call_soon_threadsafe(self.failed.set)
            raise OSError("no space left on device")
        super()._commit(connection)
        loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        event, self.committed = self.committed, asyncio.Event()
        event.set()

    async def until(self, look: Callable[[Transaction], T], wanted: Callable[[T], bool]) -> T:
        """What `look` sees once `wanted` holds of it; looked at again after each commit."""
        value: T | None = None
        try:
            async with asyncio.timeout(WAIT):
                while True:
                    event = self.committed
                    value = await self.read(look)
                    if wanted(value):
                        return value
                    await event.wait()
        except TimeoutError:
            raise AssertionError(f"it never happened; last seen: {value}") from None


class Gateway:
    """One nation's exchange with its store and transport; starts again on the same file after a stop."""

    def __init__(self, world: "World", nation: str, keys: NationKeys, holder: str | None = None) -> None:
        self.world = world
        self.nation = nation
        self.keys = keys
        self.holder = holder or nation
        self._stack = AsyncExitStack()

    async def start(self) -> "Gateway":
        world = self.world
        path = world.directory / f"{self.nation}.db"
        self.store = ObservedStore.open(path, self.nation, world.realm.id, now=world.clock)
        self.store.committed, self.store.failed = asyncio.Event(), asyncio.Event()
        self._stack.push_async_callback(self.store.close)
        self.transport = NatsTransport(
            [world.broker.url], self.nation, world.broker.keys[self.nation].seed, answer_seconds=3.0
        )
        await self._stack.enter_async_context(self.transport)
        self.exchange = await Exchange.open(
            store=self.store,
            keys=self.keys,
            transport=self.transport,
            envelopes=world.realm.envelopes,
            now=world.clock,
            limits=world.limits,
            holder=self.holder,
        )
        await self.exchange.start()
        self._stack.push_async_callback(self.exchange.stop)
        return self

    async def stop(self) -> None:
        await self._stack.aclose()

    async def publish(self, *releasable_to: str, **options: Any) -> Accepted:
        """Accept a threat alert for these nations."""
        return await self.exchange.accept(draft(releasable_to, **options), api_key_id="test")

    async def states(self, accepted: Accepted, wanted: Mapping[str, str]) -> None:
        """Wait until each nation's delivery is in the state wanted."""

        def look(tx: Transaction) -> dict[str, str]:
            detail = publications.get(tx, accepted.publication_id)
            assert detail is not None
            return {state.nation: state.state for state in detail.publication.deliveries}

        await self.store.until(look, lambda found: found == dict(wanted))

    async def mail(self, count: int) -> tuple[InboxMessage, ...]:
        """Wait until the inbox holds so many messages."""
        await self.store.until(inbox.latest_seq, lambda latest: latest >= count)
        found = await self.store.read(
            lambda tx: inbox.list_after(tx, limit=count + 10_000, with_display_only=True)
        )
        assert len(found) == count
        return found

    async def gaps(self) -> Mapping[str, int]:
        """How many serials are missing, by originator."""
        return await self.store.read(lanes.count_missing)

    async def evidence(self, event: AuditEvent, count: int = 1) -> list[AuditRecord]:
        """Wait until the audit log holds so many records of an event."""
        stored = await self.store.until(
            lambda tx: audit.list_after(tx, limit=100_000, event=event), lambda found: len(found) >= count
        )
        return [AuditRecord.model_validate_json(entry.record) for entry in stored]

    async def job(self, work: Callable[[Transaction], T]) -> T:
        """Change the store behind the exchange's back, then wake its relay."""
        result = await self.store.write(work)
        self.exchange.context.relay_wanted.set()
        return result


class World:
    """A broker, a realm, a clock and the nations' gateways."""

    def __init__(self, directory: Path, broker: Broker, realm: TestRealm) -> None:
        self.directory = directory
        self.broker = broker
        self.realm = realm
        self.clock = Clock()
        self.limits = FlowLimits()
        self.gateways: list[Gateway] = []

    async def gateway(self, nation: str, holder: str | None = None) -> Gateway:
        """A started gateway of a nation."""
        gateway = Gateway(self, nation, self.realm.keys[nation], holder)
        self.gateways.append(gateway)
        return await gateway.start()

    async def trio(self) -> Sequence[Gateway]:
        """Gateways of all three nations."""
        return [await self.gateway(nation) for nation in ("XAA", "XBB", "XCC")]

    async def stop(self) -> None:
        for gateway in self.gateways:
            await gateway.stop()


def draft(
    releasable_to: Sequence[str],
    *,
    header: dict[str, Any] | None = None,
    label: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
    subject: str = "Test",
) -> bytes:
    """A draft as a partner system sends it."""
    value = {
        "header": {
            "kind": "threat_alert",
            "precedence": "ROUTINE",
            "mode": "OPERATION",
            "subject": subject,
            **(header or {}),
        },
        "label": {
            "policy": "NATO",
            "classification": "NATO RESTRICTED",
            "releasable_to": list(releasable_to),
            **(label or {}),
        },
        "body": ALERT if body is None else body,
    }
    return json.dumps(value).encode()


def acknowledgement(of: InboxMessage, *, at: datetime = NOW, level: str = "UNDERSTOOD") -> bytes:
    """A person's acknowledgement of a message, for its originator only."""
    return draft(
        [of.originator],
        header={
            "kind": "acknowledgement",
            "references": [
                {
                    "message_id": of.message_id,
                    "originator": of.originator,
                    "digest": of.digest,
                    "relation": "acknowledges",
                }
            ],
        },
        body={
            "level": level,
            "outcome": "NOTED",
            "officer_role": "duty officer",
            "acknowledged_at": rfc3339(at),
        },
    )


def subjects(found: Sequence[InboxMessage]) -> list[str]:
    """The titles, in order of filing."""
    return [json.loads(entry.content)["header"]["subject"] for entry in found]
