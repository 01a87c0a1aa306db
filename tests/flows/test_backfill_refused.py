"""A backfill that is not what was read, or may not be, is refused as a whole and leaves nothing."""

from datetime import timedelta
from typing import Any

import pytest

from bus.store import publications
from bus.store.writer import Transaction
from gateways.agreements import own_acts
from gateways.backfill import listing as listing_module
from gateways.backfill.refused import BackfillRefused
from gateways.publishing import planning
from gateways.releasing.policy import ReleasePolicy, TwoPersonRule
from schemas.agreement import ActKind
from schemas.header import Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from tests.flows.backfill_world import HOUR, confirmed, proposed, refused, said, withdraw
from tests.flows.backfill_world import joining as joining
from tests.flows.world import World

R = ReasonCode


async def test_what_changed_since_it_was_read_is_refused_as_a_whole(joining: World) -> None:
    alfa, _, charlie = await joining.trio()
    missed = await alfa.publish("NORDIC", subject="missed")
    await alfa.publish("NORDIC", subject="expires", header={"expires_at": "2026-03-02T12:00:00Z"})
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    assert said(made) == {"missed": "sends", "expires": "sends"}
    joining.clock.move(HOUR)
    assert await refused(alfa, made) is R.BACKFILL_CHANGED
    made = await proposed(alfa)
    assert said(made) == {"missed": "sends", "expires": "expired"}
    await withdraw(alfa, missed)
    assert await refused(alfa, made) is R.BACKFILL_CHANGED
    assert charlie.exchange.inbox_changed.latest == 0


async def test_an_agreement_suspended_since_stops_all_of_it(joining: World) -> None:
    alfa, _, _ = await joining.trio()
    await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    context = alfa.exchange.context
    digest = alfa.exchange.trust.agreements["three"].digest
    await own_acts.act(context, digest, ActKind.SUSPEND, actor="test")
    assert await refused(alfa, made) is R.BACKFILL_CHANGED
    assert said(await proposed(alfa)) == {"missed": "AGREEMENT_SUSPENDED"}
    await own_acts.act(context, digest, ActKind.RESUME, actor="test")
    assert (await confirmed(alfa, made)).confirmed_at is not None


async def test_a_message_withdrawn_between_deciding_and_writing_stops_all_of_it(
    joining: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alfa, _, charlie = await joining.trio()
    missed = await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    plan = planning.plan

    async def withdrawn_meanwhile(*given: Any) -> Any:
        planned = await plan(*given)
        await withdraw(alfa, missed)
        return planned

    monkeypatch.setattr(listing_module, "plan", withdrawn_meanwhile)
    with pytest.raises(BackfillRefused, match="BACKFILL_CHANGED"):
        await confirmed(alfa, made)
    assert charlie.exchange.inbox_changed.latest == 0


async def test_the_digest_is_that_of_the_list_and_a_day_is_the_limit(joining: World) -> None:
    alfa = await joining.gateway("XAA")
    await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    assert await refused(alfa, made, "sha256:" + "0" * 64) is R.BACKFILL_DIGEST_MISMATCH
    joining.clock.move(timedelta(hours=24, microseconds=1))
    assert await refused(alfa, made) is R.BACKFILL_CHANGED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"community": "EASTERN"}, R.COMMUNITY_UNKNOWN, id="an unknown community"),
        pytest.param({"nation": "XDD"}, R.NATION_UNKNOWN, id="a nation without a place in the realm"),
        pytest.param({"nation": "XCC"}, R.NOT_IN_RELEASE_SET, id="a nation that is not yet a member"),
    ],
)
async def test_a_backfill_is_proposed_for_members_only(
    joining: World, changed: dict[str, Any], code: ReasonCode
) -> None:
    alfa = await joining.gateway("XAA")
    with pytest.raises(BackfillRefused) as caught:
        await proposed(alfa, **changed)
    assert caught.value.code is code


async def test_too_many_messages_are_refused_before_anything_is_kept(
    joining: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alfa = await joining.gateway("XAA")
    for number in range(4):
        await alfa.publish("NORDIC", subject=str(number))
    joining.clock.move(2 * HOUR)
    monkeypatch.setattr(listing_module, "MAX_MESSAGES", 3)
    with pytest.raises(BackfillRefused, match="BACKFILL_TOO_LARGE"):
        await proposed(alfa)
    monkeypatch.setattr(listing_module, "MAX_MESSAGES", 4)
    monkeypatch.setattr(listing_module, "MAX_OCTETS", 100)
    with pytest.raises(BackfillRefused, match="BACKFILL_TOO_LARGE"):
        await proposed(alfa)


async def test_without_a_key_to_sign_nothing_is_listed_as_sent(joining: World) -> None:
    alfa = await joining.gateway("XAA")
    await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    kids = [
        entry.kid
        for entry in joining.realm.record("XAA").document.keys
        if entry.use is KeyUse.MESSAGE and Mode.OPERATION in entry.modes
    ]
    revoked = joining.realm.revoke("XAA", *kids, now=joining.clock())
    await alfa.exchange.bring_trust(revoked.envelopes, actor="test")
    assert "sends" not in said(await proposed(alfa)).values()


async def test_a_change_of_trust_between_deciding_and_writing_stops_all_of_it(
    joining: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alfa = await joining.gateway("XAA")
    await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    plan = planning.plan

    async def suspended_meanwhile(*given: Any) -> Any:
        planned = await plan(*given)
        agreed = alfa.exchange.trust.agreements["three"].digest
        await own_acts.act(alfa.exchange.context, agreed, ActKind.SUSPEND, actor="test")
        return planned

    monkeypatch.setattr(listing_module, "plan", suspended_meanwhile)
    assert await refused(alfa, made) is R.BACKFILL_CHANGED


async def test_what_took_two_persons_takes_two_again_and_may_be_tried_again_when_refused(
    joining: World,
) -> None:
    """By the precedence it was issued with, though it goes as ROUTINE."""
    alfa, _, charlie = await joining.trio()
    await alfa.publish("NORDIC", subject="missed", header={"precedence": "IMMEDIATE"})
    rule = TwoPersonRule(precedences=(Precedence.IMMEDIATE,))
    alfa.exchange.context.release_policy = ReleasePolicy(two_person=(rule,))
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    done = await confirmed(alfa, made)
    (publication_id,) = (done.published or {}).values()

    def states(tx: Transaction) -> list[str]:
        detail = publications.get(tx, publication_id)
        assert detail is not None
        return [delivery.state for delivery in detail.publication.deliveries]

    assert await alfa.store.read(states) == ["pending_release"]
    assert said(await proposed(alfa)) == {"missed": "already_sent"}
    joining.clock.move(timedelta(hours=25))
    alfa.exchange.context.releases_changed.set()
    await alfa.store.until(states, lambda found: found == ["withheld"])
    assert said(await proposed(alfa)) == {"missed": "sends"}
    assert charlie.exchange.inbox_changed.latest == 0
