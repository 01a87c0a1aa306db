"""Attacks on agreements, one sentence each: none of them brings anything into force."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bus.authority import Issued, issue
from bus.nation_office import next_record
from bus.protocol.agreements import verify_paper
from bus.protocol.dsse import Envelope
from bus.protocol.errors import TrustError
from bus.protocol.signing import PrivateSigningKey
from bus.protocol.standings import AgreementState, Standing
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import read_document
from schemas.agreement import ActKind, Agreement, AgreementAct
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from tests.protocol.agreement_papers import PLAN, act, found, proposal, with_papers
from tests.protocol.forged_trust import other_key, relisted
from tests.realm_fixtures import NATIONS, NOW, AgreementPlan, TestRealm, make_realm

R = ReasonCode
REALM = make_realm(agreements=())
PACT = proposal(REALM)
ONE = act(REALM, PACT, "XAA")
OTHER = act(REALM, PACT, "XBB")
Paper = Issued[Agreement] | Issued[AgreementAct]


def reworded(realm: TestRealm = REALM) -> Issued[Agreement]:
    """The same id and version with a higher ceiling."""
    higher = AgreementPlan(id="pact", parties=PLAN.parties, highest=(("NATO", "COSMIC TOP SECRET"),))
    return proposal(realm, higher)


def bent(act_: Issued[AgreementAct], signer: PrivateSigningKey | None = None, **changed: object) -> Paper:
    """An act with other fields; with the old signatures unless signed by somebody."""
    document = AgreementAct.model_validate({**act_.document.model_dump(), **changed})
    if signer is not None:
        return issue(document, (signer,))
    old = Envelope.decode(act_.envelope)
    forged = Envelope(document.encode(), old.payload_type, old.signatures).encode()
    return Issued(document, act_.digest, forged)


def key(nation: str, use: KeyUse = KeyUse.MESSAGE, mode: Mode = Mode.OPERATION) -> PrivateSigningKey:
    """One of the realm's private keys."""
    return next(pair.key for pair in REALM.keys[nation].signing if pair.use is use and mode in pair.modes)


STRANGERS = make_realm(agreements=())
OVER = AgreementPlan(id="pact", parties=("XAA", "XBB"), not_before=NOW - timedelta(days=9), not_after=NOW)
ATTACKS: list[object] = [
    ("a party is missing", lambda: [PACT, ONE], AgreementState.PROPOSED),
    ("the proposer has proposed, and countersigned nothing", lambda: [PACT, OTHER], AgreementState.PROPOSED),
    (
        "the text was changed after countersigning",
        lambda: [reworded(), ONE, OTHER],
        AgreementState.PROPOSED,
    ),
    (
        "a party's act is signed by another nation's key",
        lambda: [PACT, ONE, act(REALM, PACT, "XBB", signer=key("XAA"))],
        AgreementState.PROPOSED,
    ),
    (
        "a party's act is signed by its receipt key",
        lambda: [PACT, ONE, act(REALM, PACT, "XBB", signer=key("XBB", KeyUse.RECEIPT))],
        AgreementState.PROPOSED,
    ),
    (
        "a party's act is signed by its message key for exercises",
        lambda: [PACT, ONE, act(REALM, PACT, "XBB", signer=key("XBB", mode=Mode.EXERCISE))],
        AgreementState.PROPOSED,
    ),
    (
        "a party's act is signed by a key nobody knows",
        lambda: [PACT, ONE, act(REALM, PACT, "XBB", signer=other_key())],
        AgreementState.PROPOSED,
    ),
    (
        "another nation's act is relabelled as a party's, signatures and all",
        lambda: [PACT, ONE, bent(ONE, nation="XBB")],
        AgreementState.PROPOSED,
    ),
    (
        "a party's suspension is relabelled as a countersignature",
        lambda: [PACT, ONE, bent(act(REALM, PACT, "XBB", ActKind.SUSPEND), act=ActKind.COUNTERSIGN)],
        AgreementState.PROPOSED,
    ),
    (
        "a party's act is for another realm",
        lambda: [PACT, ONE, bent(OTHER, key("XBB"), realm=STRANGERS.id)],
        AgreementState.PROPOSED,
    ),
    (
        "a nation that is no party countersigns instead",
        lambda: [PACT, ONE, act(REALM, PACT, "XCC")],
        AgreementState.PROPOSED,
    ),
    (
        "a party's act names the digest under another id",
        lambda: [
            PACT,
            ONE,
            bent(
                OTHER, key("XBB"), agreement={**OTHER.document.agreement.model_dump(), "id": "another-pact"}
            ),
        ],
        AgreementState.PROPOSED,
    ),
    (
        "two different acts stand under one number: the suspension counts",
        lambda: [PACT, ONE, OTHER, act(REALM, PACT, "XBB", ActKind.SUSPEND)],
        AgreementState.SUSPENDED,
    ),
    (
        "an older countersignature is replayed over a suspension",
        lambda: [PACT, ONE, act(REALM, PACT, "XBB", ActKind.SUSPEND, 2), OTHER],
        AgreementState.SUSPENDED,
    ),
    (
        "a party left and countersigns again under a higher number",
        lambda: [
            PACT,
            ONE,
            OTHER,
            act(REALM, PACT, "XBB", ActKind.LEAVE, 2),
            act(REALM, PACT, "XBB", number=9),
        ],
        AgreementState.LEFT,
    ),
    (
        "its time is over",
        lambda: [expired := proposal(REALM, OVER), act(REALM, expired, "XAA"), act(REALM, expired, "XBB")],
        AgreementState.EXPIRED,
    ),
]


@pytest.mark.parametrize(
    ("papers", "state"),
    [pytest.param(*case[1:], id=f"not in force: {case[0]}") for case in ATTACKS],  # type: ignore[index]
)
def test_nothing_comes_into_force_by(papers: Callable[[], list[Paper]], state: AgreementState) -> None:
    made = papers()
    trust = with_papers(REALM, *made)
    (agreed,) = [each for each in trust.book.by_digest.values() if each.agreement.id == "pact"]
    assert agreed.state(NOW) is state


def test_both_parties_together_bring_it_into_force() -> None:
    assert found(with_papers(REALM, PACT, ONE, OTHER), PACT).state(NOW) is AgreementState.IN_FORCE


def test_acts_before_their_agreement_count_once_it_comes() -> None:
    early = with_papers(REALM, ONE, OTHER)
    assert not early.book.by_digest
    assert len(early.book.early) == 2
    assert found(early.updated([PACT.envelope]), PACT).state(NOW) is AgreementState.IN_FORCE


def test_an_act_under_a_key_not_known_yet_counts_once_the_record_comes() -> None:
    rotated = REALM.rotate("XBB")
    new = act(rotated, PACT, "XBB")
    trust = with_papers(REALM, PACT, ONE, new)
    assert found(trust, PACT).standings["XBB"] is Standing.MISSING
    assert found(trust.updated(rotated.envelopes), PACT).state(NOW) is AgreementState.IN_FORCE


def test_consent_lapses_with_a_revoked_key_until_it_is_given_again() -> None:
    trust = with_papers(REALM, PACT, ONE, OTHER)
    rotated = REALM.rotate("XBB", revoke_old=True)
    lapsed = trust.updated(rotated.envelopes)
    assert found(lapsed, PACT).standings["XBB"] is Standing.LAPSED
    assert found(lapsed, PACT).state(NOW) is AgreementState.PROPOSED
    # A thief of the old key countersigns once more.
    stolen = act(REALM, PACT, "XBB", number=2)
    assert found(lapsed.updated([stolen.envelope]), PACT).standings["XBB"] is Standing.LAPSED
    anew = act(rotated, PACT, "XBB", number=2)
    assert found(lapsed.updated([anew.envelope, stolen.envelope]), PACT).standings["XBB"] is Standing.AGREED


@pytest.mark.parametrize("kind", [ActKind.SUSPEND, ActKind.LEAVE])
def test_revoking_the_key_of_a_restriction_does_not_lift_it(kind: ActKind) -> None:
    """XBB countersigned under one key, restricted under the next and revokes that one alone."""
    second = REALM.rotate("XBB")
    papers = (PACT, ONE, OTHER, act(second, PACT, "XBB", kind, 2))
    revoked = second.revoke("XBB", second.signer("XBB").kid)
    agreed = found(with_papers(revoked, *papers), PACT)
    assert agreed.standings["XBB"] in (Standing.SUSPENDED, Standing.LEFT)


def test_a_forged_proposer_proposes_nothing() -> None:
    forged = proposal(REALM, by="XBB", signer=key("XCC"))
    trust = with_papers(REALM, forged)
    assert not trust.book.by_digest
    assert forged.envelope not in trust.envelopes


def test_a_bad_copy_of_a_proposal_does_not_displace_the_good_one() -> None:
    copy = Envelope.decode(proposal(REALM, signer=key("XCC")).envelope)
    assert copy.payload == Envelope.decode(PACT.envelope).payload
    for order in ((PACT.envelope, copy.encode()), (copy.encode(), PACT.envelope)):
        trust = TrustStore.open(REALM.id, (*REALM.envelopes, *order, ONE.envelope, OTHER.envelope))
        assert found(trust, PACT).state(NOW) is AgreementState.IN_FORCE
        assert copy.encode() not in trust.envelopes


def test_an_agreement_outlives_the_key_its_proposer_signed_it_with() -> None:
    second = REALM.rotate("XAA")
    old = REALM.signer("XAA").kid
    dropped = second.next(
        second.realm.with_record(next_record(second.record("XAA"), second.roots["XAA"], now=NOW, drop=[old]))
    )
    trust = with_papers(dropped, PACT, OTHER, act(second, PACT, "XAA", number=2))
    assert found(trust, PACT).state(NOW) is AgreementState.IN_FORCE


def test_a_realm_agreement_too_needs_every_partys_countersignature() -> None:
    realm = make_realm()
    lacking = [
        envelope
        for envelope in realm.envelopes
        if not (isinstance(each := read_document(envelope).document, AgreementAct) and each.nation == "XCC")
    ]
    trust = TrustStore.open(realm.id, lacking)
    assert trust.agreements["everything"].parties_standing(Standing.MISSING) == ("XCC",)
    assert trust.agreements["everything"].state(NOW) is AgreementState.PROPOSED
    assert realm.trust.agreements["everything"].state(NOW) is AgreementState.IN_FORCE


def test_a_thief_of_the_snapshot_key_cannot_list_a_nations_proposal() -> None:
    realm = make_realm()
    own = proposal(realm, AgreementPlan(id="everything", parties=NATIONS), version=2)
    with pytest.raises(TrustError) as refused:
        realm.trust.updated(relisted(realm, {"everything": own.envelope}))
    assert refused.value.code in (R.TRUST_INCOMPLETE, R.TRUST_MALFORMED)


REFUSED: list[object] = [
    ("another nation's key", act(REALM, PACT, "XBB", signer=key("XAA")), R.TRUST_SIGNATURE),
    ("a receipt key", act(REALM, PACT, "XBB", signer=key("XBB", KeyUse.RECEIPT)), R.TRUST_SIGNATURE),
    ("a signature over other bytes", bent(OTHER, number=7), R.TRUST_SIGNATURE),
    ("another realm", bent(OTHER, key("XBB"), realm=STRANGERS.id), R.TRUST_WRONG_REALM),
]


@pytest.mark.parametrize(
    ("paper", "code"),
    [pytest.param(*case[1:], id=f"refused: {case[0]}") for case in REFUSED],  # type: ignore[index]
)
def test_a_paper_is_refused_for(paper: Paper, code: ReasonCode) -> None:
    keys = {name: nation.keys for name, nation in REALM.trust.nations.items()}
    with pytest.raises(TrustError) as refused:
        verify_paper(read_document(paper.envelope), REALM.id, keys)
    assert refused.value.code is code
