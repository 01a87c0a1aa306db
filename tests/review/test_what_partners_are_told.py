"""What a partner learns of decisions that concern others, and of agreements that are none of its own."""

import json
from datetime import timedelta

from bus.protocol.inbound import Outcome
from schemas.agreement import ActKind
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode
from schemas.wire import ContentType
from tests.agreed_realm import bring_agreed
from tests.flows.world import World
from tests.protocol.agreement_papers import act, with_papers
from tests.protocol.crafted_bundles import craft, part
from tests.realm_fixtures import AgreementPlan, make_realm

OTHERS = AgreementPlan(id="others", parties=("XAA", "XCC"))


def test_an_agreement_among_others_neither_admits_nor_holds_even_while_it_is_suspended() -> None:
    realm = make_realm(agreements=(OTHERS,))
    (listed,) = realm.trust.book.by_digest.values()
    issued = next(entry for entry in realm.realm.documents.values() if entry.digest == listed.digest)
    suspended = act(realm, issued, "XCC", ActKind.SUSPEND, 2)  # type: ignore[arg-type]
    bundle = craft(realm, [part(realm, 1, basis=[{"id": "others", "digest": listed.digest}])])
    (verdict,) = bundle.admitted_by(realm, trust=with_papers(realm, suspended))
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECTED, ReasonCode.NO_AGREEMENT)


async def test_a_void_does_not_say_why(world: World) -> None:
    alfa = await world.gateway("XAA")
    accepted = await alfa.publish("XBB")
    await alfa.states(accepted, {"XBB": "sent"})
    ended = world.realm.agree(AgreementPlan(parties=("XAA", "XCC")))
    await bring_agreed(alfa.exchange.context, ended.envelopes)
    world.clock.move(timedelta(hours=1))
    alfa.exchange.context.relay_wanted.set()
    await alfa.states(accepted, {"XBB": "withheld"})
    await alfa.evidence(AuditEvent.DELIVERY_VOIDED)
    rows = await alfa.store.read(
        lambda tx: tx.execute(
            "SELECT bytes FROM content WHERE content_type = ?", (ContentType.CONTROL.value,)
        ).fetchall()
    )
    voids = [control for (raw,) in rows if (control := json.loads(raw)["control"])["type"] == "void"]
    assert len(voids) == 1
    assert "reason" not in voids[0]
