"""One webhook's sender over tables in memory; clock, receiver and store are under the test's control."""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from bus.protocol.trust import TrustStore
from bus.store import audit, events, inbox, webhooks
from bus.store.errors import StoreUnavailable
from bus.store.events import NewEvent
from bus.store.inbox import NewInboxMessage
from bus.store.migrations import bring_forward
from bus.store.webhooks import Course, Webhook
from gateways.context import GatewayContext
from gateways.growth_signal import GrowthSignal
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.webhooks.patience import Patience
from gateways.webhooks.post import PostFailed
from gateways.webhooks.sender import Sender
from gateways.webhooks.target import Target
from schemas.audit import AuditRecord
from schemas.event import EventType
from schemas.strict_json import parse

T = TypeVar("T")

NATION, REALM = "XBB", "sha256:" + "ab" * 32
START = datetime.fromisoformat("2026-05-04T12:00:00+00:00")
WEBHOOK = "0" * 31 + "1"
KEY = "0123456789abcdef"
RIGHTS = frozenset(scope.value for scope in (Scope.EVENTS_READ, Scope.INBOX_READ, Scope.TRUST_READ))


class MemoryStore:
    """What a sender needs of a store. ``failing``: what is written is lost, as by a crash before a commit."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys = ON")
        bring_forward(self.connection, NATION, REALM, lambda: START)
        self.failing = False

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        return job(self.connection)

    async def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        self.connection.execute("BEGIN")
        try:
            result = job(self.connection)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("ROLLBACK" if self.failing else "COMMIT")
        if self.failing:
            raise StoreUnavailable("the disk is full")
        return result


class Receiver:
    """Takes what is posted, or fails as ``fault`` says; ``before`` is called while a post is under way."""

    def __init__(self) -> None:
        self.fault: PostFailed | None = None
        self.got: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.tried = 0
        self.before: Callable[[], None] | None = None

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> None:
        self.tried += 1
        if self.before is not None:
            act, self.before = self.before, None
            act()
        if self.fault is not None:
            raise self.fault
        self.headers.append(headers)
        self.got.append(parse(body, 2**20))

    def numbers(self) -> list[int]:
        return [event["data"]["event_seq"] for event in self.got]


class Desk:
    """A webhook, its sender, and what the test does to them."""

    def __init__(self, trust: TrustStore | None = None, **webhook: Any) -> None:
        self.store = MemoryStore()
        self.tx = self.store.connection
        self.at = START
        self.receiver = Receiver()
        self.caller: Caller | None = Caller(KEY, f"api-key:{KEY}", RIGHTS, key_id=KEY)
        self.patience = Patience()
        nobody = SimpleNamespace(nations={}, ranks={})
        self.context = GatewayContext(
            nation=NATION,
            realm=REALM,
            store=cast(Any, self.store),
            trust=trust or cast(Any, nobody),
            keys=cast(Any, SimpleNamespace(keyring=None)),
            now=lambda: self.at,
            randomness=lambda count: bytes(count),
        )
        self.tx.execute("INSERT INTO api_key VALUES (?, '', 'test', '[]', NULL, 0, NULL, NULL, 1, 1)", (KEY,))
        given: dict[str, Any] = {
            "webhook_id": WEBHOOK,
            "key_id": KEY,
            "url": "https://8.8.8.8/in",
            "created_by": "test",
            "types": None,
            "kinds": None,
            "modes": None,
            "secret": bytes(32),
            "created_at": START,
            "course": Course(0),
        }
        webhooks.add(self.tx, Webhook(**given | webhook))
        self.restart()

    def restart(self) -> None:
        """What the sender knew is gone; what the store has stays."""
        self.sender = Sender(
            self.context,
            WEBHOOK,
            poster=self.receiver,
            patience=self.patience,
            caller_of=self._caller_of,
            changes=GrowthSignal(),
        )

    async def _caller_of(self, key_id: str) -> Caller | None:
        assert key_id == KEY
        return self.caller

    def happen(self, count: int = 1, **changes: Any) -> None:
        """Something happens at a partner."""
        given: dict[str, Any] = {"type": EventType.PARTNER_SILENT, "at": self.at, "nation": "XAA"} | changes
        events.add(self.tx, [NewEvent(**given)] * count)

    def receive(self, message: NewInboxMessage) -> None:
        """A message is filed, and told."""
        [number] = inbox.file(self.tx, [message])
        self.happen(
            type=EventType.MESSAGE_RECEIVED,
            nation=message.originator,
            kind=message.kind,
            mode=message.mode,
            message_id=message.message_id,
            inbox_seq=number,
        )

    def pass_(self, **duration: float) -> None:
        self.at += timedelta(**duration)

    async def work(self, most: int = 100) -> float | None:
        """Step until there is something to wait for; how long."""
        for _ in range(most):
            pause = await self.sender.step()
            if pause != 0:
                return pause
        raise AssertionError("the sender never rests")

    @property
    def webhook(self) -> Webhook:
        found = webhooks.find(self.tx, WEBHOOK)
        assert found is not None
        return found

    @property
    def course(self) -> Course:
        return self.webhook.course

    def audited(self) -> list[str]:
        return [
            AuditRecord.model_validate_json(entry.record).event.value for entry in audit.list_after(self.tx)
        ]

    def close(self) -> None:
        self.tx.close()
