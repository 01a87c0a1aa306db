"""Agreements concluded, suspended and left at run time: three gateways, a real broker, nobody restarts."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bus.nation_office import agreement_act
from bus.protocol.standings import AgreementState, Standing
from bus.protocol.trust import TrustStore
from bus.store import held as held_table
from bus.store import trust as trust_table
from gateways import trust_changes
from gateways.agreements import own_acts
from gateways.agreements.own_acts import AgreementRefused
from gateways.key_file import KeyFile, take_renewed
from gateways.publishing.draft_refused import DraftRefused
from gateways.receiving.control_in import ControlReader
from schemas.agreement import ActKind, AgreementDraft, Ceiling
from schemas.audit import AuditEvent
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.agreed_realm import bring_agreed
from tests.broker_fixtures import WAIT
from tests.flows.world import Gateway, World, subjects
from tests.protocol.agreement_papers import act as signed_act
from tests.protocol.agreement_papers import proposal
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

R = ReasonCode


def draft(parties: Sequence[str] = ("XAA", "XBB"), **changed: object) -> AgreementDraft:
    """Everything up to NATO SECRET between two."""
    terms: dict[str, object] = {
        "id": "pact",
        "title": "A pact",
        "parties": tuple(parties),
        "kinds": tuple(Kind),
        "modes": tuple(Mode),
        "highest": (Ceiling(policy="NATO", classification="NATO SECRET"),),
        "not_before": NOW - timedelta(days=1),
        "not_after": NOW + timedelta(days=300),
    }
    return AgreementDraft.model_validate({**terms, **changed})


async def propose(gateway: Gateway, terms: AgreementDraft | None = None) -> str:
    return await own_acts.propose(gateway.exchange.context, terms or draft(), actor="test")


async def act(gateway: Gateway, digest: str, kind: ActKind) -> None:
    await own_acts.act(gateway.exchange.context, digest, kind, actor="test")


def state(gateway: Gateway, digest: str) -> AgreementState:
    return gateway.exchange.trust.book.by_digest[digest].state(gateway.world.clock())


async def until(gateway: Gateway, wanted: Callable[[TrustStore], bool]) -> None:
    """Wait until what is in force at a gateway is so."""
    context = gateway.exchange.context
    async with asyncio.timeout(WAIT):
        while True:
            context.trust_adopted.clear()
            if wanted(context.trust):
                return
            await context.trust_adopted.wait()


async def until_state(gateway: Gateway, digest: str, wanted: AgreementState) -> None:
    """Wait until the agreement is in this state at that gateway."""

    def so(trust: TrustStore) -> bool:
        found = trust.book.by_digest.get(digest)
        return found is not None and found.state(gateway.world.clock()) is wanted

    await until(gateway, so)


async def concluded(alfa: Gateway, bravo: Gateway) -> str:
    """The pact, proposed by one and countersigned by the other."""
    digest = await propose(alfa)
    await until_state(bravo, digest, AgreementState.PROPOSED)
    await act(bravo, digest, ActKind.COUNTERSIGN)
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    return digest


async def refused(gateway: Gateway, *to: str) -> ReasonCode:
    with pytest.raises(DraftRefused) as caught:
        await gateway.publish(*to)
    return caught.value.code


async def test_the_life_of_an_agreement_between_gateways_that_keep_running(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo, charlie = await world.trio()
    assert await refused(alfa, "XBB") is R.NO_AGREEMENT
    digest = await propose(alfa)
    assert await refused(alfa, "XBB") is R.AGREEMENT_NOT_COUNTERSIGNED
    await until_state(bravo, digest, AgreementState.PROPOSED)
    await act(bravo, digest, ActKind.COUNTERSIGN)
    assert state(bravo, digest) is AgreementState.IN_FORCE
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    accepted = await alfa.publish("XBB", subject="under the pact")
    assert subjects(await bravo.mail(1)) == ["under the pact"]
    await alfa.states(accepted, {"XBB": "delivered"})

    await alfa.exchange.relay.stop()
    waiting = await alfa.publish("XBB", subject="accepted before the suspension")
    await act(bravo, digest, ActKind.SUSPEND)
    await until_state(alfa, digest, AgreementState.SUSPENDED)
    assert await refused(alfa, "XBB") is R.AGREEMENT_SUSPENDED
    alfa.exchange.relay.start()
    await alfa.states(waiting, {"XBB": "withheld"})
    (withheld,) = await alfa.evidence(AuditEvent.DELIVERY_WITHHELD)
    assert (withheld.reason, withheld.serial) == (R.AGREEMENT_SUSPENDED, None)

    await act(bravo, digest, ActKind.RESUME)
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    again = await alfa.publish("XBB", subject="resumed")
    await alfa.states(again, {"XBB": "delivered"})
    assert subjects(await bravo.mail(2)) == ["under the pact", "resumed"]

    await act(alfa, digest, ActKind.LEAVE)
    assert await refused(alfa, "XBB") is R.AGREEMENT_LEFT
    await until_state(bravo, digest, AgreementState.LEFT)
    assert await refused(bravo, "XAA") is R.AGREEMENT_LEFT
    for event in ("COUNTERSIGNED", "SUSPENDED", "RESUMED", "LEFT"):
        record = (await bravo.evidence(AuditEvent[f"AGREEMENT_{event}"]))[-1]
        assert record.digest == digest
    # XCC was no party and has heard nothing of it.
    assert digest not in charlie.exchange.trust.book.by_digest
    assert not charlie.exchange.trust.book.envelopes
    assert not await charlie.store.read(lambda tx: [e for e in trust_table.envelopes(tx) if b"pact" in e])


async def test_a_gateway_that_starts_again_knows_what_was_agreed_and_suspended(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    await act(bravo, digest, ActKind.SUSPEND)
    await until_state(alfa, digest, AgreementState.SUSPENDED)
    await bravo.stop()
    await alfa.stop()
    await alfa.start()
    await bravo.start()
    assert state(alfa, digest) is state(bravo, digest) is AgreementState.SUSPENDED
    await act(bravo, digest, ActKind.RESUME)
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    accepted = await alfa.publish("XBB")
    await alfa.states(accepted, {"XBB": "delivered"})


async def test_a_message_that_overtakes_a_countersignature_is_held_and_then_admitted(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo, charlie = await world.trio()
    digest = await propose(alfa, draft(("XAA", "XBB", "XCC")))
    for gateway in (bravo, charlie):
        await until_state(gateway, digest, AgreementState.PROPOSED)
    await act(bravo, digest, ActKind.COUNTERSIGN)
    await alfa.evidence(AuditEvent.AGREEMENT_COUNTERSIGNED, 2)
    await bravo.exchange.receivers[Lane.CONTROL].stop()
    await act(charlie, digest, ActKind.COUNTERSIGN)
    await until_state(alfa, digest, AgreementState.IN_FORCE)
    accepted = await alfa.publish("XBB", subject="ahead of its agreement")
    (held,) = await bravo.evidence(AuditEvent.MESSAGE_HELD)
    assert held.reason is R.AGREEMENT_NOT_COUNTERSIGNED
    bravo.exchange.receivers[Lane.CONTROL].start()
    assert subjects(await bravo.mail(1)) == ["ahead of its agreement"]
    await alfa.states(accepted, {"XBB": "delivered"})
    assert await bravo.store.read(held_table.count_by_originator) == {}


async def test_what_is_under_way_when_its_recipient_suspends_is_refused_and_told(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    await bravo.exchange.receivers[Lane.NORMAL].stop()
    accepted = await alfa.publish("XBB")
    await alfa.states(accepted, {"XBB": "sent"})
    await act(bravo, digest, ActKind.SUSPEND)
    bravo.exchange.receivers[Lane.NORMAL].start()
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_REJECTED)
    assert record.reason is R.AGREEMENT_SUSPENDED
    await alfa.states(accepted, {"XBB": "refused"})


async def test_a_rotation_signs_standing_acts_anew_and_the_old_keys_revocation_stops_nothing(
    world: World,
) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    rotated = world.realm.rotate("XBB", revoke_old=True)
    bravo.exchange.context.take_keys(rotated.keys["XBB"])
    await bravo.exchange.bring_trust(rotated.envelopes, actor="test")
    assert state(bravo, digest) is AgreementState.IN_FORCE, "signed anew with the record that revokes"
    new = rotated.signer("XBB").kid

    def signed_anew(trust: TrustStore) -> bool:
        (standing,) = trust.book.by_digest[digest].acts["XBB"]
        return (standing.kid, standing.act.number) == (new, 2)

    await until(alfa, signed_anew)
    assert state(alfa, digest) is AgreementState.IN_FORCE


async def test_keys_whose_file_was_replaced_a_moment_before_their_record_comes_sign_with_it(
    world: World, tmp_path: Path
) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    path, context = tmp_path / "keys.json", bravo.exchange.context
    world.realm.keys["XBB"].save(path)
    context.look_for_keys = partial(take_renewed, KeyFile(path, "XBB", world.realm.id), context)
    rotated = world.realm.rotate("XBB", revoke_old=True)
    rotated.keys["XBB"].save(path)
    await bravo.exchange.bring_trust(rotated.envelopes, actor="test")
    assert state(bravo, digest) is AgreementState.IN_FORCE, "not a moment without"


async def test_a_key_that_comes_after_its_record_ends_the_lapse(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    rotated = world.realm.rotate("XBB", revoke_old=True)
    await bravo.exchange.bring_trust(rotated.envelopes, actor="test")
    assert bravo.exchange.trust.book.by_digest[digest].standings["XBB"] is Standing.LAPSED
    await until_state(alfa, digest, AgreementState.PROPOSED)
    assert await refused(alfa, "XBB") is R.AGREEMENT_NOT_COUNTERSIGNED
    bravo.exchange.context.take_keys(rotated.keys["XBB"])
    await until_state(alfa, digest, AgreementState.IN_FORCE)


async def test_an_act_in_our_own_name_that_comes_in_is_refused_with_an_alarm(world: World) -> None:
    """A thief of XBB's message key countersigns for it and lets a partner pass that on."""
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await propose(alfa)
    await until_state(bravo, digest, AgreementState.PROPOSED)
    agreed = alfa.exchange.trust.book.by_digest[digest].agreement
    stolen = world.realm.signer("XBB")
    thief = agreement_act(agreed, digest, "XBB", ActKind.COUNTERSIGN, stolen, number=1, now=NOW)
    await alfa.exchange.bring_trust([thief.envelope], actor="test")
    (alarm,) = await bravo.evidence(AuditEvent.AGREEMENT_FOREIGN_ACT)
    assert (alarm.partner, alarm.digest) == ("XAA", digest)
    assert state(bravo, digest) is AgreementState.PROPOSED
    assert bravo.exchange.counters.alarm_agreement_acts == 1


async def test_a_copy_of_an_act_under_a_stolen_key_does_not_push_the_nations_own_out_of_the_store(
    world: World,
) -> None:
    """The thief signs XBB's very words with its old key, which XBB revokes only then."""
    world.realm = make_realm(agreements=())
    alfa = await world.gateway("XAA")
    pact, rotated = proposal(world.realm), world.realm.rotate("XBB")
    theirs = signed_act(rotated, pact, "XBB")
    copy = signed_act(world.realm, pact, "XBB", signer=world.realm.signer("XBB"))
    assert copy.digest == theirs.digest
    await alfa.exchange.bring_trust([*rotated.envelopes, copy.envelope], actor="test")
    ours = signed_act(rotated, pact, "XAA")
    await bring_agreed(alfa.exchange.context, [pact.envelope, ours.envelope, theirs.envelope])
    revoked = rotated.revoke("XBB", world.realm.signer("XBB").kid)
    await alfa.exchange.bring_trust(revoked.envelopes, actor="test")
    assert state(alfa, pact.digest) is AgreementState.IN_FORCE
    await alfa.stop()
    await alfa.start()
    assert state(alfa, pact.digest) is AgreementState.IN_FORCE


async def test_what_is_none_of_ours_is_not_taken_in(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, charlie = await world.gateway("XAA"), await world.gateway("XCC")
    others = proposal(world.realm, AgreementPlan(id="others", parties=("XAA", "XBB")))
    acts = [signed_act(world.realm, others, "XBB"), signed_act(world.realm, others, "XAA")]
    papers = [others.envelope, *(each.envelope for each in acts)]
    context = charlie.exchange.context

    def job(tx: object) -> None:
        evidence = context.evidence("test", NOW)
        assert trust_changes.take_up(context, tx, papers[:2], evidence, NOW, "XAA") is None  # type: ignore[arg-type]
        evidence.write(tx)  # type: ignore[arg-type]

    await charlie.store.write(job)
    records = await charlie.evidence(AuditEvent.TRUST_REFUSED, 2)
    assert {record.reason for record in records} == {R.AGREEMENT_NOT_PARTY, R.AGREEMENT_UNKNOWN}
    assert alfa.exchange.trust.book.envelopes == ()


async def test_what_this_nation_may_not_do_is_refused(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    digest = await concluded(alfa, bravo)
    unknown = "sha256:" + "0" * 64
    for kind, on, code in (
        (ActKind.COUNTERSIGN, digest, R.ALREADY_DONE),
        (ActKind.RESUME, digest, R.ALREADY_DONE),
        (ActKind.COUNTERSIGN, unknown, R.NOT_FOUND),
    ):
        with pytest.raises(AgreementRefused) as caught:
            await act(bravo, on, kind)
        assert caught.value.code is code, kind
    second = await propose(alfa, draft(version=2, title="Another text"))
    await until_state(bravo, second, AgreementState.PROPOSED)
    with pytest.raises(AgreementRefused) as caught:
        await act(bravo, second, ActKind.SUSPEND)
    assert caught.value.code is R.AGREEMENT_NOT_COUNTERSIGNED
    too_high = Ceiling(policy="NATO", classification="ULTRA")
    for terms, code in (
        (draft(), R.AGREEMENT_VERSION_TAKEN),
        (draft(("XBB", "XCC"), id="theirs"), R.AGREEMENT_NOT_PARTY),
        (draft(("XAA", "XZZ"), id="nobody"), R.NATION_UNKNOWN),
        (draft(id="high", highest=(too_high,)), R.CLASSIFICATION_UNKNOWN),
        (draft(id="late", not_after=NOW), R.TIME_INVALID),
    ):
        with pytest.raises(AgreementRefused) as caught:
            await propose(alfa, terms)
        assert caught.value.code is code


async def test_two_texts_under_one_id_and_version_are_never_both_countersigned(world: World) -> None:
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    one = await propose(alfa, draft(title="One text"))
    other = await propose(bravo, draft(title="Another text"))
    await until_state(alfa, other, AgreementState.PROPOSED)
    with pytest.raises(AgreementRefused) as caught:
        await act(alfa, other, ActKind.COUNTERSIGN)
    assert caught.value.code is R.AGREEMENT_VERSION_TAKEN
    assert state(alfa, one) is AgreementState.PROPOSED


async def test_a_flood_of_proposals_ends_at_the_quota(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.agreements.taking_in.OPEN_PROPOSALS", 2)
    world.realm = make_realm(agreements=())
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    for number in range(3):
        await propose(alfa, draft(id=f"pact-{number}"))
    refusals = await bravo.evidence(AuditEvent.TRUST_REFUSED)
    assert refusals[0].reason is R.AGREEMENT_QUOTA
    proposed = await bravo.evidence(AuditEvent.AGREEMENT_PROPOSED, 2)
    assert len(proposed) == 2


async def test_a_change_stored_earlier_never_takes_the_place_of_a_later_one(world: World) -> None:
    """Two flows commit in order and may come to adopt in the other."""
    world.realm = make_realm(agreements=())
    alfa = await world.gateway("XAA")
    digest = await propose(alfa)
    earlier = alfa.exchange.trust
    await act(alfa, digest, ActKind.SUSPEND)
    later = alfa.exchange.trust
    alfa.exchange.context.adopt(earlier)
    assert alfa.exchange.trust is later


async def test_what_comes_under_no_verified_signature_uses_up_nobodys_room(world: World) -> None:
    """Whoever has the hub can seal a bundle to us in XAA's name; it is held, and trust documents are read."""
    world.realm = make_realm(agreements=())
    bravo = await world.gateway("XBB")
    context = bravo.exchange.context
    unknown = world.realm.rotate("XAA").signer("XAA")
    paper = signed_act(world.realm, proposal(world.realm), "XAA", signer=unknown)

    def job(tx: object) -> tuple[bool, bool]:
        found = []
        for authentic in (False, True):
            reader = ControlReader(context, tx, context.evidence("test", NOW), "XAA", NOW)  # type: ignore[arg-type]
            reader.trust_documents([paper.envelope], authentic=authentic)
            reader.finish()
            found.append(reader.trust is not None)
        return found[0], found[1]

    assert await bravo.store.write(job) == (False, True)


async def test_what_is_left_of_agreements_that_the_realm_replaced_takes_nobodys_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.agreements.taking_in.EARLY_PAPERS", 1)
    bravo = await world.gateway("XBB")
    replaced = world.realm.agree(AgreementPlan()).agree(AgreementPlan())
    await bravo.exchange.bring_trust(replaced.envelopes, actor="test")
    assert bravo.exchange.trust.book.early
    pact = proposal(replaced)
    early = signed_act(replaced, pact, "XAA")
    context = bravo.exchange.context

    def job(tx: object) -> object:
        evidence = context.evidence("test", NOW)
        return trust_changes.take_up(context, tx, [early.envelope], evidence, NOW, "XAA")  # type: ignore[arg-type]

    assert await bravo.store.write(job) is not None
