"""What was sealed and never offered to the broker is decided anew when trust has changed since."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bus.ports import PublishResult, QuotaExceeded
from bus.protocol.standings import AgreementState
from bus.store import lease
from bus.store import trust as trust_table
from bus.store.writer import Transaction
from gateways.agreements import own_acts
from gateways.relaying import sending
from gateways.relaying.relay_step import StepOptions, run_step
from gateways.stored_trust import stored_documents
from gateways.trust_changes import bring_trust
from schemas.agreement import ActKind, Ceiling
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode
from tests.broker_fixtures import WAIT
from tests.flows.test_agreements import act, concluded, draft, propose, state, until_state
from tests.flows.test_sender import Alone
from tests.flows.world import Gateway, World, subjects
from tests.realm_fixtures import TestRealm, make_realm


@pytest.fixture
async def alone(tmp_path: Path, realm: TestRealm) -> AsyncIterator[Alone]:
    alone = Alone(tmp_path, realm)
    yield alone
    await alone.store.close()


async def cut_off(world: World, gateway: Gateway) -> None:
    """The broker goes away."""
    await world.broker.server.kill()
    await gateway.transport.wait_disconnected(WAIT)


def serials(tx: Transaction) -> list[tuple[int, int, str]]:
    return tx.execute(
        "SELECT serial, attempts, state FROM delivery WHERE publication_seq IS NOT NULL ORDER BY delivery_seq"
    ).fetchall()


async def test_what_was_sealed_before_we_left_does_not_leave_after(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    await cut_off(world, alfa)
    accepted = await alfa.publish("XBB", subject="not for who left")
    await alfa.states(accepted, {"XBB": "sealed"})
    await act(alfa, digest, ActKind.LEAVE)
    assert state(alfa, digest) is AgreementState.LEFT
    await world.broker.server.start()
    await alfa.states(accepted, {"XBB": "withheld"})
    (record,) = await alfa.evidence(AuditEvent.DELIVERY_VOIDED)
    assert (record.partner, record.serial, record.reason) == ("XBB", 1, ReasonCode.AGREEMENT_LEFT)


async def test_nothing_sealed_leaves_for_a_nation_suspended_before_a_restart(world: World) -> None:
    alfa = await world.gateway("XAA")
    await cut_off(world, alfa)
    accepted = await alfa.publish("XBB", "XCC", subject="secret")
    await alfa.states(accepted, {"XBB": "sealed", "XCC": "sealed"})
    await alfa.store.until(
        lambda tx: tx.execute("SELECT value FROM meta WHERE key = 'offered_to'").fetchone(), bool
    )
    await alfa.exchange.bring_trust(world.realm.suspend("XBB").envelopes, actor="test")
    await alfa.stop()
    await world.broker.server.start()
    await alfa.start()
    await alfa.states(accepted, {"XBB": "withheld", "XCC": "sent"})


async def test_of_one_bundle_what_is_still_permitted_goes_on_in_its_order(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    low = draft(id="low", highest=(Ceiling(policy="NATO", classification="NATO RESTRICTED"),))
    digests = [await propose(alfa, low), await propose(alfa)]
    for digest in digests:
        await until_state(bravo, digest, AgreementState.PROPOSED)
        await act(bravo, digest, ActKind.COUNTERSIGN)
        await until_state(alfa, digest, AgreementState.IN_FORCE)
    await cut_off(world, alfa)
    accepted = [
        await alfa.publish("XBB", subject=f"{number}", label={"classification": classification})
        for number, classification in enumerate(("NATO RESTRICTED", "NATO SECRET", "NATO RESTRICTED"))
    ]
    for each in accepted:
        await alfa.states(each, {"XBB": "sealed"})
    await act(alfa, digests[1], ActKind.SUSPEND)
    await world.broker.server.start()
    await alfa.states(accepted[1], {"XBB": "withheld"})
    assert subjects(await bravo.mail(2)) == ["0", "2"]
    for each in (accepted[0], accepted[2]):
        await alfa.states(each, {"XBB": "delivered"})
    found = await alfa.store.read(serials)
    assert [row[0] for row in found] == [1, 2, 3], "each keeps its serial"


async def test_what_was_offered_keeps_its_bytes_and_what_was_not_is_decided_anew(
    alone: Alone, realm: TestRealm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BACKOFF_SECONDS", (0.0,))
    documents = stored_documents(alone.context.trust, alone.clock())
    await alone.store.write(lambda tx: trust_table.replace(tx, documents))
    alone.relay.start()
    offered = await alone.publish("XBB")
    window = await alone.broker.window()
    behind = await alone.publish("XBB")
    other = await alone.publish("XCC")
    await alone.state(other, "sealed")
    await bring_trust(alone.context, realm.suspend("XBB").envelopes, actor="test")
    window.answer.set_result(PublishResult(0, 0, error=QuotaExceeded("no room")))
    again = await alone.broker.window()
    assert [item.payload for item in again.items] == [item.payload for item in window.items]
    again.store()
    await alone.state(offered, "sent")
    await alone.state(behind, "withheld")
    recipients: list[str] = []
    while "XCC" not in recipients:
        window = await alone.broker.window()
        assert not any(".normal.XBB" in item.subject for item in window.items)
        recipients += window.recipients
        window.store()
    await alone.state(other, "sent")
    found = await alone.store.read(serials)
    assert found == [(1, 1, "sent"), (2, 0, "withheld"), (1, 1, "sent")]
    await alone.relay.stop()


async def test_what_waited_sealed_for_long_is_decided_by_the_time_it_leaves(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    terms = draft(not_after=world.clock() + timedelta(hours=1))
    digest = await propose(alfa, terms)
    await until_state(bravo, digest, AgreementState.PROPOSED)
    await act(bravo, digest, ActKind.COUNTERSIGN)
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    await cut_off(world, alfa)
    accepted = await alfa.publish("XBB")
    await alfa.states(accepted, {"XBB": "sealed"})
    world.clock.move(timedelta(hours=2))
    await world.broker.server.start()
    await alfa.states(accepted, {"XBB": "withheld"})


async def test_a_step_in_the_same_commit_as_a_suspension_seals_nothing_under_the_trust_before(
    world: World,
) -> None:
    alfa = await world.gateway("XAA")
    await alfa.exchange.relay.stop()
    accepted = await alfa.publish("XBB")
    context = alfa.exchange.context
    (digest,) = alfa.exchange.trust.book.by_digest
    held = await alfa.store.write(lambda tx: lease.acquire(tx, "test", world.clock(), context.limits.lease))
    assert held is not None
    options = StepOptions(seal=True, count=False)
    suspending = asyncio.ensure_future(own_acts.act(context, digest, ActKind.SUSPEND, actor="test"))
    stepping = asyncio.ensure_future(
        alfa.store.write(lambda tx: run_step(context, tx, held, frozenset(), options))
    )
    await suspending
    step = await stepping
    assert (step.sealed, step.bundles) == (0, ())
    if step.newer is not None:
        context.adopt(step.newer)
    step = await alfa.store.write(lambda tx: run_step(context, tx, held, frozenset(), options))
    await alfa.states(accepted, {"XBB": "withheld"})


async def test_trust_that_was_stored_and_never_adopted_is_adopted_by_the_relay(world: World) -> None:
    """Who brought it was cancelled while the disk took it."""
    alfa = await world.gateway("XAA")
    context = alfa.exchange.context
    adopt, missed = context.adopt, list[object]()
    context.adopt = missed.append  # type: ignore[method-assign, assignment]
    (digest,) = alfa.exchange.trust.book.by_digest
    await alfa.exchange.relay.stop()
    await act(alfa, digest, ActKind.SUSPEND)
    context.adopt = adopt  # type: ignore[method-assign]
    assert len(missed) == 1
    assert state(alfa, digest) is AgreementState.IN_FORCE
    accepted = await alfa.publish("XBB")
    alfa.exchange.relay.start()
    await alfa.states(accepted, {"XBB": "withheld"})
    assert state(alfa, digest) is AgreementState.SUSPENDED


async def test_what_is_due_while_a_partner_rotates_its_keys_waits_for_its_new_consent(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    await alfa.exchange.relay.stop()
    accepted = await alfa.publish("XBB", subject="while keys change")
    rotated = world.realm.rotate("XBB", revoke_old=True)
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    assert state(alfa, digest) is AgreementState.PROPOSED
    alfa.exchange.relay.start()
    await alfa.store.until(waits, bool)
    await alfa.states(accepted, {"XBB": "queued"})
    bravo.exchange.context.take_keys(rotated.keys["XBB"])
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    await alfa.states(accepted, {"XBB": "delivered"})
    assert subjects(await bravo.mail(1)) == ["while keys change"]
    assert alfa.exchange.counters.alarm_release_stopped == 0


@pytest.mark.parametrize("ends", ["left", "suspended", "expired"])
async def test_what_waits_for_new_consent_is_withheld_when_there_can_be_none(world: World, ends: str) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await propose(alfa, draft(not_after=world.clock() + timedelta(hours=1)))
    await until_state(bravo, digest, AgreementState.PROPOSED)
    await act(bravo, digest, ActKind.COUNTERSIGN)
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    await bravo.stop()
    await alfa.exchange.relay.stop()
    accepted = await alfa.publish("XBB")
    rotated = world.realm.rotate("XBB", revoke_old=True)
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    alfa.exchange.relay.start()
    await alfa.store.until(waits, bool)
    assert alfa.exchange.counters.deliveries_withheld == 0
    if ends == "expired":
        world.clock.move(timedelta(hours=2))
        alfa.exchange.context.relay_wanted.set()
    else:
        await act(alfa, digest, ActKind.LEAVE if ends == "left" else ActKind.SUSPEND)
    await alfa.states(accepted, {"XBB": "withheld"})


def waits(tx: Transaction) -> int:
    """How many deliveries wait, queued, for their time."""
    asked = "SELECT count(*) FROM delivery WHERE state = 'queued' AND resend_at IS NOT NULL"
    return int(tx.execute(asked).fetchone()[0])
