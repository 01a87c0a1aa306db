"""A nation joins a community while the bus runs: it gets what is issued from then on, nothing from before."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.community import Membership
from schemas.trust import DocumentType
from tests.broker_fixtures import Broker
from tests.flows.world import World, subjects
from tests.realm_fixtures import NOW, community_document, make_realm

HOUR = timedelta(hours=1)


@pytest.fixture
async def joining(tmp_path: Path, broker: Broker) -> AsyncIterator[World]:
    """XCC joins NORDIC in an hour; everybody knows it already."""
    members = ("XAA", "XBB", Membership(nation="XCC", since=NOW + HOUR))
    world = World(tmp_path, broker, make_realm(communities={"NORDIC": members}))
    yield world
    await world.stop()


async def test_what_was_issued_before_an_accession_stays_closed_to_the_new_member(joining: World) -> None:
    alfa, bravo, charlie = await joining.trio()
    before = await alfa.publish("NORDIC", subject="before the accession")
    await alfa.states(before, {"XBB": "delivered"})
    joining.clock.move(HOUR)
    # What waits is resent, decided anew, by membership as it is now: the label is what it was.
    alfa.exchange.context.relay_wanted.set()
    after = await alfa.publish("NORDIC", subject="after the accession")
    await alfa.states(after, {"XBB": "delivered", "XCC": "delivered"})
    await alfa.states(before, {"XBB": "delivered"})
    assert subjects(await charlie.mail(1)) == ["after the accession"]
    assert subjects(await bravo.mail(2)) == ["before the accession", "after the accession"]
    assert await charlie.gaps() == {}


async def test_a_new_version_of_the_community_takes_effect_at_once_and_not_backwards(joining: World) -> None:
    alfa, bravo, charlie = await joining.trio()
    before = await alfa.publish("NORDIC", subject="while it was still to come")
    await alfa.states(before, {"XBB": "delivered"})
    realm = joining.realm
    held = realm.realm.documents[DocumentType.COMMUNITY, "NORDIC"].document
    joining.clock.move(timedelta(seconds=1))
    earlier = ("XAA", "XBB", Membership(nation="XCC", since=joining.clock()))
    changed = community_document(realm.id, "NORDIC", earlier, held.version + 1)
    newer = realm.next(realm.realm.with_document(changed, realm.authority), now=joining.clock())
    for gateway in (alfa, bravo, charlie):
        await gateway.exchange.bring_trust(newer.envelopes, actor="test")
    after = await alfa.publish("NORDIC", subject="from its accession on")
    await alfa.states(after, {"XBB": "delivered", "XCC": "delivered"})
    assert subjects(await charlie.mail(1)) == ["from its accession on"]
