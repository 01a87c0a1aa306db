"""Papers in our own name, late, early, too many or too large: what is taken in, and what is recorded."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bus.authority import Issued
from bus.protocol.agreements import verify_paper
from bus.protocol.signing import Signer
from bus.protocol.standings import AgreementState, Standing
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import read_document
from gateways import trust_changes
from gateways.agreements import own_acts, taking_in
from gateways.agreements.own_acts import AgreementRefused
from gateways.receiving.control_in import ControlReader
from schemas.agreement import ActKind, Agreement, AgreementAct
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord
from schemas.control import Control, TrustUpdate
from schemas.header import Mode
from schemas.reasons import ReasonCode
from tests.flows.test_agreements import draft
from tests.flows.world import Gateway, World
from tests.protocol.agreement_papers import act, proposal
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

R = ReasonCode
Paper = Issued[Agreement] | Issued[AgreementAct]


async def pass_on(gateway: Gateway, partner: str, *contents: Sequence[Paper]) -> TrustStore | None:
    """One bundle of so many contents comes in from a partner; what is then in force, if newer."""
    context = gateway.exchange.context

    def job(tx: Any) -> TrustStore | None:
        evidence = context.evidence("test", context.now())
        reader = ControlReader(context, tx, evidence, partner, context.now())
        for papers in contents:
            texts = tuple(paper.envelope.decode() for paper in papers)
            update = TrustUpdate(type="trust_update", envelopes=texts)
            reader.read(Control(v=1, control=update), Mode.OPERATION)
        reader.finish()
        evidence.write(tx)
        return reader.trust

    updated = await gateway.store.write(job)
    if updated is not None:
        context.adopt(updated)
    return updated


async def refusals(gateway: Gateway) -> list[AuditRecord]:
    return list(await gateway.evidence(AuditEvent.TRUST_REFUSED))


@pytest.fixture
async def alfa(world: World) -> Gateway:
    """XAA's gateway in a realm without agreements."""
    world.realm = make_realm(agreements=())
    return await world.gateway("XAA")


@pytest.mark.parametrize("kind", [ActKind.COUNTERSIGN, ActKind.RESUME])
async def test_consent_in_our_name_is_refused_whoever_brings_it_and_never_signed_anew(
    alfa: Gateway, kind: ActKind
) -> None:
    """A thief of our key countersigns, we rotate, and somebody brings it to this very gateway."""
    realm = alfa.world.realm
    pact = proposal(realm, by="XBB")
    thief = act(realm, pact, "XAA", kind)
    papers = [pact.envelope, act(realm, pact, "XBB").envelope, thief.envelope]
    await alfa.exchange.bring_trust(papers, actor="test")
    found = alfa.exchange.trust.book.by_digest[pact.digest]
    assert (found.standings["XAA"], found.state(NOW)) == (Standing.MISSING, AgreementState.PROPOSED)
    (alarm,) = await alfa.evidence(AuditEvent.AGREEMENT_FOREIGN_ACT)
    assert (alarm.partner, alarm.digest, alarm.outcome) == (None, pact.digest, AuditOutcome.REFUSED)
    assert alfa.exchange.counters.alarm_agreement_acts == 1
    rotated = realm.rotate("XAA", revoke_old=True)
    alfa.exchange.context.take_keys(rotated.keys["XAA"])
    await alfa.exchange.bring_trust([*rotated.envelopes, thief.envelope], actor="test")
    assert alfa.exchange.trust.book.by_digest[pact.digest].standings["XAA"] is Standing.MISSING


@pytest.mark.parametrize("partner", [None, "XBB"])
@pytest.mark.parametrize(
    ("kind", "standing"), [(ActKind.SUSPEND, Standing.SUSPENDED), (ActKind.LEAVE, Standing.LEFT)]
)
async def test_a_gateway_that_lost_its_store_takes_its_own_restrictions_back_from_anybody(
    alfa: Gateway, kind: ActKind, standing: Standing, partner: str | None
) -> None:
    realm = alfa.world.realm
    pact = proposal(realm, by="XBB")
    ours = act(realm, pact, "XAA", kind, 2)
    if partner is None:
        await alfa.exchange.bring_trust([pact.envelope, ours.envelope], actor="test")
    else:
        await pass_on(alfa, partner, [pact, ours])
    assert alfa.exchange.trust.book.by_digest[pact.digest].standings["XAA"] is standing
    (alarm,) = await alfa.evidence(AuditEvent.AGREEMENT_FOREIGN_ACT)
    assert (alarm.partner, alarm.outcome) == (partner, AuditOutcome.SUCCESS)


async def test_an_own_departure_counts_under_any_number_and_only_on_what_is_ours(alfa: Gateway) -> None:
    realm, pact = alfa.world.realm, proposal(alfa.world.realm, by="XBB")
    others = proposal(realm, AgreementPlan(id="others", parties=("XBB", "XCC")), by="XBB")
    await pass_on(alfa, "XBB", [pact, act(realm, pact, "XBB")])
    await own_acts.act(alfa.exchange.context, pact.digest, ActKind.COUNTERSIGN, actor="test")
    await own_acts.act(alfa.exchange.context, pact.digest, ActKind.SUSPEND, actor="test")
    assert await pass_on(alfa, "XBB", [act(realm, others, "XAA", ActKind.LEAVE)]) is None
    assert await pass_on(alfa, "XBB", [act(realm, pact, "XAA", ActKind.LEAVE)]) is not None
    assert alfa.exchange.trust.book.by_digest[pact.digest].state(NOW) is AgreementState.LEFT


async def test_consent_that_comes_after_its_keys_time_does_not_count_and_what_came_before_stays(
    alfa: Gateway,
) -> None:
    realm = alfa.world.realm
    first = proposal(realm, by="XBB")
    second = proposal(realm, AgreementPlan(id="second", parties=("XAA", "XBB")), by="XBB")
    await pass_on(alfa, "XBB", [first, act(realm, first, "XBB"), second])
    keys = {nation: trusted.keys for nation, trusted in alfa.exchange.trust.nations.items()}
    late, leaving = act(realm, second, "XBB"), act(realm, second, "XBB", ActKind.LEAVE, 2)
    entry = verify_paper(read_document(late.envelope), realm.id, keys)
    assert entry is not None
    alfa.world.clock.move(entry.not_after - NOW - timedelta(seconds=1))
    assert await pass_on(alfa, "XBB", [act(realm, second, "XBB", number=2)]) is not None
    third = proposal(realm, AgreementPlan(id="third", parties=("XAA", "XBB")), by="XBB")
    alfa.world.clock.move(timedelta(seconds=1))
    await pass_on(alfa, "XBB", [third, act(realm, third, "XBB")])
    book = alfa.exchange.trust.book.by_digest
    standings = [book[each.digest].standings["XBB"] for each in (first, second, third)]
    assert standings == [Standing.AGREED, Standing.AGREED, Standing.MISSING]
    assert [record.reason for record in await refusals(alfa)] == [R.KEY_EXPIRED]
    assert await pass_on(alfa, "XBB", [leaving]) is not None, "a restriction counts under any key"


async def test_refused_papers_of_one_bundle_leave_one_record_for_each_reason(alfa: Gateway) -> None:
    realm, pact = alfa.world.realm, proposal(alfa.world.realm, by="XBB")
    await pass_on(alfa, "XBB", [pact])
    bad = [act(realm, pact, "XCC", number=number) for number in range(1, 8)]
    large = proposal(realm, AgreementPlan(id="large", parties=("XAA", "XBB")), by="XBB")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateways.agreements.taking_in.MAX_PROPOSAL_BYTES", 100)
        assert await pass_on(alfa, "XBB", bad[:3], [*bad[3:], large]) is None
    found = {record.reason: (record.count, record.digest) for record in await refusals(alfa)}
    assert found == {R.AGREEMENT_NOT_PARTY: (7, pact.digest), R.OVERSIZED: (None, large.digest)}


async def test_all_papers_of_one_bundle_are_taken_up_at_once(
    alfa: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one bundle of many acts would keep every other commit waiting."""
    realm, pact = alfa.world.realm, proposal(alfa.world.realm, by="XBB")
    await pass_on(alfa, "XBB", [pact])
    taken: list[object] = []

    def counted(*given: Any) -> TrustStore:
        taken.append(given)
        return taking_in.take_in(*given)

    monkeypatch.setattr(trust_changes, "take_in", counted)
    kinds = (ActKind.SUSPEND, ActKind.RESUME)
    await pass_on(alfa, "XBB", *([act(realm, pact, "XBB", kinds[n % 2], n)] for n in range(1, 9)))
    assert len(taken) == 1
    (standing,) = alfa.exchange.trust.book.by_digest[pact.digest].acts["XBB"]
    assert standing.act.number == 8


async def test_large_acts_are_not_taken(alfa: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.agreements.taking_in.MAX_ACT_BYTES", 100)
    realm, pact = alfa.world.realm, proposal(alfa.world.realm, by="XBB")
    await pass_on(alfa, "XBB", [pact, act(realm, pact, "XBB")])
    assert alfa.exchange.trust.book.by_digest[pact.digest].standings["XBB"] is Standing.MISSING
    assert [record.reason for record in await refusals(alfa)] == [R.OVERSIZED]


def new_signer(world: World, nation: str) -> Signer:
    """A key of that nation that no record lists yet."""
    return world.realm.rotate(nation).signer(nation)


async def test_what_comes_under_an_unknown_key_or_too_early_takes_only_its_own_nations_room(
    alfa: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.agreements.taking_in.EARLY_PAPERS", 2)
    realm = alfa.world.realm
    unknown = new_signer(alfa.world, "XBB")
    plans = [AgreementPlan(id=f"early-{number}", parties=("XAA", "XBB")) for number in range(4)]
    pacts = [proposal(realm, plan, by="XBB") for plan in plans]
    assert await pass_on(alfa, "XCC", [act(realm, pacts[0], "XBB", signer=unknown)]) is None
    assert await pass_on(alfa, "XCC", [act(realm, pacts[0], "XBB")]) is None
    assert {record.reason for record in await refusals(alfa)} == {R.KEY_UNKNOWN, R.AGREEMENT_UNKNOWN}
    await pass_on(alfa, "XBB", [act(realm, each, "XBB") for each in pacts[:3]])
    book = alfa.exchange.trust.book
    assert (len(book.early), len(book.waiting)) == (2, 0)
    assert await pass_on(alfa, "XBB", [act(realm, pacts[3], "XBB", signer=unknown)]) is None
    assert {record.reason for record in (await refusals(alfa))[2:]} == {R.AGREEMENT_QUOTA}


async def test_acts_on_the_realms_agreement_among_others_are_taken_and_on_nations_own_are_not(
    world: World,
) -> None:
    world.realm = make_realm(agreements=(AgreementPlan(id="others", parties=("XBB", "XCC")),))
    alfa = await world.gateway("XAA")
    trusted = alfa.exchange.trust.agreements["others"]
    suspended = Issued(trusted.agreement, trusted.digest, b"")
    assert await pass_on(alfa, "XBB", [act(world.realm, suspended, "XBB", ActKind.SUSPEND, 2)]) is not None
    theirs = proposal(world.realm, AgreementPlan(id="theirs", parties=("XBB", "XCC")), by="XBB")
    assert await pass_on(alfa, "XBB", [theirs]) is None
    assert [record.reason for record in await refusals(alfa)] == [R.AGREEMENT_NOT_PARTY]


async def test_proposals_that_a_party_left_or_that_ended_take_no_room(
    alfa: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.agreements.taking_in.OPEN_PROPOSALS", 1)
    monkeypatch.setattr("gateways.agreements.own_acts.OPEN_PROPOSALS", 1)
    realm, context = alfa.world.realm, alfa.exchange.context
    pacts = [
        proposal(realm, AgreementPlan(id=f"pact-{n}", parties=("XAA", "XBB")), by="XBB") for n in range(2)
    ]
    await pass_on(alfa, "XBB", [pacts[0], act(realm, pacts[0], "XBB", ActKind.LEAVE, 2)])
    await pass_on(alfa, "XBB", [pacts[1]])
    assert set(alfa.exchange.trust.book.by_digest) == {each.digest for each in pacts}
    left = await own_acts.propose(context, draft(), actor="test")
    with pytest.raises(AgreementRefused) as caught:
        await own_acts.propose(context, draft(id="next"), actor="test")
    assert caught.value.code is R.AGREEMENT_QUOTA
    await own_acts.act(context, left, ActKind.LEAVE, actor="test")
    ends = alfa.world.clock() + timedelta(days=1)
    await own_acts.propose(context, draft(id="next", not_after=ends), actor="test")
    alfa.world.clock.move(timedelta(days=1))
    await own_acts.propose(context, draft(id="after-that"), actor="test")


async def test_a_partners_proposal_takes_no_id_from_ours(alfa: Gateway) -> None:
    squatted = proposal(alfa.world.realm, by="XBB", version=2**31 - 1)
    await pass_on(alfa, "XBB", [squatted])
    digest = await own_acts.propose(alfa.exchange.context, draft(), actor="test")
    await own_acts.act(alfa.exchange.context, squatted.digest, ActKind.COUNTERSIGN, actor="test")
    with pytest.raises(AgreementRefused) as caught:
        await own_acts.propose(alfa.exchange.context, draft(version=2), actor="test")
    assert caught.value.code is R.AGREEMENT_VERSION_TAKEN
    assert digest != squatted.digest


async def test_after_an_equivocation_in_our_name_the_restriction_is_signed_anew(alfa: Gateway) -> None:
    realm, context = alfa.world.realm, alfa.exchange.context
    digest = await own_acts.propose(context, draft(), actor="test")
    agreed = Issued(context.trust.book.by_digest[digest].agreement, digest, b"")
    await pass_on(alfa, "XBB", [act(realm, agreed, "XAA", ActKind.SUSPEND)])
    found = context.trust.book.by_digest[digest]
    assert len(found.acts["XAA"]) == 2
    assert found.standings["XAA"] is Standing.SUSPENDED
    rotated = realm.rotate("XAA", revoke_old=True)
    context.take_keys(rotated.keys["XAA"])
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    (anew,) = alfa.exchange.trust.book.by_digest[digest].acts["XAA"]
    assert (anew.act.act, anew.act.number) == (ActKind.SUSPEND, 2)
    assert anew.kid == rotated.signer("XAA").kid


async def test_what_is_over_is_not_signed_anew(alfa: Gateway) -> None:
    context = alfa.exchange.context
    ends = alfa.world.clock() + timedelta(hours=1)
    over = await own_acts.propose(context, draft(not_after=ends), actor="test")
    stays = await own_acts.propose(context, draft(id="stays"), actor="test")
    alfa.world.clock.move(timedelta(hours=1))
    rotated = alfa.world.realm.rotate("XAA", revoke_old=True)
    context.take_keys(rotated.keys["XAA"])
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    book = alfa.exchange.trust.book.by_digest
    assert [book[digest].acts["XAA"][0].act.number for digest in (over, stays)] == [1, 2]


async def test_what_a_bundle_has_stored_is_not_read_and_verified_again_for_the_rest_of_it(
    alfa: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, pact = alfa.exchange.context, proposal(alfa.world.realm, by="XBB")
    newer = alfa.world.realm.next(now=alfa.world.clock() + timedelta(seconds=1))
    read: list[object] = []

    def counted(*given: Any) -> TrustStore:
        read.append(given)
        return context.trust

    monkeypatch.setattr("gateways.trust_changes.stored_trust", counted)

    def job(tx: Any) -> TrustStore | None:
        reader = ControlReader(context, tx, context.evidence("test", NOW), "XBB", NOW)
        reader.trust_documents(newer.envelopes)
        reader.trust_documents([pact.envelope])
        reader.finish()
        return reader.trust

    updated = await alfa.store.write(job)
    assert updated is not None
    assert updated.trust_version == newer.trust.trust_version
    assert pact.digest in updated.book.by_digest
    assert len(read) == 1
