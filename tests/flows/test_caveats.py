"""Each caveat on its whole way: decided, sealed, sent, admitted, and held to when somebody answers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bus.store import publications
from bus.store.inbox import InboxMessage
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planning import plan
from gateways.publishing.publish import read_draft
from schemas.audit import AuditEvent
from schemas.message import label_of
from schemas.reasons import ReasonCode
from schemas.wire import Handling
from tests.broker_fixtures import Broker
from tests.flows.world import Gateway, World, acknowledgement, draft
from tests.realm_fixtures import AgreementPlan, TestRealm, make_realm

R = ReasonCode


@pytest.fixture(scope="module")
def realm() -> TestRealm:
    """Everybody agrees with everybody; XAA and XBB on CRYPTO too."""
    return make_realm(
        agreements=(
            AgreementPlan(),
            AgreementPlan(id="keys", parties=("XAA", "XBB"), categories=("CRYPTO",)),
        )
    )


@pytest.fixture
async def world(tmp_path: Path, broker: Broker, realm: TestRealm) -> AsyncIterator[World]:
    world = World(tmp_path, broker, realm)
    yield world
    await world.stop()


def reference(
    of: InboxMessage | Accepted, relation: str = "replies", originator: str = "XAA"
) -> dict[str, str]:
    return {
        "message_id": of.message_id,
        "originator": originator,
        "digest": of.digest,
        "relation": relation,
    }


def answer(of: InboxMessage | Accepted, *to: str, relation: str = "replies", **label: Any) -> bytes:
    return draft(to, header={"references": [reference(of, relation)]}, label=label)


async def refused(gateway: Gateway, raw: bytes, author: str = "test") -> tuple[ReasonCode, str]:
    """Why the draft is refused, having left nothing behind."""
    before = await gateway.store.read(lambda tx: len(publications.list_newest(tx)))
    with pytest.raises(DraftRefused) as caught:
        await gateway.exchange.accept(raw, api_key_id=author)
    assert await gateway.store.read(lambda tx: len(publications.list_newest(tx))) == before
    return caught.value.code, caught.value.pointer


async def test_what_is_national_only_never_leaves(world: World) -> None:
    alfa = await world.gateway("XAA")
    for raw in (draft([]), draft(["XAA"])):
        assert await refused(alfa, raw) == (R.NATIONAL_ONLY, "/label/releasable_to")
    refusals = await alfa.evidence(AuditEvent.PUBLICATION_REFUSED, 2)
    assert {record.reason for record in refusals} == {R.NATIONAL_ONLY}


async def test_a_restrictive_category_goes_where_an_agreement_names_it(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    accepted = await alfa.publish("XBB", label={"restrictive": ["CRYPTO"]})
    (filed,) = await bravo.mail(1)
    assert [basis.id for basis in filed.basis] == ["keys"]
    assert label_of(filed.content).restrictive == ("CRYPTO",)
    await alfa.states(accepted, {"XBB": "delivered"})
    code, _ = await refused(alfa, draft(["XBB", "XCC"], label={"restrictive": ["CRYPTO"]}))
    assert code is R.CATEGORY_NOT_COVERED


async def test_a_category_that_lost_its_agreement_before_the_relay_came_is_withheld(world: World) -> None:
    alfa = await world.gateway("XAA")
    await alfa.exchange.relay.stop()
    accepted = await alfa.publish("XBB", label={"restrictive": ["CRYPTO"]})
    plain = await alfa.publish("XBB")
    after = world.realm.end_agreement("keys")
    await alfa.exchange.bring_trust(after.envelopes, actor="test")
    await alfa.stop()
    await alfa.start()
    await alfa.states(accepted, {"XBB": "withheld"})
    await alfa.states(plain, {"XBB": "sent"})


async def test_a_copy_for_display_says_so_and_one_released_says_that(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    accepted = await alfa.publish("XCC", label={"display_only_to": ["XBB", "XCC"]})
    assert accepted.recipients == ("XBB", "XCC")
    (shown,), (released,) = await bravo.mail(1), await charlie.mail(1)
    assert (shown.handling, released.handling) == (Handling.DISPLAY_ONLY, Handling.RELEASE)
    assert shown.content == released.content, "one message, one digest"
    assert label_of(shown.content).display_set == ("XBB", "XCC")
    assert label_of(shown.content).release_set == ("XCC",)
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "delivered"})


async def test_what_may_only_be_looked_at_is_answered_by_people_towards_those_who_have_it(
    world: World,
) -> None:
    alfa, bravo, _ = await world.trio()
    await alfa.publish(label={"display_only_to": ["XBB"]})
    (shown,) = await bravo.mail(1)
    for relation in ("replies", "relates"):
        back = answer(shown, "XAA", relation=relation)
        assert await refused(bravo, back) == (R.REFERENCE_UNKNOWN, "/header/references/0")
        wider = answer(shown, "XAA", "XCC", relation=relation)
        assert (await refused(bravo, wider, "operator:anna"))[0] is R.REFERENCE_BEYOND_RELEASE
        await bravo.exchange.accept(back, api_key_id="operator:anna")
    assert await refused(bravo, acknowledgement(shown)) == (R.REFERENCE_UNKNOWN, "/header/references/0")
    await bravo.exchange.accept(acknowledgement(shown), api_key_id="operator:anna")
    await alfa.mail(3)


@pytest.mark.parametrize("relation", ["replies", "relates"])
async def test_an_originator_controlled_message_is_carried_no_further_by_its_originator(
    world: World, relation: str
) -> None:
    alfa = await world.gateway("XAA")
    controlled = await alfa.publish("XBB", label={"originator_controlled": True})
    code, pointer = await refused(alfa, answer(controlled, "XBB", "XCC", relation=relation))
    assert (code, pointer) == (R.REFERENCE_BEYOND_RELEASE, "/label/releasable_to")
    await alfa.exchange.accept(answer(controlled, "XBB", relation=relation), api_key_id="test")


async def test_its_originator_may_update_an_originator_controlled_message_for_others_who_learn_of_no_earlier(
    world: World,
) -> None:
    alfa, bravo, charlie = await world.trio()
    controlled = await alfa.publish("XBB", label={"originator_controlled": True})
    await bravo.mail(1)
    await alfa.exchange.accept(answer(controlled, "XBB", "XCC", relation="updates"), api_key_id="test")
    _, update = await bravo.mail(2)
    (first,) = await charlie.mail(1)
    assert json.loads(update.content)["header"]["references"][0]["message_id"] == controlled.message_id
    assert not json.loads(first.content)["header"]["references"]
    assert controlled.message_id.encode() not in first.content


@pytest.mark.parametrize("relation", ["replies", "relates"])
async def test_an_originator_controlled_message_is_carried_no_further_by_its_recipient(
    world: World, relation: str
) -> None:
    alfa, bravo, charlie = await world.trio()
    await alfa.publish("XBB", label={"originator_controlled": True})
    await alfa.publish("XBB")
    controlled, free = await bravo.mail(2)
    wider = answer(controlled, "XAA", "XCC", relation=relation)
    assert await refused(bravo, wider) == (R.REFERENCE_BEYOND_RELEASE, "/label/releasable_to")
    await bravo.exchange.accept(answer(controlled, "XAA", relation=relation), api_key_id="test")
    loose = answer(free, "XAA", "XCC", relation="relates")
    await bravo.exchange.accept(loose, api_key_id="test")
    await charlie.mail(1)


async def test_an_answer_stays_within_everything_it_refers_to(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    await alfa.publish("XBB", "XCC")
    await alfa.publish("XBB", subject="Narrow")
    open_one, narrow = await bravo.mail(2)
    both = {"references": [reference(open_one), reference(narrow, "relates")]}
    assert (await refused(bravo, draft(["XAA", "XCC"], header=both)))[0] is R.REPLY_BEYOND_RELEASE
    await bravo.exchange.accept(draft(["XAA"], header=both), api_key_id="test")
    await bravo.exchange.accept(answer(open_one, "XAA", "XCC"), api_key_id="test")


async def test_an_answer_that_is_labelled_lower_is_warned_about_and_shown_the_label_to_take(
    world: World,
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    strict = {"classification": "NATO SECRET", "restrictive": ["CRYPTO"], "originator_controlled": True}
    await alfa.publish("XBB", label=strict)
    await alfa.publish("XBB", "XCC")
    secret, plain = await bravo.mail(2)
    both = {"references": [reference(secret), reference(plain)]}
    lower = draft(["XAA"], header=both)
    context = bravo.exchange.context
    planned = await plan(context, read_draft(lower), context.now())
    assert planned.suggested is not None
    assert planned.suggested.model_dump(mode="json", exclude_none=True) == strict | {
        "policy": "NATO",
        "releasable_to": ["XAA"],
        "display_only_to": [],
    }
    accepted = await bravo.exchange.accept(lower, api_key_id="test")
    assert [(warning.code, warning.pointer) for warning in accepted.warnings] == [
        ("LABEL_BELOW_ANSWERED", "/label/classification"),
        ("LABEL_BELOW_ANSWERED", "/label/restrictive"),
        ("LABEL_BELOW_ANSWERED", "/label/originator_controlled"),
    ]
    suggested = draft(["XAA"], header=both, label=strict)
    assert (await bravo.exchange.accept(suggested, api_key_id="test")).warnings == ()


async def test_an_answer_in_another_policy_needs_an_equivalence_for_what_it_answers(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.publish("XBB", label={"classification": "NATO CONFIDENTIAL"})
    (received,) = await bravo.mail(1)
    swedish = answer(received, "XAA", policy="SWE", classification="KONFIDENTIELL")
    assert (await bravo.exchange.accept(swedish, api_key_id="test")).warnings == ()
    lower = answer(received, "XAA", policy="SWE", classification="BEGRÄNSAT HEMLIG")
    warned = await bravo.exchange.accept(lower, api_key_id="test")
    assert [warning.code for warning in warned.warnings] == ["LABEL_BELOW_ANSWERED"]
    unmapped = answer(received, "XAA", policy="REALM", classification="OPEN")
    assert (await refused(bravo, unmapped))[0] is R.CLASSIFICATION_UNMAPPED
