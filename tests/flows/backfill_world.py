"""A nation about to join a community, and what it is to be given of before; for the tests of backfills."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import publications
from bus.store.backfills import StoredBackfill
from gateways.backfill.acts import confirm, listing_of, propose
from gateways.backfill.listing import BackfillRequest
from gateways.backfill.refused import BackfillRefused
from gateways.publishing.accepted import Accepted
from schemas.audit import AuditEvent
from schemas.community import Membership
from schemas.header import Mode
from schemas.reasons import ReasonCode
from tests.broker_fixtures import Broker
from tests.flows.world import ALERT, Gateway, World
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

HOUR = timedelta(hours=1)


@pytest.fixture
async def joining(tmp_path: Path, broker: Broker) -> AsyncIterator[World]:
    """XCC joins NORDIC in an hour. A second agreement lets it have no more than RESTRICTED."""
    members = ("XAA", "XBB", Membership(nation="XCC", since=NOW + HOUR))
    agreed = (
        AgreementPlan(id="two", parties=("XAA", "XBB")),
        AgreementPlan(id="three", highest=(("NATO", "NATO RESTRICTED"),)),
    )
    world = World(tmp_path, broker, make_realm(communities={"NORDIC": members}, agreements=agreed))
    yield world
    await world.stop()


def asked(**changed: Any) -> BackfillRequest:
    given = {"community": "NORDIC", "nation": "XCC", "mode": Mode.OPERATION, "since": NOW - HOUR}
    return BackfillRequest.model_validate({**given, **changed})


async def proposed(gateway: Gateway, **changed: Any) -> StoredBackfill:
    return await propose(gateway.exchange.context, asked(**changed), author="key-1")


async def confirmed(gateway: Gateway, made: StoredBackfill, digest: str | None = None) -> StoredBackfill:
    context = gateway.exchange.context
    return await confirm(context, made.backfill_id, digest or made.digest, author="operator:anna")


async def refused(gateway: Gateway, made: StoredBackfill, digest: str | None = None) -> ReasonCode:
    """Confirming is refused, which is recorded, and nothing is published."""
    before = await gateway.store.read(lambda tx: len(publications.list_newest(tx, limit=500)))
    with pytest.raises(BackfillRefused) as caught:
        await confirmed(gateway, made, digest)
    assert await gateway.store.read(lambda tx: len(publications.list_newest(tx, limit=500))) == before
    *_, record = await gateway.evidence(AuditEvent.BACKFILL_REFUSED)
    assert (record.reason, record.actor) == (caught.value.code, "operator:anna")
    return caught.value.code


def said(made: StoredBackfill) -> dict[str, str]:
    """Title to what becomes of it."""
    return {
        str(item.subject): "sends" if item.sends else item.left_out or item.code.value
        for item in listing_of(made).items
    }


async def withdraw(gateway: Gateway, accepted: Accepted) -> None:
    """Cancel an alert of ours once it may have left."""
    await gateway.store.until(
        lambda tx: tx.execute(
            "SELECT count(*) FROM delivery JOIN publication USING (publication_seq)"
            " WHERE publication_id = ? AND serial IS NOT NULL",
            (accepted.publication_id,),
        ).fetchone()[0],
        bool,
    )
    reference = {
        "message_id": accepted.message_id,
        "originator": gateway.nation,
        "digest": accepted.digest,
        "relation": "cancels",
    }
    body = {**ALERT, "action": "CANCEL"}
    await gateway.publish("XBB", header={"references": [reference]}, body=body, subject="it is cancelled")
