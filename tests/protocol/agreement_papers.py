"""Proposals and acts for tests: made as a gateway makes them, or as a forger would."""

from datetime import timedelta

from bus.authority import Issued, issue
from bus.nation_office import agreement_act
from bus.protocol.signing import Signer
from bus.protocol.standings import AgreementTrust
from bus.protocol.trust import TrustStore
from schemas.agreement import ActKind, Agreement, AgreementAct
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm

PLAN = AgreementPlan(id="pact", parties=("XAA", "XBB"))


def proposal(
    realm: TestRealm,
    plan: AgreementPlan = PLAN,
    by: str = "XAA",
    *,
    version: int = 1,
    signer: Signer | None = None,
) -> Issued[Agreement]:
    """What a nation proposes, signed by its message key."""
    listed = plan.document(realm.id, NOW, version)
    document = Agreement.model_validate({**listed.model_dump(), "proposed_by": by})
    return issue(document, (signer or realm.signer(by),))


def act(
    realm: TestRealm,
    agreed: Issued[Agreement],
    nation: str,
    kind: ActKind = ActKind.COUNTERSIGN,
    number: int = 1,
    *,
    signer: Signer | None = None,
    later: timedelta = timedelta(0),
) -> Issued[AgreementAct]:
    """One act of a nation."""
    return agreement_act(
        agreed.document,
        agreed.digest,
        nation,
        kind,
        signer or realm.signer(nation),
        number=number,
        now=NOW + later,
    )


def with_papers(realm: TestRealm, *papers: Issued[Agreement] | Issued[AgreementAct]) -> TrustStore:
    """The realm's trust store with these papers."""
    return TrustStore.open(realm.id, (*realm.envelopes, *(paper.envelope for paper in papers)))


def found(trust: TrustStore, agreed: Issued[Agreement]) -> AgreementTrust:
    """What became of an agreement."""
    return trust.book.by_digest[agreed.digest]
