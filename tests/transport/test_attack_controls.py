"""The checks of test_attacks.py can fail: the same actions, done by somebody who may, are noticed.

Also why every nation has an account of its own: within the hub's account the reply-subject attack works.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.broker_fixtures import WAIT, worked_off
from tests.transport.attack_table import CONTROLLED, REPLIES, Attack
from tests.transport.attack_world import (
    NO_WAIT,
    SECRET,
    UNGUARDED,
    World,
    changes,
    next_subject,
    of_others,
    status_of,
    world,
)


@pytest.fixture
async def realm(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def noticed(sign: Callable[[], Awaitable[bool]]) -> bool:
    """Whether a sign of success is seen in time; every look is a request to the server."""
    deadline = asyncio.get_running_loop().time() + WAIT
    while not (seen := await sign()) and asyncio.get_running_loop().time() < deadline:
        pass
    return seen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def read_only_realm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("realm")) as made:
        yield made


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("attack", [a for a in CONTROLLED if a.reads], ids=lambda attack: attack.name)
async def test_the_checks_notice_an_answer_when_the_hubs_admin_does(
    read_only_realm: World, attack: Attack
) -> None:
    hub = read_only_realm.hub
    await hub.answers()
    await hub.strike(attack.subject.format(pending=read_only_realm.pending_ack), attack.payload)

    async def answered() -> bool:
        return bool(await hub.answers())

    assert await noticed(answered)


@pytest.mark.parametrize("attack", [a for a in CONTROLLED if not a.reads], ids=lambda attack: attack.name)
async def test_the_checks_notice_a_change_when_the_hubs_admin_does(realm: World, attack: Attack) -> None:
    before = await realm.snapshot()
    await realm.hub.strike(attack.subject.format(pending=realm.pending_ack), attack.payload)

    async def changed() -> bool:
        return bool(changes(before, await realm.snapshot()))

    assert await noticed(changed)


async def test_a_spy_in_the_hubs_account_hears_the_traffic_of_the_subscription_tests(realm: World) -> None:
    spy = await realm.hub.client.subscribe("out.>")
    await worked_off(realm.hub.client)
    await realm.traffic_among_victims()
    assert (await spy.next_msg(WAIT)).data == SECRET


async def test_the_taps_hear_what_reaches_another_nations_inbox(tmp_path: Path) -> None:
    async with world(tmp_path, UNGUARDED) as realm:
        await realm.overheard()
        victim = realm.victims[0].client
        await victim.publish("_INBOX_XBB.tapped", b"")
        await worked_off(victim)
        assert await realm.overheard() == ["_INBOX_XBB.tapped"]


# Left out, since a pull's answer does nothing there even in the hub's account: the server maps the domain's
# name for clients' own publishes only, a rewind must carry a reply subject and an ack must be an ack's word,
# and an inbox has no state.
WORKING_REPLIES = {
    name: reply
    for name, reply in REPLIES.items()
    if reply.startswith(("$JS.API.STREAM", "$JS.API.CONSUMER.DELETE", "out."))
}


@pytest.mark.parametrize("reply", WORKING_REPLIES.values(), ids=WORKING_REPLIES.keys())
async def test_in_one_shared_account_a_pulls_reply_subject_does(realm: World, reply: str) -> None:
    before = of_others(await realm.snapshot())
    await realm.hub.client.publish(next_subject("XAA", "urgent"), NO_WAIT, reply=reply)

    async def changed() -> bool:
        return bool(changes(before, of_others(await realm.snapshot())))

    assert await noticed(changed)


async def test_a_pull_of_ones_own_mail_succeeds_with_the_attackers_credentials(realm: World) -> None:
    bundle = await realm.attacker.ask(next_subject("XAA"), NO_WAIT)
    assert status_of(bundle) is None
    assert bundle.data == SECRET
