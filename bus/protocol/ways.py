"""What would have to change for a release decision to become the other one: computed and tried out.

A way is a set of changes, in the order in which the obstacles are met. Each way is tried on the case: all of
it turns the answer, and with any one of its changes left out the answer stays.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from bus.protocol.agreement_changes import Conclude, NextVersion, PartyAct, Resume, Suspend, WaitUntil
from bus.protocol.changes import (
    OF_AUTHOR,
    Address,
    Change,
    Classify,
    DropCategories,
    LeaveOut,
    LiftSuspension,
    NotAddress,
    ReleaseTo,
    Withhold,
)
from bus.protocol.classification import within
from bus.protocol.release import AGREEMENT_CODES, obstacle
from bus.protocol.release_case import ReleaseCase
from bus.protocol.standings import AgreementTrust, Standing
from schemas.agreement import Agreement, Ceiling
from schemas.reasons import ReasonCode

Way = tuple[Change, ...]

MOST_WAYS = 4
"""Ways that are shown; the ones with the fewest changes."""
_ROUTES = 4
"""Agreements between two nations that ways are looked for in: those that come closest to a permit."""
_STEPS = 8
"""Steps of the longest way: trying out costs the square of it, and nations may have many agreements."""


def ways(case: ReleaseCase, *, issued: bool = False) -> tuple[Way, ...]:
    """Ways to turn the answer of a case, the shortest first; none when nothing anybody can do would.

    ``issued``: of a message that was issued, so that only agreements, the realm and time may change.
    """
    permit = case.decision().permit
    found: list[Way] = []
    for tried in _to_denial(case) if permit else _to_permit(case):
        way = _needed(case, tried, permit)
        open_to_all = not (issued and any(change.kind in OF_AUTHOR for change in way))
        if way and open_to_all and not any(_says_as_much(other, way) for other in found):
            found.append(way)
    # The order in which they were found stands among equals: the author's own first.
    return tuple(sorted(found, key=len)[:MOST_WAYS])


def _says_as_much(one: Way, other: Way) -> bool:
    """Whether two ways differ by nothing, or by how low a classification they ask for."""
    return [each for each in one if not isinstance(each, Classify)] == [
        each for each in other if not isinstance(each, Classify)
    ] and len(one) == len(other)


def after(case: ReleaseCase, way: Way) -> ReleaseCase:
    """The case after all changes of a way."""
    for change in way:
        case = change.apply(case)
    return case


def _turns(case: ReleaseCase, way: Way, permit: bool) -> bool:
    return after(case, way).decision().permit is not permit


def _needed(case: ReleaseCase, way: Way, permit: bool) -> Way:
    """The part of a way without which the answer stays; empty when not even all of it turns it."""
    if not _turns(case, way, permit):
        return ()
    for change in way:
        rest = tuple(other for other in way if other is not change)
        if rest and _turns(case, rest, permit):
            return _needed(case, rest, permit)
    return way


# -- from a denial to a permit ----------------------------------------------------------------------------


def _to_permit(case: ReleaseCase) -> Iterator[Way]:
    first = _cured(case)
    if first is None:
        return
    label_is_right = after(case, first)
    if label_is_right.decision().permit:
        yield first
        return
    for route in _routes(label_is_right):
        last = _cured(after(label_is_right, route))
        if last is not None:
            yield (*first, *route, *last)


def _cured(case: ReleaseCase) -> Way | None:
    """Cures of all obstacles but agreements, up to a permit or what agreements forbid; None: incurable."""
    made: list[Change] = []
    for _ in range(_STEPS):
        decision = case.decision()
        if decision.permit or _of_agreements(case, decision.code):
            break
        cure = _CURES.get(decision.code)
        change = cure(case) if cure is not None else None
        if change is None:
            return None
        made.append(change)
        case = change.apply(case)
    return tuple(made)


def _of_agreements(case: ReleaseCase, code: ReasonCode) -> bool:
    known = case.label.classification in case.trust.ranks.get(case.label.policy, {})
    return code in AGREEMENT_CODES and known


def _known_level(case: ReleaseCase) -> Change | None:
    """The highest known classification that turns the answer, of the label's policy if the realm has it."""
    policy = case.label.policy
    for name in (policy,) if policy in case.trust.ranks else sorted(case.trust.ranks):
        ranks = case.trust.ranks[name]
        levels = [
            Classify(policy=name, classification=text)
            for text in sorted(ranks, key=ranks.__getitem__, reverse=True)
        ]
        better = [level for level in levels if level.apply(case).decision().permit]
        if levels:
            return (better or levels[-1:])[0]
    return None


_CURES: dict[ReasonCode, Callable[[ReleaseCase], Change | None]] = {
    ReasonCode.ORIGINATOR_SUSPENDED: lambda case: LiftSuspension(nation=case.originator),
    ReasonCode.NATION_SUSPENDED: lambda case: LiftSuspension(nation=case.nation),
    ReasonCode.RELEASE_SET_EMPTY: lambda case: ReleaseTo(),
    ReasonCode.NOT_IN_RELEASE_SET: lambda case: ReleaseTo(),
    ReasonCode.CLASSIFICATION_UNKNOWN: _known_level,
    ReasonCode.NOT_ADDRESSED: lambda case: Address(),
    ReasonCode.REPLY_BEYOND_RELEASE: lambda case: LeaveOut(),
    ReasonCode.REFERENCE_BEYOND_RELEASE: lambda case: LeaveOut(),
}
"""What cures an obstacle that no agreement cures. What has no place in the realm has no cure here."""


def _routes(case: ReleaseCase) -> Iterator[Way]:
    """Ways past what agreements forbid: the author's, then what parties can do, then a new agreement."""
    candidates = sorted(
        (
            trusted
            for trusted in case.agreements()
            if trusted.superseded_from is None or trusted.superseded_from > case.now
        ),
        key=lambda trusted: _closeness(case, trusted),
        reverse=True,
    )[:_ROUTES]
    standing: list[Way] = []
    terms: list[Way] = []
    lower: list[Way] = []
    for trusted in candidates:
        if trusted.obstacle is ReasonCode.AGREEMENT_LEFT:
            terms.append((_next_version(case, trusted),))
            continue
        missing = _next_version(case, trusted)
        acts = _acts(trusted)
        beyond_label = missing.modes or missing.kinds
        of_label = missing.highest or missing.categories
        if not (beyond_label or of_label or missing.in_force):
            standing.append(acts)
            continue
        terms.append((missing,))
        label = _lower_label(case, missing, trusted.agreement)
        if label and not (beyond_label or missing.in_force):
            lower.append((*label, *acts))
        begins = trusted.agreement.not_before
        if case.now < begins and not (beyond_label or of_label):
            standing.append((_wait(trusted, begins=True), *acts))
    # Of the levels that agreements allow the highest asks least of the author.
    ranks = case.trust.ranks[case.label.policy]
    lower.sort(key=lambda way: -ranks[_level_of(way, case.label.classification)])
    yield from lower
    yield from standing
    yield from terms
    if not candidates:
        yield (Conclude(by=(case.originator, case.nation)),)


def _closeness(case: ReleaseCase, trusted: AgreementTrust) -> int:
    code = obstacle(trusted, case.kind, case.mode, case.label, case.trust, case.now)
    return len(AGREEMENT_CODES) if code is None else AGREEMENT_CODES.index(code)


def _level_of(way: Way, kept: str) -> str:
    return next((change.classification for change in way if isinstance(change, Classify)), kept)


def _lower_label(case: ReleaseCase, missing: NextVersion, agreement: Agreement) -> Way:
    """What the author can lower in the label so that the agreement covers it; empty when that can't be."""
    made: list[Change] = []
    if missing.highest:
        level = _lower_level(case, agreement)
        if level is None:
            return ()
        made.append(level)
    if missing.categories:
        made.append(DropCategories(categories=missing.categories))
    return tuple(made)


def _acts(trusted: AgreementTrust) -> Way:
    """What parties have to do for an agreement to be in force, whose terms would do."""
    made: list[Change] = []
    missing = trusted.parties_standing(Standing.MISSING, Standing.LAPSED)
    if missing:
        made.append(PartyAct(by=missing, digest=trusted.digest))
    suspending = trusted.parties_standing(Standing.SUSPENDED)
    if suspending:
        made.append(Resume(by=suspending, digest=trusted.digest))
    return tuple(made)


def _next_version(case: ReleaseCase, trusted: AgreementTrust) -> NextVersion:
    """A next version that has everything this one lacks for the case, and nothing else."""
    agreement, label = trusted.agreement, case.label
    beyond = within(label.policy, label.classification, agreement.highest, case.trust, case.now)
    ceiling = Ceiling(policy=label.policy, classification=label.classification)
    return NextVersion(
        by=agreement.parties,
        digest=trusted.digest,
        modes=() if case.mode in agreement.modes else (case.mode,),
        kinds=() if case.kind in agreement.kinds else (case.kind,),
        highest=() if beyond is None else (ceiling,),
        categories=tuple(name for name in label.restrictive if name not in agreement.categories),
        in_force=not _valid(agreement, case.now),
    )


def _wait(trusted: AgreementTrust, *, begins: bool) -> WaitUntil:
    agreement = trusted.agreement
    at = agreement.not_before if begins else agreement.not_after
    return WaitUntil(at=at, digest=trusted.digest, begins=begins)


def _valid(agreement: Agreement, at: datetime) -> bool:
    return agreement.not_before <= at < agreement.not_after


def _lower_level(case: ReleaseCase, agreement: Agreement) -> Classify | None:
    """The highest classification of the label's own policy that the agreement lets pass."""
    policy = case.label.policy
    ranks = case.trust.ranks[policy]
    for text in sorted(ranks, key=ranks.__getitem__, reverse=True):
        if (
            ranks[text] < ranks[case.label.classification]
            and within(policy, text, agreement.highest, case.trust, case.now) is None
        ):
            return Classify(policy=policy, classification=text)
    return None


# -- from a permit to a denial ----------------------------------------------------------------------------


def _to_denial(case: ReleaseCase) -> Iterator[Way]:
    yield (Withhold(),)
    yield (NotAddress(),)
    level = _higher_level(case)
    if level is not None:
        yield (level,)
    bearing = [
        trusted
        for trusted in case.agreements()
        if obstacle(trusted, case.kind, case.mode, case.label, case.trust, case.now) is None
    ]
    if len(bearing) <= _STEPS:
        yield tuple(Suspend(by=(case.nation,), digest=trusted.digest) for trusted in bearing)
    yield (_wait(max(bearing, key=lambda each: each.agreement.not_after), begins=False),)


def _higher_level(case: ReleaseCase) -> Classify | None:
    """The lowest higher classification under which the nation would not get it."""
    policy = case.label.policy
    ranks = case.trust.ranks[policy]
    for text in sorted(ranks, key=ranks.__getitem__):
        change = Classify(policy=policy, classification=text, lower=False)
        if ranks[text] > ranks[case.label.classification] and _turns(case, (change,), permit=True):
            return change
    return None
