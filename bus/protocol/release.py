"""The release decision: who may have a message, nation by nation, and why (design 5).

``decide`` answers for one nation and is asked three times: by the originator when a draft is accepted, by the
relay when it builds the bundle, and by the recipient's gateway. ``plan_release`` applies it to a whole draft.
Everything fails closed: what no rule permits is denied, and an empty release set releases to nobody.
"""

from dataclasses import dataclass
from datetime import datetime

from bus.protocol.addressing import addressed_nations, complete_label
from bus.protocol.caveats import categories_covered, handling_for, national_only
from bus.protocol.classification import classification_known, within
from bus.protocol.errors import ReleaseRefused
from bus.protocol.standings import AgreementTrust
from bus.protocol.trust import TrustStore
from schemas.agreement import Agreement
from schemas.header import DraftHeader, Kind, Mode
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.reasons import ReasonCode
from schemas.trust import NationStatus
from schemas.wire import Basis, Handling


@dataclass(frozen=True, slots=True)
class ReleaseDecision:
    """Permit or deny for one nation. ``basis`` names the agreement a permit rests on; empty for a denial.

    ``handling``: how a permitted copy may be handled.
    """

    nation: str
    permit: bool
    code: ReasonCode
    explanation: str
    basis: tuple[Basis, ...] = ()
    handling: Handling = Handling.RELEASE


@dataclass(frozen=True, slots=True)
class PlanRow:
    """The decision for one nation of the realm and how it was addressed ("action", "info" or "none")."""

    nation: str
    addressed: str
    decision: ReleaseDecision
    version: int | None = None
    """Which version of a publication with tear lines it gets; ``decision`` is for that one, or the widest."""
    by_version: tuple[ReasonCode, ...] = ()
    """The decision's code for every version, where there are several."""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """The completed label, a row for every other nation of the realm, and who gets a copy (sorted)."""

    label: ConfidentialityLabel
    rows: tuple[PlanRow, ...]
    recipients: tuple[str, ...]


def decide(
    *,
    originator: str,
    kind: Kind,
    mode: Mode,
    label: ConfidentialityLabel,
    nation: str,
    trust: TrustStore,
    now: datetime,
) -> ReleaseDecision:
    """May ``nation`` have a message of this kind, mode and label from ``originator`` at ``now``?

    Pure. Adding an agreement or a nation to the release set never turns a permit into a denial of another;
    raising the classification or adding a restrictive category never turns a denial into a permit.
    """
    code = _standing(originator, nation, trust)
    handling = handling_for(label, nation)
    if code is None and not label.release_set and not label.display_set:
        code = ReasonCode.RELEASE_SET_EMPTY
    if code is None and handling is None:
        code = ReasonCode.NOT_IN_RELEASE_SET
    if code is None and not classification_known(label.policy, label.classification, trust):
        code = ReasonCode.CLASSIFICATION_UNKNOWN
    if code is not None or handling is None:
        return _deny(nation, code or ReasonCode.NOT_IN_RELEASE_SET)
    best = ReasonCode.NO_AGREEMENT
    for trusted in trust.agreements_of.get(originator, ()):
        if nation not in trusted.parties:
            continue
        found = obstacle(trusted, kind, mode, label, trust, now)
        if found is None:
            return _permit(nation, handling, trusted)
        # The obstacle closest to a permit tells the author best what would have to change.
        best = max(best, found, key=AGREEMENT_CODES.index)
    return _deny(nation, best)


AGREEMENT_CODES = (
    ReasonCode.NO_AGREEMENT,
    ReasonCode.AGREEMENT_SUPERSEDED,
    ReasonCode.AGREEMENT_LEFT,
    ReasonCode.AGREEMENT_NOT_IN_FORCE,
    ReasonCode.MODE_NOT_COVERED,
    ReasonCode.KIND_NOT_COVERED,
    ReasonCode.CLASSIFICATION_UNKNOWN,
    ReasonCode.CLASSIFICATION_UNMAPPED,
    ReasonCode.CLASSIFICATION_TOO_HIGH,
    ReasonCode.CATEGORY_NOT_COVERED,
    ReasonCode.AGREEMENT_NOT_COUNTERSIGNED,
    ReasonCode.AGREEMENT_SUSPENDED,
)
"""Denials that another agreement would cure, the closest to a permit last."""


def _standing(originator: str, nation: str, trust: TrustStore) -> ReasonCode | None:
    if nation == originator:
        return ReasonCode.ORIGINATOR_IS_RECIPIENT
    recipient, author = trust.nations.get(nation), trust.nations.get(originator)
    if recipient is None:
        return ReasonCode.NATION_UNKNOWN
    if author is None:
        return ReasonCode.ORIGINATOR_UNKNOWN
    if author.status is not NationStatus.ACTIVE:
        return ReasonCode.ORIGINATOR_SUSPENDED
    if recipient.status is not NationStatus.ACTIVE:
        return ReasonCode.NATION_SUSPENDED
    return None


def obstacle(
    trusted: AgreementTrust,
    kind: Kind,
    mode: Mode,
    label: ConfidentialityLabel,
    trust: TrustStore,
    now: datetime,
) -> ReasonCode | None:
    """The first reason, by AGREEMENT_CODES, why this agreement does not carry the message at ``now``."""
    if trusted.superseded_from is not None and trusted.superseded_from <= now:
        return ReasonCode.AGREEMENT_SUPERSEDED
    if trusted.obstacle is ReasonCode.AGREEMENT_LEFT:
        return trusted.obstacle
    return beyond_terms(trusted.agreement, kind, mode, label, trust, now) or trusted.obstacle


def beyond_terms(
    agreement: Agreement,
    kind: Kind,
    mode: Mode,
    label: ConfidentialityLabel,
    trust: TrustStore,
    now: datetime,
) -> ReasonCode | None:
    """Why the terms do not cover such a message at ``now``, or None when they do; acts are not looked at."""
    if not agreement.not_before <= now < agreement.not_after:
        return ReasonCode.AGREEMENT_NOT_IN_FORCE
    if mode not in agreement.modes:
        return ReasonCode.MODE_NOT_COVERED
    if kind not in agreement.kinds:
        return ReasonCode.KIND_NOT_COVERED
    beyond = within(label.policy, label.classification, agreement.highest, trust, now)
    if beyond is None and not categories_covered(label, agreement.categories):
        return ReasonCode.CATEGORY_NOT_COVERED
    return beyond


def _permit(nation: str, handling: Handling, trusted: AgreementTrust) -> ReleaseDecision:
    agreement = trusted.agreement
    basis = (Basis(id=agreement.id, digest=trusted.digest),)
    if handling is Handling.RELEASE:
        code, words = ReasonCode.RELEASE_PERMITTED, f"Permitted by agreement {agreement.id}."
    else:
        code, words = ReasonCode.DISPLAY_ONLY_PERMITTED, f"Display only, by agreement {agreement.id}."
    return ReleaseDecision(nation, True, code, words, basis, handling)


def _deny(nation: str, code: ReasonCode) -> ReleaseDecision:
    return ReleaseDecision(nation, False, code, code.explanation)


def plan_release(
    header: DraftHeader,
    label: DraftLabel,
    *,
    originator: str,
    trust: TrustStore,
    now: datetime,
    alone: bool = True,
) -> ReleasePlan:
    """Complete a draft's label and decide for every nation of the realm.

    An addressee outside the release set, or a nation named by its code that may not have the message, is an
    error naming nation and rule; members of a named community that may not have it are left out.
    Not ``alone``: one of several versions (``bus.protocol.tear_lines``), which by itself need reach nobody.

    Raises ReleaseRefused, or with TRUST_STALE when the realm snapshot has expired.
    """
    if trust.stale(now):
        raise ReleaseRefused(ReasonCode.TRUST_STALE, "the realm snapshot has expired")
    if not classification_known(label.policy, label.classification, trust):
        raise ReleaseRefused(
            ReasonCode.CLASSIFICATION_UNKNOWN,
            ReasonCode.CLASSIFICATION_UNKNOWN.explanation,
            "",
            "/label/classification",
        )
    complete, eligible = complete_label(label, originator, trust, now)
    if alone and not eligible:
        kept = national_only(label, originator)
        code = ReasonCode.NATIONAL_ONLY if kept else ReasonCode.RELEASE_SET_EMPTY
        raise ReleaseRefused(code, code.explanation, "", "/label/releasable_to")
    addressed, named = addressed_nations(header, eligible, originator, trust, now, alone)
    rows = []
    for nation in sorted(trust.nations):
        if nation == originator:
            continue
        decision = decide(
            originator=originator,
            kind=header.kind,
            mode=header.mode,
            label=complete,
            nation=nation,
            trust=trust,
            now=now,
        )
        role = addressed.get(nation, "none")
        if alone and not decision.permit and nation in named:
            raise ReleaseRefused(
                decision.code,
                f"{nation} may not have this message: {decision.explanation}",
                nation,
                named[nation],
            )
        if decision.permit and role == "none":
            decision = _deny(nation, ReasonCode.NOT_ADDRESSED)
        rows.append(PlanRow(nation, role, decision))
    recipients = tuple(row.nation for row in rows if row.decision.permit)
    if alone and not recipients:
        raise ReleaseRefused(
            ReasonCode.NO_RECIPIENT, ReasonCode.NO_RECIPIENT.explanation, "", "/label/releasable_to"
        )
    return ReleasePlan(complete, tuple(rows), recipients)
