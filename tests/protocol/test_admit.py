"""Admission of honest traffic: outcomes, time, trust versions, and what a verdict says (design 6)."""

from datetime import timedelta

import pytest

from bus.protocol.errors import BundleRefused
from bus.protocol.inbound import Outcome, Verdict, judge
from bus.protocol.opening import open_bundle
from schemas.base import rfc3339
from schemas.control import Control
from schemas.reasons import ReasonCode
from schemas.receipt import Receipts
from tests.protocol.crafted_bundles import Bundle, craft, part, prepared, sent
from tests.protocol.memory_history import MemoryHistory
from tests.protocol.messages import basis_of, encoded, message, outgoing
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, make_realm

REALM = make_realm()
R = ReasonCode


def said(verdicts: tuple[Verdict, ...]) -> list[tuple[Outcome, ReasonCode | None]]:
    return [(verdict.outcome, verdict.reason) for verdict in verdicts]


def honest(*serials: int, realm: TestRealm = REALM, epoch: int = 1) -> Bundle:
    batch = [outgoing(realm, "XBB", serial, epoch=epoch) for serial in serials]
    (bundle,) = prepared(realm, batch)
    return sent(bundle)


def test_an_honest_delivery_is_admitted_with_its_exact_bytes() -> None:
    (made,) = prepared(REALM, [outgoing(REALM, "XBB", 1, ref=77)])
    (verdict,) = sent(made).admitted_by(REALM)
    assert (verdict.outcome, verdict.reason, verdict.verified) == (Outcome.ADMITTED, None, True)
    assert verdict.content == encoded(message(1))
    assert verdict.parsed is not None
    assert verdict.delivery is not None
    assert verdict.delivery.serial == 1
    assert verdict.sign_kid == REALM.signer("XAA").kid
    assert (verdict.late, verdict.gap, verdict.expired) == (False, None, False)
    assert made.refs == (77,)


def test_the_same_delivery_again_is_a_duplicate_in_this_bundle_or_another() -> None:
    history = MemoryHistory()
    honest(1, 2).admitted_by(REALM, history=history)
    assert said(honest(1, 2).admitted_by(REALM, history=history)) == [(Outcome.DUPLICATE, None)] * 2
    assert len(history.inbox) == 2
    twice = honest(3, 3).admitted_by(REALM, history=history)
    assert said(twice) == [(Outcome.ADMITTED, None), (Outcome.DUPLICATE, None)]


def test_only_what_is_admitted_is_handed_on_in_the_clear() -> None:
    history = MemoryHistory()
    honest(1).admitted_by(REALM, history=history)
    (duplicate,) = honest(1).admitted_by(REALM, history=history)
    future = message(5, issued_at=NOW + timedelta(days=1))
    (held,) = craft(REALM, [part(REALM, 5, future)]).admitted_by(REALM)
    foreign = message(6, release_set=("XCC",))
    (rejected,) = craft(REALM, [part(REALM, 6, foreign)]).admitted_by(REALM)
    (equivocal,) = craft(REALM, [part(REALM, 1, message(9))]).admitted_by(REALM, history=history)
    outcomes = [verdict.outcome for verdict in (duplicate, held, rejected, equivocal)]
    assert outcomes == [Outcome.DUPLICATE, Outcome.HELD, Outcome.REJECTED, Outcome.EQUIVOCATION]
    for verdict in (duplicate, held, rejected, equivocal):
        assert (verdict.content, verdict.parsed) == (None, None)
        assert verdict.delivery is not None
        assert verdict.verified


# -- time and trust ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "outcome", "reason"),
    [
        pytest.param(timedelta(minutes=5), Outcome.ADMITTED, None, id="within the skew"),
        pytest.param(timedelta(minutes=5, seconds=1), Outcome.HELD, R.ISSUED_IN_FUTURE, id="beyond the skew"),
    ],
)
def test_a_message_issued_ahead_of_our_clock(
    ahead: timedelta, outcome: Outcome, reason: ReasonCode | None
) -> None:
    history = MemoryHistory()
    bundle = craft(REALM, [part(REALM, 1, message(1, issued_at=NOW + ahead))])
    assert said(bundle.admitted_by(REALM, history=history)) == [(outcome, reason)]
    later = bundle.admitted_by(REALM, history=history, now=NOW + timedelta(hours=1))
    expected = Outcome.ADMITTED if reason else Outcome.DUPLICATE
    assert said(later) == [(expected, None)], "a held delivery is admitted once its time has come"


def test_an_expired_message_is_admitted_and_flagged() -> None:
    expired = message(1, header={"expires_at": rfc3339(NOW + timedelta(hours=1))})
    bundle = craft(REALM, [part(REALM, 1, expired)])
    (before,) = bundle.admitted_by(REALM, now=NOW + timedelta(minutes=59))
    (after,) = bundle.admitted_by(REALM, now=NOW + timedelta(hours=1))
    assert [(v.outcome, v.expired) for v in (before, after)] == [
        (Outcome.ADMITTED, False),
        (Outcome.ADMITTED, True),
    ]


def test_a_delivery_under_a_newer_trust_version_is_held_until_it_arrives() -> None:
    history, later = MemoryHistory(), REALM.agree(AgreementPlan(id="more"))
    (made,) = prepared(later, [outgoing(later, "XBB", 1)])
    bundle = sent(made)
    assert said(bundle.admitted_by(REALM, history=history)) == [(Outcome.HELD, R.TRUST_VERSION_UNKNOWN)]
    (verdict,) = bundle.admitted_by(REALM, history=history, trust=later.trust)
    assert (verdict.outcome, verdict.late, verdict.gap) == (Outcome.ADMITTED, False, None)


def test_under_an_older_trust_version_todays_decision_counts() -> None:
    bundle = honest(1)
    replaced = REALM.agree(AgreementPlan(highest=(("NATO", "NATO CONFIDENTIAL"),)))
    assert said(bundle.admitted_by(REALM, trust=replaced.trust)) == [(Outcome.ADMITTED, None)]
    narrowed = REALM.agree(AgreementPlan(highest=(("NATO", "NATO UNCLASSIFIED"),)))
    assert said(bundle.admitted_by(REALM, trust=narrowed.trust)) == [
        (Outcome.REJECTED, R.CLASSIFICATION_TOO_HIGH)
    ]


def test_an_agreement_not_known_here_holds_a_denial_under_an_older_trust_version() -> None:
    """Ended since: the denial might be ours to mend, so it waits its 24 hours."""
    bundle, ended = honest(1), REALM.end_agreement("everything")
    assert said(bundle.admitted_by(REALM, trust=ended.trust)) == [(Outcome.HELD, R.AGREEMENT_UNKNOWN)]


def test_no_unknown_agreement_holds_what_no_agreement_could_cure() -> None:
    bundle = craft(REALM, [part(REALM, 1, message(1, release_set=("XCC",)))])
    ended = REALM.end_agreement("everything")
    assert said(bundle.admitted_by(REALM, trust=ended.trust)) == [(Outcome.REJECTED, R.NOT_IN_RELEASE_SET)]


def test_an_unknown_agreement_may_still_arrive_also_under_the_same_trust_version() -> None:
    """Nations agree among themselves at run time: the snapshot does not know."""
    realm = make_realm(agreements=())
    (crafted) = part(realm, 1, basis=[{"id": "secret-pact", "digest": "sha256:" + "0" * 64}])
    assert said(craft(realm, [crafted]).admitted_by(realm)) == [(Outcome.HELD, R.AGREEMENT_UNKNOWN)]


def test_a_stale_snapshot_holds_messages_and_receipts_but_lets_fresh_trust_in() -> None:
    realm = make_realm(snapshot_lifetime=timedelta(hours=1))
    late = NOW + timedelta(hours=2)
    (made,) = prepared(realm, [outgoing(realm, "XBB", 1)])
    with pytest.raises(BundleRefused) as refused:
        sent(made).admitted_by(realm, now=late)
    assert (refused.value.held, refused.value.code) == (True, R.TRUST_STALE)
    receipts = outgoing(realm, "XBB", 1, content=RECEIPTS, content_type="receipts.v1")
    update = outgoing(realm, "XBB", 2, content=TRUST_UPDATE, content_type="control.v1")
    (made,) = prepared(realm, [receipts, update])
    verdicts = sent(made).admitted_by(realm, now=late)
    assert said(verdicts) == [(Outcome.HELD, R.TRUST_STALE), (Outcome.ADMITTED, None)]
    assert isinstance(verdicts[1].parsed, Control)


# -- the control lane ----------------------------------------------------------------------------------

RECEIPT = {
    "mode": "OPERATION",
    "lane": "normal",
    "lane_epoch": 1,
    "serial": 1,
    "content_digest": "sha256:" + "0" * 64,
    "status": "delivered",
    "at": rfc3339(NOW),
}
RECEIPTS = encoded({"v": 1, "receipts": [RECEIPT]})
TRUST_UPDATE = encoded({"v": 1, "control": {"type": "trust_update", "envelopes": ["{}"]}})
RANGE = {"mode": "OPERATION", "lane": "normal", "lane_epoch": 1, "first": 1, "last": 2}


@pytest.mark.parametrize(
    ("content", "content_type", "model"),
    [
        pytest.param(RECEIPTS, "receipts.v1", Receipts, id="receipts"),
        pytest.param(TRUST_UPDATE, "control.v1", Control, id="a trust update"),
        pytest.param(
            encoded({"v": 1, "control": {"type": "resend_request", "ranges": [RANGE]}}),
            "control.v1",
            Control,
            id="a resend request",
        ),
        pytest.param(
            encoded({"v": 1, "control": {"type": "void", "ranges": [RANGE]}}),
            "control.v1",
            Control,
            id="a void",
        ),
    ],
)
def test_control_content_is_admitted_on_the_control_lane(
    content: bytes, content_type: str, model: type
) -> None:
    (made,) = prepared(REALM, [outgoing(REALM, "XBB", 1, content=content, content_type=content_type)])
    assert made.subject == "out.XAA.op.control.XBB"
    (verdict,) = sent(made).admitted_by(REALM)
    assert verdict.outcome is Outcome.ADMITTED
    assert isinstance(verdict.parsed, model)
    assert verdict.content == content


# -- the two halves ------------------------------------------------------------------------------------


def test_opening_needs_no_history_and_judging_no_key() -> None:
    bundle = honest(1, 2)
    opened = open_bundle(
        bundle.sealed,
        bundle.subject,
        me="XBB",
        trust=REALM.trust,
        keyring=REALM.keyring("XBB"),
        now=NOW,
    )
    first = judge(opened, MemoryHistory(), trust=REALM.trust, now=NOW)
    assert first == judge(opened, MemoryHistory(), trust=REALM.trust, now=NOW)
    assert said(first) == [(Outcome.ADMITTED, None)] * 2


def test_a_basis_that_does_not_cover_the_message_is_refused_though_another_agreement_would() -> None:
    realm = make_realm(
        agreements=(AgreementPlan(), AgreementPlan(id="others", parties=("XAA", "XCC"))),
    )
    assert basis_of(realm, "others") != basis_of(realm)
    (made,) = prepared(realm, [outgoing(realm, "XBB", 1, basis=basis_of(realm, "others"))])
    assert said(sent(made).admitted_by(realm)) == [(Outcome.REJECTED, R.BASIS_MISMATCH)]


def test_a_basis_that_ended_while_the_message_was_on_its_way_still_serves_where_another_permits() -> None:
    brief = AgreementPlan(id="brief", not_after=NOW + timedelta(hours=1))
    realm = make_realm(agreements=(AgreementPlan(), brief))
    (made,) = prepared(realm, [outgoing(realm, "XBB", 1, basis=basis_of(realm, "brief"))])
    assert said(sent(made).admitted_by(realm, now=NOW + timedelta(hours=2))) == [(Outcome.ADMITTED, None)]
