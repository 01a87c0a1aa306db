"""Gateways' real flows and real stores in one thread, with a network in memory that the test directs.

Every step is the production code of `gateways` and `bus`, run to its end at once; only threads, sockets and
the broker are missing. Nothing but keys is random that `hypothesis` does not choose.
"""

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from bus.protocol.errors import TrustError
from bus.protocol.trust import TrustStore
from bus.store import bundles, deliveries, inbox, lease, resending
from bus.store import trust as trust_table
from bus.store.bundles import StoredBundle
from bus.store.inbox import InboxMessage
from bus.store.migrations import bring_forward
from bus.store.writer import Store
from gateways.context import FlowLimits, GatewayContext
from gateways.publishing.accepted import Accepted
from gateways.publishing.publish import accept_draft
from gateways.receiving.filing import file_mail
from gateways.receiving.held import retry_held
from gateways.receiving.mail import Filed, open_mail
from gateways.relaying.relay_step import StepOptions, StepResult, run_step
from gateways.stored_trust import stored_documents
from tests.agreed_realm import bring_agreed
from tests.realm_fixtures import TestRealm
from tests.store.founded import founded

T = TypeVar("T")


class Crash(Exception):
    """Raised inside a transaction: the process dies before its commit."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never has to wait."""
    try:
        work.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    raise AssertionError("it waits for something")


class SmallStore:
    """The store's port over one connection: each job is a transaction of its own, at once."""

    def __init__(self, path: Path, nation: str, realm: str, now: Callable[[], datetime]) -> None:
        self.path, self.nation, self.realm = path, nation, realm
        if not path.exists():
            path.write_bytes(founded(nation, realm, now()))
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys = ON")
        self.connection.execute("PRAGMA synchronous = OFF")
        # Whoever dies here rolls back first.
        self.connection.execute("PRAGMA journal_mode = MEMORY")
        bring_forward(self.connection, nation, realm, now)

    async def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            result = job(self.connection)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        return job(self.connection)

    def scrub(self) -> None:
        """There is no write-ahead log here to cut off."""


@dataclass(frozen=True)
class Sent:
    """A bundle on its way, and the originator's trust store when it was sealed."""

    subject: str
    sealed: bytes
    trust: TrustStore

    @property
    def nations(self) -> tuple[str, str]:
        """Originator and recipient."""
        tokens = self.subject.split(".")
        return tokens[1], tokens[4]


@lru_cache(maxsize=64)
def opened(realm: str, envelopes: tuple[bytes, ...]) -> TrustStore:
    """What these documents say, which never changes: gateways start again and again with the same."""
    return TrustStore.open(realm, envelopes)


class SmallGateway:
    """One nation's gateway."""

    def __init__(self, world: "SmallWorld", nation: str) -> None:
        self.world = world
        self.nation = nation
        self._path = world.directory / f"{nation}.db"
        self.start()

    def start(self) -> None:
        """Begin with what the store holds, and the key file as it is now."""
        self.store = SmallStore(self._path, self.nation, self.world.realm.id, lambda: self.world.now)
        stored = trust_table.envelopes(self.store.connection)
        trust = opened(self.world.realm.id, tuple(stored)) if stored else self.world.trust
        if not stored:
            rows = stored_documents(trust, self.world.now)
            run(self.store.write(lambda tx: trust_table.replace(tx, rows)))
        self.context = GatewayContext(
            nation=self.nation,
            realm=self.world.realm.id,
            store=cast(Store, self.store),
            trust=trust,
            keys=self.world.realm.keys[self.nation],
            now=lambda: self.world.now,
            randomness=os.urandom,
            limits=FlowLimits(),
        )

    def restart(self) -> None:
        self.store.connection.close()
        self.start()

    def publish(self, draft: bytes) -> Accepted:
        """Raises DraftRefused."""
        return run(accept_draft(self.context, draft, api_key_id="test")).answer

    def relay(self, *, crash: bool = False) -> Sequence[Sent]:
        """One step of the relay; with `crash` the process dies before the step is committed."""
        held: list[StepResult] = []

        def step(tx: sqlite3.Connection) -> StepResult:
            leased = lease.acquire(tx, self.nation, self.context.now(), self.context.limits.lease)
            assert leased is not None
            result = run_step(self.context, tx, leased, frozenset(), StepOptions(seal=True, count=False))
            held.append(result)
            if crash:
                raise Crash
            return result

        try:
            result = run(self.store.write(step))
        except Crash:
            self.restart()
            return ()
        self._confirm(result.bundles)
        return [Sent(bundle.subject, bundle.sealed, self.context.trust) for bundle in result.bundles]

    def _confirm(self, stored: Sequence[StoredBundle]) -> None:
        """As the sender does once the broker confirmed."""
        seqs = [bundle.bundle_seq for bundle in stored]

        def job(tx: sqlite3.Connection) -> None:
            deliveries.mark_sent(tx, seqs, self.context.now(), self.context.limits.resend)
            bundles.confirm(tx, seqs, 0)

        run(self.store.write(job))

    def lose_broker(self) -> None:
        """The broker lost its store."""
        run(self.store.write(lambda tx: resending.requeue_unreceipted(tx)))

    def receive(self, sent: Sent, *, crash: bool = False) -> None:
        """A bundle arrives; with `crash` the process dies before what it made of it is committed."""
        mail = open_mail(self.context, sent.subject, sent.sealed)

        def job(tx: sqlite3.Connection) -> Filed:
            filed = file_mail(self.context, tx, mail)
            if crash:
                raise Crash
            return filed

        try:
            filed = run(self.store.write(job))
        except Crash:
            self.restart()
            return
        filed.count(self.context)
        self.retry_held()

    def retry_held(self) -> None:
        run(retry_held(self.context, everything=True))

    def take_up(self, realm: TestRealm) -> None:
        """Trust documents are brought to this gateway; it has the keys of its key file from now on."""
        try:
            run(bring_agreed(self.context, realm.envelopes))
        except TrustError:
            raise AssertionError("the realm's own documents are refused") from None

    def inbox(self) -> tuple[InboxMessage, ...]:
        return inbox.list_after(self.store.connection, limit=10**6)


class SmallWorld:
    """Gateways, a realm that changes, a clock, and bundles on their way."""

    def __init__(self, directory: Path, realm: TestRealm) -> None:
        self.directory = directory
        self.realm = realm
        self.trust = realm.trust
        self.now: datetime = realm.now
        self.travelling: dict[str, deque[Sent]] = {nation: deque() for nation in realm.keys}
        self.ever_sent: list[Sent] = []
        self.gateways = {nation: SmallGateway(self, nation) for nation in realm.keys}

    def change(self, realm: TestRealm) -> None:
        """The realm's next state is signed; no gateway knows of it yet."""
        self.realm = replace(realm, now=self.now)
        self.trust = self.realm.trust

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    def relay(self, nation: str, *, crash: bool = False) -> None:
        for sent in self.gateways[nation].relay(crash=crash):
            self.ever_sent.append(sent)
            self.travelling[sent.nations[1]].append(sent)

    def deliver(self, nation: str, place: int = 0, *, keep: bool = False, crash: bool = False) -> None:
        """One bundle arrives: the next one or any other; with `keep` it will come again.

        With `crash` the gateway dies while filing it, unacknowledged: it comes again in its place.
        """
        waiting = self.travelling[nation]
        if waiting:
            sent = waiting[place % len(waiting)]
            if not keep and not crash:
                del waiting[place % len(waiting)]
            self.gateways[nation].receive(sent, crash=crash)

    def lose(self, nation: str, place: int) -> None:
        waiting = self.travelling[nation]
        if waiting:
            del waiting[place % len(waiting)]

    def calm(self) -> None:
        """Everybody learns the realm's state, nothing is lost any more, time passes until all is quiet."""
        for gateway in self.gateways.values():
            gateway.context.keys = self.realm.keys[gateway.nation]
            gateway.restart()
            gateway.take_up(self.realm)
        for _ in range(6):
            self.pass_time(timedelta(hours=1))
            busy = True
            while busy:
                busy = False
                for nation in self.gateways:
                    self.relay(nation)
                    while self.travelling[nation]:
                        busy = True
                        self.deliver(nation)
