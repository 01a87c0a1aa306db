"""A nation's real credentials against the real server: nothing changes, nothing leaks.

Every attack runs twice: as the realm is configured, and with the users' permissions struck out, since the
account boundary must hold alone. test_attack_controls.py shows that the same checks notice success.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from tests.broker_fixtures import worked_off
from tests.transport.attack_table import CONTROLLED, REPLIES, SUBSCRIPTIONS, UNCONTROLLED, Attack
from tests.transport.attack_world import (
    GUARDED,
    NO_WAIT,
    UNGUARDED,
    World,
    changes,
    drained,
    next_subject,
    of_others,
    reset,
    world,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = "out.XAA.ts.normal.XAA"
NOT_IN_THIS_ACCOUNT = {10039, 10010}
"""JetStream is not enabled here; there is no cluster here."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[GUARDED, UNGUARDED])
async def realm(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("realm"), request.param) as made:
        yield made


@pytest.mark.parametrize("attack", CONTROLLED + UNCONTROLLED, ids=lambda attack: attack.name)
async def test_a_nation_fails_to(realm: World, attack: Attack) -> None:
    await realm.overheard()
    before = await realm.snapshot()
    await realm.attacker.strike(attack.subject.format(pending=realm.pending_ack), attack.payload)
    if realm.layer == GUARDED:
        assert realm.attacker.was_denied("publish")
    assert changes(before, await realm.snapshot()) == []
    assert [message for message in await realm.attacker.answers() if not says_no(message)] == []
    assert await realm.overheard() == []


@pytest.mark.parametrize(("subject", "queue"), SUBSCRIPTIONS.values(), ids=SUBSCRIPTIONS.keys())
async def test_a_nation_listens_in_vain_to(realm: World, subject: str, queue: str) -> None:
    realm.attacker.errors.clear()
    spy = await realm.attacker.client.subscribe(subject, queue=queue)
    await worked_off(realm.attacker.client)
    if realm.layer == GUARDED:
        assert realm.attacker.was_denied("subscription")
    await realm.traffic_among_victims()
    await worked_off(realm.attacker.client)
    assert await drained(spy) == []
    await spy.unsubscribe()


async def _publish(realm: World, reply: str) -> None:
    await realm.attacker.client.publish(OWN, b"bait", reply=reply)


async def _pull_nothing(realm: World, reply: str) -> None:
    await realm.attacker.client.publish(next_subject("XAA"), NO_WAIT, reply=reply)


async def _pull_a_bundle(realm: World, reply: str) -> None:
    await realm.attacker.ask(OWN, b"bait")
    await realm.settle_delivery()
    await realm.attacker.client.publish(next_subject("XAA"), NO_WAIT, reply=reply)


async def _rewind(realm: World, reply: str) -> None:
    await realm.attacker.client.publish(reset("XAA"), reply=reply)


async def _acknowledge(realm: World, reply: str) -> None:
    await realm.attacker.ask(OWN, b"bait")
    await realm.settle_delivery()
    bundle = await realm.attacker.ask(next_subject("XAA"), b'{"no_wait": true}')
    assert bundle.data == b"bait"
    await realm.attacker.client.publish(bundle.reply, b"+ACK", reply=reply)
    await realm.attacker.ask(bundle.reply, b"+ACK")


CARRIERS = {
    "a publish": _publish,
    "a pull from an empty mailbox": _pull_nothing,
    "a pull of a waiting bundle": _pull_a_bundle,
    "a rewind": _rewind,
    "an ack": _acknowledge,
}


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS.keys())
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
async def test_a_reply_subject_cannot(
    realm: World, reply: str, carrier: Callable[[World, str], Awaitable[None]]
) -> None:
    await realm.restore()
    await realm.overheard()
    before = await realm.snapshot()
    await carrier(realm, reply.format(pending=realm.pending_ack))
    # Honest requests of every sort behind the crooked one: when they are answered, it was worked off.
    await realm.attacker.ask(OWN, b"honest")
    await realm.attacker.ask(next_subject("XAA"), b'{"no_wait": true}')
    await realm.attacker.ask(reset("XAA"))
    await realm.settle_delivery()
    after = await realm.snapshot()
    assert changes(of_others(before), of_others(after)) == []
    own = {name: after["streams"][name]["state"]["messages"] for name in ("OUT_XAA", "OUT_XBB", "OUT_XCC")}
    # What was sent by way of the attack counts as the attacker's own, or not at all.
    assert after["streams"]["DELIVERY"]["state"]["messages"] == sum(own.values())
    assert await realm.overheard() == []


def says_no(message: Msg) -> bool:
    """Whether an answer is JetStream's "not in this account", which says nothing about the hub."""
    try:
        code = json.loads(message.data)["error"]["err_code"]
    except (ValueError, KeyError, TypeError):
        return False
    return code in NOT_IN_THIS_ACCOUNT
