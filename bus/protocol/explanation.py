"""A release decision explained to whoever has to act on it: why, resting on what, what would change it.

The rules have names, which stand in docs/release.md in the order in which they are asked.
"""

from dataclasses import dataclass

from bus.protocol.changes import Change
from bus.protocol.release import ReleaseDecision, obstacle
from bus.protocol.release_case import ReleaseCase
from bus.protocol.sentences import denied, permitted
from bus.protocol.standings import AgreementTrust
from bus.protocol.ways import ways
from schemas.reasons import ReasonCode

RULES: dict[str, str] = {
    "realm": "Only nations that are active in the realm send and receive.",
    "release-set": "Nobody gets what its label does not release to it.",
    "classification": "A classification is one that the realm knows.",
    "agreement": "Nothing passes without an agreement in force that covers it.",
    "addressed": "Nobody gets what is not addressed to it.",
    "references": "What refers to a message goes no further than that message.",
}
"""Every rule by name, in the order in which they are asked."""

_RULE_OF: dict[ReasonCode, str] = {
    ReasonCode.ORIGINATOR_IS_RECIPIENT: "realm",
    ReasonCode.NATION_UNKNOWN: "realm",
    ReasonCode.NATION_SUSPENDED: "realm",
    ReasonCode.ORIGINATOR_UNKNOWN: "realm",
    ReasonCode.ORIGINATOR_SUSPENDED: "realm",
    ReasonCode.RELEASE_SET_EMPTY: "release-set",
    ReasonCode.NOT_IN_RELEASE_SET: "release-set",
    ReasonCode.CLASSIFICATION_UNKNOWN: "classification",
    ReasonCode.NOT_ADDRESSED: "addressed",
    ReasonCode.REPLY_BEYOND_RELEASE: "references",
    ReasonCode.REFERENCE_BEYOND_RELEASE: "references",
}
"""The rule that a code comes from; every other code comes from ``agreement``."""


@dataclass(frozen=True, slots=True)
class RestsOn:
    """The rule a decision comes from, or an agreement (with its version and digest) that bears it."""

    type: str
    id: str
    title: str
    version: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One change in words: what kind it is, whose, and which agreement it is about."""

    change: str
    by: tuple[str, ...]
    text: str
    agreement: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision for one nation, explained. ``ways``: each turns the answer, all its steps together."""

    nation: str
    name: str
    addressed: str
    decision: ReleaseDecision
    sentence: str
    rests_on: tuple[RestsOn, ...]
    ways: tuple[tuple[Step, ...], ...]


def explain(case: ReleaseCase, *, issued: bool = False) -> Explanation:
    """The answer of a case, explained. ``issued``: of a message that can't be changed any more."""
    decision = case.decision()
    nearest = None if decision.permit else _nearest(case, decision.code)
    trusted = case.trust.nations.get(case.nation)
    return Explanation(
        case.nation,
        case.nation if trusted is None else trusted.record.display_name,
        case.addressed,
        decision,
        permitted(case, decision) if decision.permit else denied(case, decision.code, nearest),
        _rests_on(case, decision, nearest),
        tuple(_steps(case, way) for way in ways(case, issued=issued)),
    )


def _steps(case: ReleaseCase, way: tuple[Change, ...]) -> tuple[Step, ...]:
    steps = []
    for change in way:
        steps.append(Step(change.kind, change.by, change.text(case), change.agreement))
        # Each step is told as things stand once those before it are done.
        case = change.apply(case)
    return tuple(steps)


def _rests_on(
    case: ReleaseCase, decision: ReleaseDecision, nearest: AgreementTrust | None
) -> tuple[RestsOn, ...]:
    rule = _RULE_OF.get(decision.code, "agreement")
    bearing = [nearest] if nearest is not None else []
    bearing += [
        trusted
        for trusted in case.agreements()
        if any(basis.digest == trusted.digest for basis in decision.basis)
    ]
    return (
        *(
            RestsOn("agreement", each.agreement.id, each.agreement.title, each.agreement.version, each.digest)
            for each in bearing
        ),
        RestsOn("rule", rule, RULES[rule]),
    )


def _nearest(case: ReleaseCase, code: ReasonCode) -> AgreementTrust | None:
    """The agreement that the code of a denial speaks of, None when it speaks of none."""
    if code in _RULE_OF:
        return None
    return next(
        (
            trusted
            for trusted in case.agreements()
            if obstacle(trusted, case.kind, case.mode, case.label, case.trust, case.now) is code
        ),
        None,
    )
