"""Which nation gets which version of a draft with tear lines: the fullest that it may have, and never two.

Versions are numbered from 0, the draft itself, to the last and widest. What a recipient of one version sees
must be what it would see were there no fuller ones. So each version together with those after it must be a
publication that could stand by itself: a version's header names only addressees that may have it, a label
names by code only nations that may have that version or a wider one, and no release set is lessened by who
got more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import PlanRow, ReleaseDecision, ReleasePlan, plan_release
from bus.protocol.trust import TrustStore
from schemas.body import Finding, FindingCode, warning
from schemas.header import DraftHeader
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class VersionPlan:
    """One version: the header it travels under, and the decisions for it. ``plan.recipients`` get this one.

    ``wider``: how many versions come after it.
    """

    version: int
    wider: int
    header: DraftHeader
    plan: ReleasePlan


@dataclass(frozen=True, slots=True)
class TearLinePlan:
    """``plan``: for every nation what it gets and why, under the label of the fullest version that anybody
    gets; its recipients are those of all versions. ``findings``: what the author should know.
    """

    plan: ReleasePlan
    versions: tuple[VersionPlan, ...]
    findings: tuple[Finding, ...]


def plan_versions(
    header: DraftHeader,
    versions: Sequence[tuple[str, DraftLabel]],
    *,
    originator: str,
    trust: TrustStore,
    now: datetime,
) -> TearLinePlan:
    """Complete the label of every version (subject, label) and decide which one each nation gets.

    Raises ReleaseRefused as ``plan_release`` does, with pointers into the version concerned; also when a
    nation named by its code would get nothing, or a label names one that may have fuller versions only.
    """
    plans = []
    for version, (_, label) in enumerate(versions):
        try:
            plans.append(
                plan_release(header, label, originator=originator, trust=trust, now=now, alone=False)
            )
        except ReleaseRefused as refused:
            raise _at(refused, version) from None
    if not any(plan.recipients for plan in plans):
        # The widest says best why: it is the one that should have reached somebody.
        last = len(versions) - 1
        try:
            plan_release(header, versions[last][1], originator=originator, trust=trust, now=now)
        except ReleaseRefused as refused:
            raise _at(refused, last) from None
        raise ReleaseRefused(ReasonCode.NO_RECIPIENT, ReasonCode.NO_RECIPIENT.explanation)
    _check_named(header, versions, plans, originator)
    given = _given(plans)
    made = tuple(
        VersionPlan(
            version,
            len(plans) - 1 - version,
            _header_of(header, subject, plan),
            _without_fuller(plan, version, given),
        )
        for version, ((subject, _), plan) in enumerate(zip(versions, plans, strict=True))
    )
    fullest = next(each for each in made if each.plan.recipients)
    rows = tuple(_rows(made, given))
    recipients = tuple(row.nation for row in rows if row.version is not None)
    overall = ReleasePlan(fullest.plan.label, rows, recipients)
    return TearLinePlan(overall, made, tuple(_findings(made, plans)))


def version_pointer(pointer: str, version: int) -> str:
    """A JSON pointer into a version by itself (/label, /body) as one into the whole draft."""
    if version == 0 or not pointer.startswith(("/label", "/body")):
        return pointer
    return f"/tear_lines/{version - 1}{pointer}"


def _given(plans: Sequence[ReleasePlan]) -> dict[str, int]:
    """The fullest version that each nation may have."""
    given: dict[str, int] = {}
    for version, plan in enumerate(plans):
        for nation in plan.recipients:
            given.setdefault(nation, version)
    return given


def _without_fuller(plan: ReleasePlan, version: int, given: dict[str, int]) -> ReleasePlan:
    """The plan of one version with those denied it that get a fuller one."""
    code = ReasonCode.FULLER_VERSION
    rows = tuple(
        replace(row, decision=ReleaseDecision(row.nation, False, code, code.explanation))
        if row.decision.permit and given[row.nation] < version
        else row
        for row in plan.rows
    )
    return ReleasePlan(plan.label, rows, tuple(row.nation for row in rows if row.decision.permit))


def _header_of(header: DraftHeader, subject: str, plan: ReleasePlan) -> DraftHeader:
    """The header of one version, as if it were the only one: an addressee that may not have it is not named.

    A version that none of them may have reaches nobody; its header is left as it was written.
    """
    permitted = set(plan.recipients)
    action, info = (
        tuple(name for name in names if len(name) > 3 or name in permitted)
        for names in (header.action_addressees, header.info_addressees)
    )
    if not permitted:
        action, info = header.action_addressees, header.info_addressees
    return header.model_copy(
        update={"subject": subject, "action_addressees": action, "info_addressees": info}
    )


def _rows(versions: Sequence[VersionPlan], given: dict[str, int]) -> Iterator[PlanRow]:
    """For every nation the row of the version that it gets, or of the widest."""
    for rows in zip(*(each.plan.rows for each in versions), strict=True):
        version = given.get(rows[0].nation)
        row = rows[-1 if version is None else version]
        yield replace(row, version=version, by_version=tuple(each.decision.code for each in rows))


def _check_named(
    header: DraftHeader,
    versions: Sequence[tuple[str, DraftLabel]],
    plans: Sequence[ReleasePlan],
    originator: str,
) -> None:
    """Whoever is named by code gets something: with addressees, any version; else one no fuller than the
    label that names it, which would otherwise tell its readers that there are fuller ones.
    """
    if header.action_addressees or header.info_addressees:
        for role, names in (("action", header.action_addressees), ("info", header.info_addressees)):
            for name in names:
                _check_gets_one(name, plans, f"/header/{role}_addressees", addressed=True)
        return
    for version, (_, label) in enumerate(versions):
        for field in ("releasable_to", "display_only_to"):
            for name in getattr(label, field):
                if name != originator:
                    pointer = version_pointer(f"/label/{field}", version)
                    _check_gets_one(name, plans[version:], pointer, addressed=False)


def _check_gets_one(name: str, plans: Sequence[ReleasePlan], pointer: str, *, addressed: bool) -> None:
    if len(name) > 3 or any(name in plan.recipients for plan in plans):
        return
    denials = [row.decision for plan in reversed(plans) for row in plan.rows if row.nation == name]
    outside = ReasonCode.NOT_IN_RELEASE_SET
    denied = next((decision for decision in denials if decision.code is not outside), None)
    if denied is None and addressed:
        code = ReasonCode.ADDRESSEE_NOT_RELEASABLE
        raise ReleaseRefused(code, f"{name} is addressed but is in no version's release set", name, pointer)
    denied = denied or denials[0]
    raise ReleaseRefused(denied.code, f"{name} may have no such version: {denied.explanation}", name, pointer)


def _findings(made: Sequence[VersionPlan], plans: Sequence[ReleasePlan]) -> Iterator[Finding]:
    for fuller, plan, version in zip(plans, plans[1:], made[1:], strict=False):
        pointer = f"/tear_lines/{version.version - 1}"
        lost = sorted(set(fuller.recipients) - set(plan.recipients))
        if lost:
            yield warning(
                FindingCode.TEAR_LINE_NARROWER,
                pointer,
                f"{', '.join(lost)} may have the version before this one, but not this one",
            )
        if not version.plan.recipients:
            yield warning(FindingCode.TEAR_LINE_REACHES_NOBODY, pointer, "nobody is left for this version")


def _at(refused: ReleaseRefused, version: int) -> ReleaseRefused:
    return ReleaseRefused(
        refused.code, refused.detail, refused.name, version_pointer(refused.pointer, version)
    )
