"""What is not released to a nation can't be opened with its keys nor reach its inbox, whatever the draft, the
agreements and the order in which bundles come."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.protocol.errors import BundleRefused, ProtocolError, ReleaseRefused
from bus.protocol.inbound import Outcome
from bus.protocol.opening import open_bundle
from bus.protocol.outbound import PreparedBundle
from bus.protocol.release import plan_release
from bus.protocol.seal_header import SealHeader, split_sealed
from bus.protocol.sealing import SealKeyring, open_sealed
from schemas.header import Mode, Precedence
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode
from schemas.trust import SealSuite, SignSuite
from tests.protocol.crafted_bundles import prepared, sent
from tests.protocol.memory_history import MemoryHistory
from tests.protocol.messages import draft_header, encoded, message, outgoing, trust_of
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, make_realm

NATIONS = ("XAA", "XBB", "XCC", "XDD")
REALM = make_realm(NATIONS)
REALMS = {
    "standard and seal-1": REALM,
    "hybrid and seal-2": make_realm(NATIONS, suite=SignSuite.HYBRID, seal_suite=SealSuite.SEAL_2),
    "cnsa2 and seal-2": make_realm(NATIONS, suite=SignSuite.CNSA2, seal_suite=SealSuite.SEAL_2),
}
slow = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])


def open_as(bundle: PreparedBundle, realm: TestRealm, nation: str) -> list[bytes | None]:
    """Contents of a bundle as ``nation`` opens it. Raises BundleRefused."""
    opened = open_bundle(
        bundle.sealed,
        bundle.subject,
        me=nation,
        trust=trust_of(realm),
        keyring=realm.keyring(nation),
        now=NOW,
    )
    return [item.content for item in opened.deliveries]


def assert_closed_to(bundle: PreparedBundle, realm: TestRealm, nation: str) -> None:
    """Neither as itself nor posing as the recipient, with any key it has, does ``nation`` get at anything."""
    with pytest.raises(BundleRefused):
        open_as(bundle, realm, nation)
    header_bytes, rest = split_sealed(bundle.sealed)
    ring = realm.keyring(nation)
    assert ring.private_key(SealHeader.decode(header_bytes).seal_kid) is None
    for kid in ring.kids():
        key = ring.private_key(kid)
        assert key is not None
        with pytest.raises(ProtocolError):
            open_sealed(header_bytes, key, rest)


# -- what is not released to a nation can't be opened with its keys ------------------------------------

releases = st.lists(st.sampled_from(NATIONS[1:]), unique=True, max_size=3)


@slow
@given(
    st.sampled_from(sorted(REALMS)),
    st.lists(st.sampled_from(NATIONS), unique=True, min_size=2, max_size=4),
    releases,
    releases,
    st.sampled_from(list(Mode)),
    st.sampled_from(list(Precedence)),
    st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300).filter(
        lambda text: not any("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" for char in text)
    ),
)
def test_only_the_nations_released_to_open_it_and_they_get_its_exact_bytes(
    suites: str,
    parties: list[str],
    releasable: list[str],
    addressed: list[str],
    mode: Mode,
    precedence: Precedence,
    text: str,
) -> None:
    realm = REALMS[suites].end_agreement("everything").agree(AgreementPlan(parties=tuple(parties)))
    header = draft_header(addressed, mode=mode, precedence=precedence)
    labelled = DraftLabel(policy="NATO", classification="NATO RESTRICTED", releasable_to=tuple(releasable))
    try:
        plan = plan_release(header, labelled, originator="XAA", trust=trust_of(realm), now=NOW)
    except ReleaseRefused:
        return
    document = message(
        1,
        release_set=plan.label.release_set,
        mode=mode,
        precedence=precedence,
        header={"action_addressees": addressed},
        labelled={"releasable_to": releasable},
        body={"recommended_actions": [text]} if text else None,
    )
    basis = {row.nation: row.decision.basis for row in plan.rows}
    batch = [
        outgoing(realm, nation, 1, document, basis=basis[nation], ref=number)
        for number, nation in enumerate(plan.recipients)
    ]
    bundles = prepared(realm, batch, mode=mode)
    assert sorted(bundle.recipient for bundle in bundles) == list(plan.recipients)
    for bundle in bundles:
        assert open_as(bundle, realm, bundle.recipient) == [encoded(document)]
        (verdict,) = sent(bundle).admitted_by(realm, bundle.recipient)
        assert (verdict.outcome, verdict.content) == (Outcome.ADMITTED, encoded(document))
        for nation in NATIONS:
            if nation != bundle.recipient:
                assert_closed_to(bundle, realm, nation)


def test_a_key_of_one_mode_opens_nothing_of_another() -> None:
    drill = outgoing(REALM, "XBB", 1, message(1, mode=Mode.EXERCISE))
    (bundle,) = prepared(REALM, [drill], mode=Mode.EXERCISE)
    header_bytes, rest = split_sealed(bundle.sealed)
    for pair in REALM.keys["XBB"].seal:
        if Mode.EXERCISE in pair.modes:
            assert open_sealed(header_bytes, pair.key, rest)
        else:
            with pytest.raises(ProtocolError):
                open_sealed(header_bytes, pair.key, rest)


def test_a_nation_without_its_key_holds_what_it_may_yet_open() -> None:
    (bundle,) = prepared(REALM, [outgoing(REALM)])
    with pytest.raises(BundleRefused) as refused:
        open_bundle(
            bundle.sealed, bundle.subject, me="XBB", trust=trust_of(REALM), keyring=SealKeyring(()), now=NOW
        )
    assert (refused.value.held, refused.value.code) == (True, ReasonCode.SEAL_KEY_UNKNOWN)


# -- interleavings -------------------------------------------------------------------------------------


@settings(slow, max_examples=15)
@given(st.permutations(range(8)), st.data())
def test_whatever_the_order_and_repetition_of_bundles_each_message_stands_once_in_the_inbox(
    order: list[int], data: st.DataObject
) -> None:
    documents = {n: message(n + 1, release_set=("XBB",)) for n in range(8)}
    bundles = [sent(prepared(REALM, [outgoing(REALM, "XBB", n + 1, documents[n])])[0]) for n in range(8)]
    repeats = data.draw(st.lists(st.integers(0, 7), max_size=6))
    history = MemoryHistory()
    for number in (*order, *repeats):
        bundles[number].admitted_by(REALM, history=history)
    assert sorted(verdict.content or b"" for verdict in history.inbox) == sorted(
        encoded(document) for document in documents.values()
    )
    assert history.lane("XAA", "OPERATION", "normal", 1).missing == ()
    for earlier, verdict in zip(history.inbox, history.inbox[1:], strict=False):
        assert earlier.delivery is not None
        assert verdict.delivery is not None
        if verdict.delivery.serial < earlier.delivery.serial:
            assert verdict.late, "out of order is filed and marked"
