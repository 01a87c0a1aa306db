"""A decision that is made once for several deliveries is made once for what is alike in everything."""

from bus.protocol.inbound import Outcome
from schemas.header import Kind
from schemas.reasons import ReasonCode
from tests.agreed_realm import bring_agreed
from tests.flows.world import World, acknowledgement, draft
from tests.protocol.crafted_bundles import craft, part
from tests.protocol.messages import message
from tests.realm_fixtures import AgreementPlan, make_realm

ALERTS = AgreementPlan(kinds=(Kind.THREAT_ALERT,))
NOTED = {
    "level": "UNDERSTOOD",
    "outcome": "NOTED",
    "officer_role": "duty officer",
    "acknowledged_at": "2026-03-02T09:30:00Z",
}


def test_of_two_kinds_under_one_label_in_one_bundle_each_is_judged_by_its_own() -> None:
    realm = make_realm(agreements=(ALERTS,))
    other = {**message(2, header={"kind": "acknowledgement"}), "body": NOTED}
    bundle = craft(realm, [part(realm, 1), part(realm, 2, other)])
    alert, refused = bundle.admitted_by(realm)
    assert alert.outcome is Outcome.ADMITTED
    assert (refused.outcome, refused.reason) == (Outcome.REJECTED, ReasonCode.KIND_NOT_COVERED)


async def test_of_two_kinds_under_one_label_in_one_step_each_is_decided_by_its_own(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await bravo.publish("XAA")
    (received,) = await alfa.mail(1)
    await alfa.exchange.relay.stop()
    alert = await alfa.exchange.accept(draft(["XBB"]), api_key_id="test")
    answer = await alfa.exchange.accept(acknowledgement(received), api_key_id="test")
    narrower = world.realm.agree(ALERTS)
    await bring_agreed(alfa.exchange.context, narrower.envelopes)
    alfa.exchange.relay.start()
    await alfa.states(answer, {"XBB": "withheld"})
    await bring_agreed(bravo.exchange.context, narrower.envelopes)
    await alfa.states(alert, {"XBB": "delivered"})


async def test_of_two_labels_in_one_step_each_is_decided_by_its_own(world: World) -> None:
    alfa = await world.gateway("XAA")
    await alfa.exchange.relay.stop()
    low = await alfa.publish("XBB")
    high = await alfa.publish("XBB", label={"classification": "NATO SECRET"})
    lower = world.realm.agree(AgreementPlan(highest=(("NATO", "NATO RESTRICTED"),)))
    await bring_agreed(alfa.exchange.context, lower.envelopes)
    alfa.exchange.relay.start()
    await alfa.states(high, {"XBB": "withheld"})
    await alfa.states(low, {"XBB": "sent"})
