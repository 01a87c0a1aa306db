"""Gateways' real flows and keepers of lanes over stores on disk and a network in memory, by the clock."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from bus.store import audit, deliveries, events, lane_alarms, lanes
from bus.store.events import StoredEvent
from bus.store.lane_alarms import StandingAlarm
from bus.store.writer import Transaction
from gateways.lanes.keeper import LaneKeeper
from gateways.publishing.accepted import Accepted
from gateways.receiving.control_in import ControlReader
from schemas.audit import AuditEvent, AuditRecord
from schemas.control import Control
from schemas.event import EventType
from schemas.header import Mode
from schemas.wire import Lane
from tests.faults.small_world import Sent, SmallWorld, run
from tests.flows.world import draft, subjects
from tests.realm_fixtures import TestRealm

T = TypeVar("T")
LOOK = timedelta(seconds=6)


class LaneWorld(SmallWorld):
    """Everything that is sent waits in ``travelling`` until the test delivers or loses it."""

    def __init__(self, directory: Path, realm: TestRealm) -> None:
        super().__init__(directory, realm)
        self.keepers = {nation: self._keeper(nation) for nation in self.gateways}

    def _keeper(self, nation: str) -> LaneKeeper:
        return LaneKeeper(self.gateways[nation].context, lambda: True)

    def read(self, nation: str, look: Callable[[Transaction], T]) -> T:
        return look(self.gateways[nation].store.connection)

    def publish(
        self, originator: str, *releasable_to: str, subject: str = "Test", **options: object
    ) -> Accepted:
        return self.gateways[originator].publish(draft(releasable_to, subject=subject, **options))  # type: ignore[arg-type]

    def look(self, *nations: str) -> None:
        """One look of the lanes' keepers, of all without names."""
        for nation in nations or tuple(self.gateways):
            run(self.keepers[nation].look())

    def pump(self) -> int:
        """Relay and deliver until nothing moves; how many bundles moved."""
        moved, before = 0, -1
        while moved != before:
            before = moved
            for nation in self.gateways:
                self.relay(nation)
            for nation, waiting in self.travelling.items():
                while waiting:
                    moved += 1
                    self.deliver(nation)
        return moved

    def settle(self) -> None:
        """Everybody has announced its epoch, and all is quiet."""
        for _ in range(2):
            self.pass_time(LOOK)
            self.look()
            self.pump()

    def lose_all(self, nation: str) -> list[Sent]:
        """What is under way to this nation is lost; here it is."""
        lost = list(self.travelling[nation])
        self.travelling[nation].clear()
        return lost

    def copy(self, nation: str) -> bytes:
        """A copy of a gateway's store as it is now."""
        return self.gateways[nation].store.connection.serialize()

    def set_back(self, nation: str, data: bytes | None) -> None:
        """The gateway goes on with an old copy of its store, or without any."""
        gateway = self.gateways[nation]
        gateway.store.connection.close()
        path = self.directory / f"{nation}.db"
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        if data is not None:
            path.write_bytes(data)
        gateway.start()
        self.keepers[nation] = self._keeper(nation)

    def restart(self, nation: str) -> None:
        self.gateways[nation].restart()
        self.keepers[nation] = self._keeper(nation)

    def subjects(self, nation: str) -> list[str]:
        return subjects(self.gateways[nation].inbox())

    def records(self, nation: str, event: AuditEvent) -> list[AuditRecord]:
        found = self.read(nation, lambda tx: audit.list_after(tx, limit=10_000, event=event))
        return [AuditRecord.model_validate_json(entry.record) for entry in found]

    def told(self, nation: str, type_: EventType) -> list[StoredEvent]:
        return [
            event
            for event in self.read(nation, lambda tx: events.look(tx, limit=10_000)).events
            if event.type is type_
        ]

    def alarms(self, nation: str) -> list[StandingAlarm]:
        return list(self.read(nation, lane_alarms.standing))

    def missing(self, nation: str) -> dict[str, int]:
        return dict(self.read(nation, lanes.count_missing))

    def states(self, nation: str, accepted: Accepted) -> dict[str, str]:
        rows = self.gateways[nation].store.connection.execute(
            "SELECT recipient, state FROM delivery JOIN publication USING (publication_seq)"
            " WHERE publication_id = ?",
            (accepted.publication_id,),
        )
        return dict(rows.fetchall())


def epoch_to(world: LaneWorld, originator: str, recipient: str, lane: Lane = Lane.NORMAL) -> int:
    return world.read(originator, lambda tx: deliveries.lane_position(tx, recipient, Mode.OPERATION, lane))[0]


def lane_of(sent: Sent) -> str:
    return sent.subject.split(".")[3]


def control(world: LaneWorld, nation: str, partner: str, *contents: Control) -> None:
    """A partner says this, verified, to a nation's gateway."""
    context = world.gateways[nation].context

    def job(tx: Transaction) -> None:
        evidence = context.evidence("test", context.now())
        reader = ControlReader(context, tx, evidence, partner, context.now())
        for content in contents:
            reader.read(content, Mode.OPERATION)
        reader.finish()
        evidence.write(tx)

    run(context.store.write(job))
