"""Step 14 when originator and recipient know different papers: what may be cured is held, else refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bus.authority import Issued
from bus.protocol.inbound import Outcome
from schemas.agreement import ActKind, Agreement, AgreementAct
from schemas.header import Kind
from schemas.reasons import ReasonCode
from tests.protocol.agreement_papers import act, proposal, with_papers
from tests.protocol.crafted_bundles import craft, part
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

R = ReasonCode
REALM = make_realm(agreements=())
PLAN = AgreementPlan(id="pact", parties=("XAA", "XBB", "XCC"))
PACT = proposal(REALM, PLAN)
ALL = [act(REALM, PACT, nation) for nation in ("XAA", "XBB", "XCC")]
NARROW = proposal(REALM, AgreementPlan(id="narrow", parties=("XAA", "XBB"), kinds=(Kind.EXERCISE_NOTICE,)))
NARROW_ALL = [act(REALM, NARROW, nation) for nation in ("XAA", "XBB")]
SPARE = proposal(REALM, AgreementPlan(id="spare", parties=("XAA", "XBB")))
SPARE_ALL = [act(REALM, SPARE, nation) for nation in ("XAA", "XBB")]
ENDED = proposal(
    REALM, AgreementPlan(id="ended", parties=("XAA", "XBB"), not_before=NOW - timedelta(9), not_after=NOW)
)
ENDED_ALL = [act(REALM, ENDED, nation) for nation in ("XAA", "XBB")]

Paper = Issued[Agreement] | Issued[AgreementAct]
HELD, REJECTED, ADMITTED = Outcome.HELD, Outcome.REJECTED, Outcome.ADMITTED


def acted(nation: str, kind: ActKind) -> Issued[AgreementAct]:
    return act(REALM, PACT, nation, kind, 2)


CASES: list[object] = [
    ("all have countersigned", PACT, lambda: [PACT, *ALL], ADMITTED, None),
    ("the agreement is not known here yet", PACT, list, HELD, R.AGREEMENT_UNKNOWN),
    ("only its acts are known here", PACT, lambda: ALL, HELD, R.AGREEMENT_UNKNOWN),
    (
        "another party's countersignature is missing here",
        PACT,
        lambda: [PACT, *ALL[:2]],
        HELD,
        R.AGREEMENT_NOT_COUNTERSIGNED,
    ),
    (
        "another nation has suspended it",
        PACT,
        lambda: [PACT, *ALL, acted("XCC", ActKind.SUSPEND)],
        HELD,
        R.AGREEMENT_SUSPENDED,
    ),
    (
        "the originator itself has suspended it",
        PACT,
        lambda: [PACT, *ALL, acted("XAA", ActKind.SUSPEND)],
        HELD,
        R.AGREEMENT_SUSPENDED,
    ),
    (
        "we have suspended it",
        PACT,
        lambda: [PACT, *ALL, acted("XBB", ActKind.SUSPEND)],
        REJECTED,
        R.AGREEMENT_SUSPENDED,
    ),
    (
        "we and another have suspended it",
        PACT,
        lambda: [PACT, *ALL, acted("XBB", ActKind.SUSPEND), acted("XCC", ActKind.SUSPEND)],
        REJECTED,
        R.AGREEMENT_SUSPENDED,
    ),
    (
        "another nation has left it",
        PACT,
        lambda: [PACT, *ALL, acted("XCC", ActKind.LEAVE)],
        REJECTED,
        R.AGREEMENT_LEFT,
    ),
    ("its terms do not cover it", NARROW, lambda: [NARROW, *NARROW_ALL], REJECTED, R.KIND_NOT_COVERED),
    (
        "its terms do not cover it, and a countersignature is missing besides",
        NARROW,
        lambda: [NARROW, NARROW_ALL[0]],
        REJECTED,
        R.KIND_NOT_COVERED,
    ),
    ("it has ended", ENDED, lambda: [ENDED, *ENDED_ALL], REJECTED, R.AGREEMENT_NOT_IN_FORCE),
    (
        "it has ended on the way, and another one covers the message today",
        ENDED,
        lambda: [ENDED, *ENDED_ALL, SPARE, *SPARE_ALL],
        ADMITTED,
        None,
    ),
    (
        "another nation has suspended it, and another one covers the message today",
        PACT,
        lambda: [PACT, *ALL, acted("XCC", ActKind.SUSPEND), SPARE, *SPARE_ALL],
        ADMITTED,
        None,
    ),
    (
        "it is not known here yet, and another one covers the message today",
        PACT,
        lambda: [SPARE, *SPARE_ALL],
        HELD,
        R.AGREEMENT_UNKNOWN,
    ),
    (
        "its terms never covered it, though another one does",
        NARROW,
        lambda: [NARROW, *NARROW_ALL, SPARE, *SPARE_ALL],
        REJECTED,
        R.BASIS_MISMATCH,
    ),
]


@pytest.mark.parametrize(
    ("named", "papers", "outcome", "code"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],  # type: ignore[index]
)
def test_a_delivery_that_names_an_agreement_when(
    named: Issued[Agreement], papers: Callable[[], list[Paper]], outcome: Outcome, code: R | None
) -> None:
    basis = [{"id": named.document.id, "digest": named.digest}]
    bundle = craft(REALM, [part(REALM, 1, basis=basis)])
    (verdict,) = bundle.admitted_by(REALM, trust=with_papers(REALM, *papers()))
    assert (verdict.outcome, verdict.reason) == (outcome, code)


def test_a_basis_that_names_a_digest_under_another_id_is_no_basis() -> None:
    basis = [{"id": "spare", "digest": PACT.digest}]
    bundle = craft(REALM, [part(REALM, 1, basis=basis)])
    trust = with_papers(REALM, PACT, *ALL)
    (verdict,) = bundle.admitted_by(REALM, trust=trust)
    assert (verdict.outcome, verdict.reason) == (REJECTED, R.BASIS_MISMATCH)
