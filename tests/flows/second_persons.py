"""Second persons for tests: their word, and one gateway in the small world whose drafts wait for it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bus.store import audit, pending, publications
from bus.store.publications import PublicationDetail
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.publishing.accepted import Accepted
from gateways.releasing.not_released import NotReleased
from gateways.releasing.second_person import Word, release_digest, take_word
from schemas.audit import AuditEvent, AuditRecord
from schemas.reasons import ReasonCode
from tests.faults.small_world import SmallGateway, SmallWorld, run
from tests.flows.world import draft, subjects
from tests.realm_fixtures import AgreementPlan, make_realm

R = ReasonCode
FLASH: dict[str, Any] = {"precedence": "FLASH"}
OTHERS = ("XBB", "XCC")
WAITING = dict.fromkeys(OTHERS, ("pending_release", None))


def anybody(tx: Transaction, now: datetime) -> None:
    """Who signs in how is the HTTP side's business."""


def word(accepted: Accepted, tx: Transaction, **changes: Any) -> Word:
    found = pending.find(tx, accepted.publication_id)
    assert found is not None
    digest = release_digest(tuple(pending.contents(tx, found.wait).values()))
    given = {"confirm": True, "note": None, "by": "operator:rita", "digest": digest}
    return Word(accepted.publication_id, **given | changes)


class Small:
    """XAA in the small world, whose agreements are one for each pair."""

    def __init__(self, directory: Path) -> None:
        pairs = tuple(AgreementPlan(id=f"with-{other.lower()}", parties=("XAA", other)) for other in OTHERS)
        self.world = SmallWorld(directory, make_realm(agreements=pairs))

    @property
    def gateway(self) -> SmallGateway:
        return self.world.gateways["XAA"]

    @property
    def context(self) -> GatewayContext:
        return self.gateway.context

    @property
    def tx(self) -> Any:
        return self.gateway.store.connection

    def publish(self, subject: str = "Test", **header: Any) -> Accepted:
        return self.gateway.publish(draft(OTHERS, subject=subject, header=FLASH | header))

    def confirm(self, accepted: Accepted, **changes: Any) -> None:
        run(take_word(self.context, word(accepted, self.tx, **changes), anybody))

    def refused(self, accepted: Accepted, **changes: Any) -> ReasonCode:
        before = self.detail(accepted), pending.of_publication(self.tx, accepted.publication_id)
        with pytest.raises(NotReleased) as caught:
            self.confirm(accepted, **changes)
        assert before == (self.detail(accepted), pending.of_publication(self.tx, accepted.publication_id))
        return caught.value.code

    def detail(self, accepted: Accepted) -> PublicationDetail:
        found = publications.get(self.tx, accepted.publication_id)
        assert found is not None
        return found

    def states(self, accepted: Accepted) -> dict[str, tuple[str, ReasonCode | None]]:
        return {row.nation: (row.state, row.reason) for row in self.detail(accepted).publication.deliveries}

    def records(self, event: AuditEvent) -> list[AuditRecord]:
        stored = audit.list_after(self.tx, limit=1000, event=event)
        return [AuditRecord.model_validate_json(entry.record) for entry in stored]

    def arrived(self, nation: str) -> list[str]:
        """Everything that was sent is delivered; the titles in the nation's inbox."""
        while self.world.travelling[nation]:
            self.world.deliver(nation)
        return subjects(self.world.gateways[nation].inbox())


def with_tear_line(whole: bytes, lower: bytes) -> bytes:
    made, other = json.loads(whole), json.loads(lower)
    line = {"label": other["label"], "subject": other["header"]["subject"], "body": other["body"]}
    return json.dumps(made | {"tear_lines": [line]}).encode()
