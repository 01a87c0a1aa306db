"""A nation's keys change their suite, or are missing: what was accepted is sent, or was refused at once."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from bus.nation_office import key_entries, new_nation_keys, next_record
from bus.store import inbox
from gateways.http.problem_codes import status_of
from gateways.publishing.draft_refused import DraftRefused
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse, SignSuite
from tests.flows.world import Gateway, World, subjects
from tests.realm_fixtures import TestRealm, make_realm


def with_suite(realm: TestRealm, nation: str, suite: SignSuite, world: World) -> TestRealm:
    """The realm after a nation took signing keys of this suite into use, a second later."""
    world.clock.move(timedelta(seconds=1))
    now = world.clock()
    fresh = new_nation_keys(nation, realm.id, randomness=os.urandom, sign_suite=suite)
    added = key_entries(replace(fresh, seal=()), now=now)
    record = next_record(realm.record(nation), realm.roots[nation], now=now, add=added)
    held = realm.keys[nation]
    keys = {**realm.keys, nation: replace(held, signing=(*held.signing, *fresh.signing))}
    return replace(realm, keys=keys).next(realm.realm.with_record(record), now=now)


async def take(gateway: Gateway, realm: TestRealm) -> None:
    """Bring a gateway the realm's documents, and its own keys."""
    gateway.exchange.context.take_keys(realm.keys[gateway.nation])
    await gateway.exchange.bring_trust(realm.envelopes, actor="test")


async def test_what_was_accepted_under_a_weaker_suite_is_withheld_under_cnsa2(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.exchange.relay.stop()
    before = await alfa.publish("XBB", subject="accepted under standard")
    assert before.digest.startswith("sha256:")
    stronger = with_suite(world.realm, "XAA", SignSuite.CNSA2, world)
    await take(bravo, stronger)
    await take(alfa, stronger)
    after = await alfa.publish("XBB", subject="accepted under cnsa2")
    assert after.digest.startswith("sha384:")
    alfa.exchange.relay.start()
    await alfa.states(after, {"XBB": "delivered"})
    await alfa.states(before, {"XBB": "withheld"})
    (withheld,) = await alfa.evidence(AuditEvent.DELIVERY_WITHHELD)
    assert (withheld.reason, withheld.message_id) == (ReasonCode.SUITE_MISMATCH, before.message_id)
    assert subjects(await bravo.mail(1)) == ["accepted under cnsa2"]


@pytest.mark.parametrize("suite", [SignSuite.STANDARD, SignSuite.HYBRID])
async def test_what_was_accepted_under_cnsa2_is_sent_under_another_suite(
    world: World, suite: SignSuite
) -> None:
    world.realm = make_realm(suites={"XAA": SignSuite.CNSA2})
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.exchange.relay.stop()
    accepted = await alfa.publish("XBB", subject="accepted under cnsa2")
    assert accepted.digest.startswith("sha384:")
    other = with_suite(world.realm, "XAA", suite, world)
    await take(bravo, other)
    await take(alfa, other)
    alfa.exchange.relay.start()
    await alfa.states(accepted, {"XBB": "delivered"})
    (filed,) = await bravo.mail(1)
    assert filed.digest == accepted.digest


async def test_without_a_key_in_force_a_draft_is_refused_at_once(world: World) -> None:
    world.realm = make_realm(suites={"XAA": SignSuite.CNSA2})
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    kid = world.realm.signer("XAA", mode=Mode.TEST).kid
    without = world.realm.revoke("XAA", kid)
    await take(alfa, without)
    with pytest.raises(DraftRefused) as refused:
        await alfa.publish("XBB", header={"mode": "TEST"})
    assert (refused.value.code, status_of(refused.value.code).value) == (ReasonCode.KEY_UNKNOWN, 503)
    (record,) = await alfa.evidence(AuditEvent.PUBLICATION_REFUSED)
    assert (record.reason, record.mode) == (ReasonCode.KEY_UNKNOWN, Mode.TEST)
    # Another mode has a key of its own; and a new key opens this one again.
    await alfa.publish("XBB", subject="no test")
    again = with_suite(without, "XAA", SignSuite.CNSA2, world)
    await take(bravo, again)
    await take(alfa, again)
    accepted = await alfa.publish("XBB", header={"mode": "TEST"}, subject="with a new key")
    await alfa.states(accepted, {"XBB": "delivered"})


async def test_receipts_owed_while_there_is_no_key_are_sent_under_whichever_comes(world: World) -> None:
    world.realm = make_realm(suites={"XBB": SignSuite.CNSA2})
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    without = world.realm.revoke("XBB", world.realm.signer("XBB", KeyUse.RECEIPT).kid)
    await take(bravo, without)
    accepted = await alfa.publish("XBB")
    await bravo.store.until(inbox.latest_seq, lambda latest: latest == 1)
    again = with_suite(without, "XBB", SignSuite.CNSA2, world)
    await take(alfa, again)
    await take(bravo, again)
    await alfa.states(accepted, {"XBB": "delivered"})
