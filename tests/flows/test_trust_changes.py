"""Trust changes at run time: release, admission and held bundles follow at once."""

from datetime import timedelta

import pytest

from bus.protocol.errors import TrustError, TrustIncompleteError
from bus.protocol.trust import TrustStore
from bus.store import held as held_table
from bus.store import lease, rejected
from bus.store import trust as trust_table
from bus.store.writer import Transaction
from gateways import trust_changes
from gateways.context import FlowLimits
from gateways.relaying import control_out
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import Lane
from tests.agreed_realm import bring_agreed
from tests.flows.world import World, subjects
from tests.realm_fixtures import AgreementPlan


async def test_a_message_under_a_new_key_is_held_until_the_trust_update_comes(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    control = bravo.exchange.receivers[Lane.CONTROL]
    await control.stop()
    rotated = world.realm.rotate("XAA", now=world.clock() + timedelta(seconds=1))
    world.clock.move(timedelta(seconds=2))
    alfa.exchange.context.keys = rotated.keys["XAA"]
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    accepted = await alfa.publish("XBB", "XCC", subject="under the new key")
    (held,) = await bravo.evidence(AuditEvent.MESSAGE_HELD)
    assert held.reason is ReasonCode.KEY_UNKNOWN
    assert bravo.exchange.inbox_changed.latest == 0
    control.start()
    assert subjects(await bravo.mail(1)) == ["under the new key"]
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "delivered"})
    await bravo.store.until(held_table.count_by_originator, lambda held: not held)


async def test_a_message_under_a_revoked_key_is_held_and_refused_after_a_day(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.exchange.receivers[Lane.CONTROL].stop()
    kid = world.realm.signer("XAA", KeyUse.MESSAGE).kid
    await bravo.exchange.bring_trust(world.realm.revoke("XAA", kid).envelopes, actor="test")
    accepted = await alfa.publish("XBB")
    (held,) = await bravo.evidence(AuditEvent.MESSAGE_HELD)
    assert held.reason is ReasonCode.KEY_REVOKED
    world.clock.move(timedelta(hours=24))
    bravo.exchange.context.held_wanted.set()
    refused = await bravo.evidence(AuditEvent.MESSAGE_REJECTED)
    assert refused[0].reason is ReasonCode.HELD_TOO_LONG
    (listed,) = await bravo.store.read(lambda tx: rejected.list_newest(tx))
    assert (listed.originator, listed.reason) == ("XAA", ReasonCode.HELD_TOO_LONG)
    assert bravo.exchange.inbox_changed.latest == 0
    # Nothing was verified, so nothing is told to the originator.
    await alfa.states(accepted, {"XBB": "sent"})


async def test_a_message_issued_ahead_is_held_until_its_time(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    ahead = world.clock() + timedelta(minutes=30)
    alfa.exchange.context.now = lambda: ahead
    accepted = await alfa.publish("XBB")
    (held,) = await bravo.evidence(AuditEvent.MESSAGE_HELD)
    assert held.reason is ReasonCode.ISSUED_IN_FUTURE
    world.clock.move(timedelta(minutes=30))
    bravo.exchange.context.held_wanted.set()
    (filed,) = await bravo.mail(1)
    assert not filed.late
    await alfa.states(accepted, {"XBB": "delivered"})


async def test_what_no_agreement_covers_any_more_is_withheld_without_a_serial(world: World) -> None:
    world.limits = FlowLimits(lease=timedelta(seconds=0.5))
    alfa = await world.gateway("XAA")
    context = alfa.exchange.context
    await alfa.exchange.relay.stop()
    other = await alfa.store.write(lambda tx: lease.acquire(tx, "other", world.clock(), timedelta(minutes=5)))
    assert other is not None
    accepted = await alfa.publish("XBB", "XCC")
    alfa.exchange.relay.start()
    narrower = world.realm.agree(AgreementPlan(parties=("XAA", "XCC")))
    await bring_agreed(context, narrower.envelopes)
    await alfa.states(accepted, {"XBB": "queued", "XCC": "queued"})
    await alfa.job(lambda tx: lease.release(tx, other))
    await alfa.states(accepted, {"XBB": "withheld", "XCC": "sent"})
    (withheld,) = await alfa.evidence(AuditEvent.DELIVERY_WITHHELD)
    assert (withheld.partner, withheld.reason, withheld.serial) == ("XBB", ReasonCode.NO_AGREEMENT, None)
    assert context.counters.deliveries_withheld == 1


async def test_an_older_snapshot_is_refused_and_recorded(world: World) -> None:
    alfa = await world.gateway("XAA")
    newer = world.realm.next(now=world.clock() + timedelta(seconds=1))
    await alfa.exchange.bring_trust(newer.envelopes, actor="test")
    version = alfa.exchange.trust.trust_version
    fork = world.realm.next(now=world.clock() + timedelta(seconds=2))
    with pytest.raises(TrustError) as refused:
        await alfa.exchange.bring_trust(fork.envelopes, actor="test")
    assert refused.value.code is ReasonCode.TRUST_FORK
    (record,) = await alfa.evidence(AuditEvent.TRUST_REFUSED)
    assert record.reason is ReasonCode.TRUST_FORK
    assert alfa.exchange.trust.trust_version == version


async def test_a_stale_snapshot_stops_release_until_a_fresh_one_comes(world: World) -> None:
    alfa = await world.gateway("XAA")
    await world.broker.server.kill()
    await alfa.exchange.relay.stop()
    accepted = await alfa.publish("XBB")
    world.clock.move(timedelta(days=31))
    alfa.exchange.relay.start()
    await world.broker.server.start()
    await alfa.exchange.relay.active.wait()
    await alfa.job(lambda tx: None)
    await alfa.states(accepted, {"XBB": "queued"})
    fresh = world.realm.next(now=world.clock())
    await alfa.exchange.bring_trust(fresh.envelopes, actor="test")
    await alfa.states(accepted, {"XBB": "sent"})


async def test_a_recipient_without_a_seal_key_does_not_hold_up_the_others(world: World) -> None:
    alfa = await world.gateway("XAA")
    seal_keys = [entry.kid for entry in world.realm.record("XBB").document.keys if entry.use is KeyUse.SEAL]
    await alfa.exchange.bring_trust(world.realm.revoke("XBB", *seal_keys).envelopes, actor="test")
    accepted = await alfa.publish("XBB", "XCC")
    await alfa.states(accepted, {"XBB": "queued", "XCC": "sent"})
    assert alfa.exchange.counters.alarm_release_stopped > 0


async def test_a_gateway_with_a_stale_snapshot_learns_of_a_fresh_one_from_a_partner(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    world.clock.move(timedelta(days=31))
    fresh = world.realm.next(now=world.clock())
    await alfa.exchange.bring_trust(fresh.envelopes, actor="test")
    await bravo.evidence(AuditEvent.TRUST_CHANGED)
    accepted = await alfa.publish("XBB", subject="after a month")
    assert subjects(await bravo.mail(1)) == ["after a month"]
    await alfa.states(accepted, {"XBB": "delivered"})


async def test_a_set_of_documents_that_comes_in_parts_is_put_in_force_once_complete(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_out, "TRUST_ROOM", 6_000)
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    realm = world.realm
    for number in range(8):
        realm = realm.agree(AgreementPlan(id=f"further-{number}", parties=("XAA", "XCC")))
    await alfa.exchange.bring_trust(realm.envelopes, actor="test")
    stored = await bravo.store.until(
        lambda tx: TrustStore.open(world.realm.id, trust_table.envelopes(tx)),
        lambda trust: trust.trust_version == realm.trust.trust_version,
    )
    assert set(stored.agreements) == set(realm.trust.agreements)


async def test_an_update_that_rests_on_one_not_yet_seen_waits_for_it(world: World) -> None:
    bravo = await world.gateway("XBB")
    first = world.realm.agree(AgreementPlan(id="first", parties=("XAA", "XBB")))
    second = first.agree(AgreementPlan(id="second", parties=("XAA", "XBB")))
    only_second = [each for each in second.envelopes if each not in first.envelopes]
    only_first = [each for each in first.envelopes if each not in world.realm.envelopes]
    now = world.clock()

    def late_then_early(tx: Transaction) -> TrustStore | None:
        evidence = bravo.exchange.context.evidence("test", now)
        with pytest.raises(TrustIncompleteError):
            trust_changes.take_up(bravo.exchange.context, tx, only_second, evidence, now, "XAA")
        trust_changes.keep_incomplete(tx, only_second)
        return trust_changes.take_up(bravo.exchange.context, tx, only_first, evidence, now, "XAA")

    updated = await bravo.store.write(late_then_early)
    assert updated is not None
    assert updated.trust_version == second.trust.trust_version


async def test_what_waits_for_the_rest_of_its_set_does_not_spoil_what_comes(world: World) -> None:
    bravo = await world.gateway("XBB")
    first = world.realm.agree(AgreementPlan(id="first", parties=("XAA", "XBB")))
    never = first.agree(AgreementPlan(id="never", parties=("XAA", "XBB")))
    snapshot_alone = [each for each in never.envelopes if each not in first.envelopes][:1]
    now = world.clock()

    def job(tx: Transaction) -> TrustStore | None:
        evidence = bravo.exchange.context.evidence("test", now)
        trust_changes.keep_incomplete(tx, snapshot_alone)
        return trust_changes.take_up(bravo.exchange.context, tx, first.envelopes, evidence, now, "XAA")

    updated = await bravo.store.write(job)
    assert updated is not None
    assert updated.trust_version == first.trust.trust_version


async def test_a_nation_that_replaces_its_receipt_key_tells_partners_under_the_new_one(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    rotated = world.realm.rotate("XAA", uses=(KeyUse.MESSAGE, KeyUse.RECEIPT), revoke_old=True)
    world.clock.move(timedelta(seconds=2))
    alfa.exchange.context.keys = rotated.keys["XAA"]
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    accepted = await alfa.publish("XBB", subject="under keys nobody knew")
    assert subjects(await bravo.mail(1)) == ["under keys nobody knew"]
    await alfa.states(accepted, {"XBB": "delivered"})
    await bravo.store.until(held_table.count_by_originator, lambda held: not held)


async def test_keys_that_come_after_their_documents_open_what_is_held_and_sign_what_waits(
    world: World,
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    later = world.clock() + timedelta(seconds=1)
    rotated = world.realm.rotate("XAA", now=later).rotate("XBB", [KeyUse.SEAL], now=later)
    world.clock.move(timedelta(seconds=2))
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    await bravo.exchange.bring_trust(rotated.envelopes, actor="test")
    waits = await alfa.publish("XBB", subject="waits for its key")
    await alfa.states(waits, {"XBB": "queued"})
    alfa.exchange.context.take_keys(rotated.keys["XAA"])
    held = await bravo.evidence(AuditEvent.MESSAGE_HELD)
    assert {record.reason for record in held} == {ReasonCode.SEAL_KEY_UNKNOWN}
    assert bravo.exchange.inbox_changed.latest == 0
    bravo.exchange.context.take_keys(rotated.keys["XBB"])
    assert subjects(await bravo.mail(1)) == ["waits for its key"]
    await alfa.states(waits, {"XBB": "delivered"})
    assert await bravo.store.read(held_table.count_by_originator) == {}
