"""The trust store: pinned to its realm, complete or refused, and never going back (design 10)."""

from collections.abc import Callable
from typing import Any

import pytest

from bus.protocol.dsse import Envelope
from bus.protocol.errors import TrustError
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import digest_of, read_document, verify_threshold
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from tests.protocol.forged_trust import document_of, find, issued, relisted, signed_again, swap
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

R = ReasonCode
REALM = make_realm(communities={"NORDIC": ("XAA", "XBB")})
STRANGERS = make_realm()
ROOT_KEYS = REALM.authority.root


def root_of() -> bytes:
    return REALM.realm.roots[0].envelope


def agreement() -> bytes:
    return find(REALM.envelopes, "agreement")


def record() -> bytes:
    return REALM.record("XAA").envelope


def snapshot() -> bytes:
    assert REALM.realm.snapshot is not None
    return REALM.realm.snapshot.envelope


def test_another_realm_than_the_pinned_one_is_refused() -> None:
    with pytest.raises(TrustError) as refused:
        TrustStore.open(STRANGERS.id, REALM.envelopes)
    assert refused.value.code is R.TRUST_WRONG_REALM


def test_a_root_that_differs_in_one_byte_is_another_realm() -> None:
    changed = signed_again(root_of(), ROOT_KEYS, lambda d: d.update(name="Test realm."))
    with pytest.raises(TrustError) as refused:
        TrustStore.open(REALM.id, swap(REALM.envelopes, root_of(), changed))
    assert refused.value.code is R.TRUST_WRONG_REALM


def test_a_first_root_without_its_own_threshold_of_signatures_is_refused() -> None:
    lonely = signed_again(root_of(), ROOT_KEYS[:1])
    assert digest_of(Envelope.decode(lonely).payload) == REALM.id, "the pin holds, the signatures do not"
    with pytest.raises(TrustError) as refused:
        TrustStore.open(REALM.id, swap(REALM.envelopes, root_of(), lonely))
    assert refused.value.code is R.TRUST_SIGNATURE


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        pytest.param(root_of, R.TRUST_WRONG_REALM, id="the realm root"),
        pytest.param(snapshot, R.TRUST_INCOMPLETE, id="the snapshot"),
        pytest.param(record, R.TRUST_INCOMPLETE, id="a nation record"),
        pytest.param(agreement, R.TRUST_INCOMPLETE, id="an agreement"),
    ],
)
def test_a_bundle_is_refused_that_lacks(missing: Callable[[], bytes], code: ReasonCode) -> None:
    with pytest.raises(TrustError) as refused:
        TrustStore.open(REALM.id, swap(REALM.envelopes, missing()))
    assert refused.value.code is code


def test_no_documents_at_all_are_no_realm() -> None:
    with pytest.raises(TrustError):
        TrustStore.open(REALM.id, ())


def test_a_threshold_below_one_admits_nothing() -> None:
    signed = read_document(agreement())
    with pytest.raises(TrustError):
        verify_threshold(signed, (), 0)


def test_a_key_of_another_nation_claimed_in_a_record_proves_nothing_for_the_claimant() -> None:
    """The record is XAA's to write: but what XBB signs still says originator XBB, which admission checks."""

    def claim(document: dict[str, Any]) -> None:
        document |= {
            "version": 2,
            "previous": REALM.record("XAA").digest,
            "keys": document_of(REALM.record("XBB").envelope)["keys"],
        }

    claimed = signed_again(record(), (REALM.roots["XAA"],), claim)
    trust = REALM.trust.updated(relisted(REALM, {"XAA": claimed}))
    kid = trust.current_key("XAA", KeyUse.MESSAGE, Mode.OPERATION, NOW).kid
    assert kid == trust.current_key("XBB", KeyUse.MESSAGE, Mode.OPERATION, NOW).kid


# -- what is newer, what is older ----------------------------------------------------------------------


def test_documents_already_known_change_nothing() -> None:
    trust = REALM.trust
    assert trust.updated(REALM.envelopes) is trust
    assert trust.updated(()) is trust


def test_an_older_snapshot_never_comes_back() -> None:
    revoked = REALM.revoke("XAA", REALM.signer("XAA").kid)
    trust = REALM.trust.updated(revoked.envelopes)
    assert trust.trust_version == 2
    assert trust.updated(REALM.envelopes) is trust, "the replayed first snapshot is not what counts"
    assert trust.nations["XAA"].keys[REALM.signer("XAA").kid].revoked_at is not None


def test_a_newer_snapshot_may_not_bring_an_older_record_back() -> None:
    """A thief of the snapshot key would so undo a revocation."""
    revoked = REALM.revoke("XAA", REALM.signer("XAA").kid)
    trust = REALM.trust.updated(revoked.envelopes)
    with pytest.raises(TrustError) as refused:
        trust.updated(relisted(revoked, {"XAA": record()}))
    assert refused.value.code is R.TRUST_ROLLBACK


def test_a_newer_snapshot_may_not_bring_an_older_agreement_back() -> None:
    narrowed = REALM.agree(AgreementPlan(highest=(("NATO", "NATO UNCLASSIFIED"),)))
    trust = REALM.trust.updated(narrowed.envelopes)
    with pytest.raises(TrustError) as refused:
        trust.updated(relisted(narrowed, {"everything": agreement()}))
    assert refused.value.code is R.TRUST_ROLLBACK


def test_an_update_over_several_versions_at_once_is_taken() -> None:
    kid = REALM.signer("XAA").kid
    later = REALM.rotate("XAA").revoke("XAA", kid)
    trust = REALM.trust.updated(later.envelopes)
    assert trust.trust_version == 3
    assert trust.nations["XAA"].record.version == 3


def test_an_update_that_is_only_the_news_is_enough() -> None:
    later = REALM.agree(AgreementPlan(id="more"))
    news = [envelope for envelope in later.envelopes if envelope not in REALM.envelopes]
    trust = REALM.trust.updated(news)
    assert set(trust.agreements) == {"everything", "more"}
    assert TrustStore.open(REALM.id, trust.envelopes) == trust, "what it keeps is all that it needs"


def test_documents_not_listed_have_no_force() -> None:
    """A draft agreement lies about, signed by all; the snapshot does not name it."""
    drafted = AgreementPlan(id="drafted").document(REALM.id, NOW)
    trust = TrustStore.open(REALM.id, (*REALM.envelopes, issued(drafted, *ROOT_KEYS)))
    assert set(trust.agreements) == {"everything"}
    assert len(trust.envelopes) == len(REALM.envelopes)
