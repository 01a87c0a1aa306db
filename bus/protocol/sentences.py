"""Why a nation gets a message or does not, in one sentence that a watch officer understands."""

from datetime import datetime

from bus.protocol.caveats import national_only
from bus.protocol.plain_words import (
    MOST_NAMES,
    agreement_words,
    ceilings_words,
    kind_words,
    listed,
    nation_words,
    nations_words,
    time_words,
)
from bus.protocol.release import ReleaseDecision
from bus.protocol.release_case import ReleaseCase
from bus.protocol.standings import AgreementTrust, Standing
from schemas.reasons import ReasonCode
from schemas.wire import Handling


def permitted(case: ReleaseCase, decision: ReleaseDecision) -> str:
    """Why the nation gets it."""
    basis = decision.basis[0]
    trusted = next(each for each in case.agreements() if each.digest == basis.digest)
    agreement = trusted.agreement
    shown = decision.handling is Handling.DISPLAY_ONLY
    gets = "may look at it" if shown else "gets it"
    names = case.label.display_only_to if shown else case.label.releasable_to
    return (
        f"{nation_words(case.nation, case.trust)} {gets}: {_released_by(case, names)}, and "
        f"{agreement_words(agreement)} covers {kind_words(case.kind)} in mode {case.mode.value} up to "
        f"{ceilings_words(agreement)} until {time_words(agreement.not_after)}."
    )


def _released_by(case: ReleaseCase, names: tuple[str, ...]) -> str:
    """Through which of these names of the label a nation is in the set that they mean."""
    if case.nation in names:
        return "the label names it"
    through = [
        name
        for name in names
        if name in case.trust.communities and case.nation in case.trust.communities[name].members_at(case.now)
    ]
    return (
        f"it is a member of {listed(through)}" if through else "the label released to it when it was issued"
    )


def denied(case: ReleaseCase, code: ReasonCode, nearest: AgreementTrust | None) -> str:
    """Why the nation does not get it. ``nearest``: the agreement that the code speaks of, if any."""
    name = nation_words(case.nation, case.trust)
    return f"{name} does not get it: {_why(case, code, nearest)}."


def _why(case: ReleaseCase, code: ReasonCode, nearest: AgreementTrust | None) -> str:
    label, trust = case.label, case.trust
    author = nation_words(case.originator, trust)
    match code:
        case ReasonCode.ORIGINATOR_IS_RECIPIENT:
            return "it is the author"
        case ReasonCode.NATION_UNKNOWN:
            return "it has no place in this realm"
        case ReasonCode.NATION_SUSPENDED:
            return "the realm has suspended it"
        case ReasonCode.ORIGINATOR_UNKNOWN:
            return f"{author} has no place in this realm"
        case ReasonCode.ORIGINATOR_SUSPENDED:
            return f"the realm has suspended {author}, which sends nothing meanwhile"
        case ReasonCode.RELEASE_SET_EMPTY:
            own = label.releasable_to and national_only(label, case.originator)
            return f"the label keeps it within {author}" if own else "the label releases to nobody"
        case ReasonCode.NOT_IN_RELEASE_SET:
            return _outside(case)
        case ReasonCode.CLASSIFICATION_UNKNOWN:
            return f"this realm knows no {label.classification} of policy {label.policy}"
        case ReasonCode.NOT_ADDRESSED:
            return "it might have it, but the message is addressed to others only"
        case ReasonCode.REPLY_BEYOND_RELEASE:
            return "what this draft answers was not released to it"
        case ReasonCode.REFERENCE_BEYOND_RELEASE:
            return f"this draft refers to a message of {author} that it could not have"
    if nearest is None:
        if code is ReasonCode.NO_AGREEMENT:
            return f"{author} has no agreement with it"
        return _plain(code)
    return _not_covered(case, code, nearest)


def _plain(code: ReasonCode) -> str:
    return code.explanation[0].lower() + code.explanation[1:].rstrip(".")


def _outside(case: ReleaseCase) -> str:
    """The label does not release to the nation; says so of communities it was or will be a member of."""
    dated = [
        f"{name} has it as a member {_period(period.since, period.until, case.now)}"
        for name in case.label.releasable_to
        if name in case.trust.communities
        for period in case.trust.communities[name].members
        if period.nation == case.nation
    ]
    names = listed(case.label.releasable_to) or "nobody"
    return f"the label releases to {names}" + "".join(f"; {text}" for text in dated)


def _period(since: datetime | None, until: datetime | None, now: datetime) -> str:
    parts = []
    if since is not None:
        parts.append(f"since {time_words(since)}" if since <= now else f"from {time_words(since)} on")
    return " ".join(parts if until is None else [*parts, f"until {time_words(until)}"])


def _not_covered(case: ReleaseCase, code: ReasonCode, trusted: AgreementTrust) -> str:
    agreement, label = trusted.agreement, case.label
    it = agreement_words(agreement)
    match code:
        case ReasonCode.AGREEMENT_SUPERSEDED:
            return f"{it} has been replaced by a newer version"
        case ReasonCode.AGREEMENT_LEFT:
            return f"{it} was left by {_who(case, trusted, Standing.LEFT, 'on')}"
        case ReasonCode.AGREEMENT_NOT_IN_FORCE:
            if case.now < agreement.not_before:
                return f"{it} begins on {time_words(agreement.not_before)}"
            return f"{it} ended on {time_words(agreement.not_after)}"
        case ReasonCode.MODE_NOT_COVERED:
            modes = listed([mode.value for mode in agreement.modes])
            return f"{it} covers mode {modes}, not {case.mode.value}"
        case ReasonCode.KIND_NOT_COVERED:
            kinds = listed([kind_words(kind) for kind in agreement.kinds])
            return f"{it} covers {kinds}, not {kind_words(case.kind)}"
        case ReasonCode.CLASSIFICATION_UNMAPPED:
            return (
                f"{it} goes up to {ceilings_words(agreement)}, and nothing says what "
                f"{label.classification} of policy {label.policy} is in that policy"
            )
        case ReasonCode.CLASSIFICATION_TOO_HIGH:
            return f"{it} goes up to {ceilings_words(agreement)}, and this is {label.classification}"
        case ReasonCode.CATEGORY_NOT_COVERED:
            uncovered = [name for name in label.restrictive if name not in agreement.categories]
            return f"{it} does not name {listed(uncovered)}"
        case ReasonCode.AGREEMENT_NOT_COUNTERSIGNED:
            missing = trusted.parties_standing(Standing.MISSING, Standing.LAPSED)
            waited_for = nations_words(missing, case.trust)
            return f"{it} waits for the countersignature of {waited_for}"
        case ReasonCode.AGREEMENT_SUSPENDED:
            return f"{it} is suspended by {_who(case, trusted, Standing.SUSPENDED)}"
        case _:
            return f"{it} does not cover it: {_plain(code)}"


def _who(case: ReleaseCase, trusted: AgreementTrust, standing: Standing, at: str = "since") -> str:
    """Who stands so, each with the time that its act bears."""
    words = []
    found = trusted.parties_standing(standing)
    if len(found) > MOST_NAMES:
        return nations_words(found, case.trust)
    for nation in found:
        acts = trusted.acts.get(nation, ())
        since = f" {at} {time_words(acts[0].act.at)}" if acts else ""
        words.append(f"{nation_words(nation, case.trust)}{since}")
    return listed(words)
