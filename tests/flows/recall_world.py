"""Three small gateways, one of which recalls what it sent; for the tests of recall."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bus.store import audit, events, publications, recall_asked, recalls, withdrawals
from bus.store.events import StoredEvent
from bus.store.inbox import InboxMessage
from bus.store.recall_asked import Asked
from bus.store.withdrawals import ReceivedRecall
from gateways.publishing.accepted import Accepted
from gateways.recalling.recalling import WantedRecall, recall
from gateways.receiving.control_in import ControlReader
from schemas.audit import AuditEvent, AuditRecord
from schemas.control import Control
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.recall import Recall, Recalled, RecallReason
from tests.faults.small_world import SmallGateway, SmallWorld, run
from tests.flows.world import draft
from tests.realm_fixtures import AgreementPlan, TestRealm, make_realm

SECRET = "Harbour gates stand open until nine"
BY = "operator:anna"


class RecallWorld(SmallWorld):
    """XAA writes; XBB and XCC have an agreement with it each."""

    def publish(self, *to: str, by: str = "XAA", **options: Any) -> Accepted:
        return self.gateways[by].publish(draft(to, **{"subject": SECRET} | options))

    def recall(
        self,
        accepted: Accepted | str,
        *,
        by: str = "XAA",
        reason: RecallReason = RecallReason.ISSUED_IN_ERROR,
        history: bool = False,
        kinds: frozenset[Kind] | None = None,
    ) -> int:
        name = accepted if isinstance(accepted, str) else accepted.publication_id

        def sees(kind: Kind, mode: Mode) -> bool:
            return kinds is None or kind in kinds

        return run(recall(self.gateways[by].context, WantedRecall(name, reason, history, BY, sees)))

    def settle(self) -> None:
        """Everything under way arrives, and what that brings about too; no time passes."""
        for nation in self.gateways:
            self.relay(nation)
        while any(self.travelling.values()):
            for nation in self.gateways:
                while self.travelling[nation]:
                    self.deliver(nation)
            for nation in self.gateways:
                self.relay(nation)

    def tx(self, nation: str) -> Any:
        return self.gateways[nation].store.connection

    def states(self, accepted: Accepted, by: str = "XAA") -> dict[str, tuple[str, str | None]]:
        found = publications.get(self.tx(by), accepted.publication_id)
        assert found is not None
        return {row.nation: (row.state, row.reason) for row in found.publication.deliveries}

    def asked(self, accepted: Accepted, by: str = "XAA") -> dict[str, Asked]:
        found = recalls.find(self.tx(by), accepted.publication_id)
        assert found is not None
        reached = recalls.reached_by(self.tx(by), found.publication_seq)
        rows = recall_asked.asked_of(self.tx(by), [row.publication_seq for row in reached])
        return {row.nation: row for row in rows}

    def received(self, nation: str, accepted: Accepted) -> ReceivedRecall | None:
        named = ("XAA", accepted.message_id, accepted.digest, Mode.OPERATION)
        return withdrawals.received(self.tx(nation), named)

    def the_copy(self, nation: str) -> InboxMessage:
        (found,) = self.gateways[nation].inbox()
        return found

    def records(self, nation: str, event: AuditEvent) -> list[AuditRecord]:
        stored = audit.list_after(self.tx(nation), limit=10_000, event=event)
        return [AuditRecord.model_validate_json(entry.record) for entry in stored]

    def events(self, nation: str, event: EventType) -> list[StoredEvent]:
        page = events.look(self.tx(nation), limit=10_000)
        return [each for each in page.events if each.type is event]

    def hears(self, nation: str, partner: str, said: Recall | Recalled) -> ControlReader:
        """What a partner signed on the control lane, true or not, is read."""
        gateway: SmallGateway = self.gateways[nation]
        evidence = gateway.context.evidence("test", self.now)

        def job(tx: Any) -> ControlReader:
            reader = ControlReader(gateway.context, tx, evidence, partner, self.now)
            reader.read(Control(v=1, control=said), said.mode)
            reader.finish()
            evidence.write(tx)
            return reader

        return run(gateway.store.write(job))


def pairs() -> TestRealm:
    return make_realm(
        agreements=tuple(
            AgreementPlan(id=f"with-{other.lower()}", parties=("XAA", other)) for other in ("XBB", "XCC")
        )
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RecallWorld]:
    made = RecallWorld(tmp_path, pairs())
    yield made
    for gateway in made.gateways.values():
        gateway.store.connection.close()
