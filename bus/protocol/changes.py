"""Changes that may turn a release decision, each of which can be tried out on a case and put into words.

``by`` says whose it is: the author's ("author"), the realm's ("realm") or that of nations by their codes.
What the author may change is a draft only: a message that was issued stays as it is.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from bus.protocol.plain_words import listed, nation_words
from bus.protocol.release_case import ReleaseCase
from schemas.trust import NationStatus

AUTHOR, REALM = ("author",), ("realm",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that somebody would have to do."""

    kind: ClassVar[str]
    by: tuple[str, ...] = ()

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        """The case after it."""
        raise NotImplementedError

    def text(self, case: ReleaseCase) -> str:
        """What to do, as a sentence without an end."""
        raise NotImplementedError

    @property
    def agreement(self) -> str | None:
        """The digest of the agreement it is about, if any."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTo(Change):
    """The label releases to the nation."""

    kind: ClassVar[str] = "release_to"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        release_set = tuple(sorted({*case.label.release_set, case.nation}))
        return replace(case, label=case.label.model_copy(update={"release_set": release_set}))

    def text(self, case: ReleaseCase) -> str:
        communities = [
            name
            for name, community in sorted(case.trust.communities.items())
            if case.nation in community.members_at(case.now)
        ]
        more = f", or a community that contains it ({listed(communities, 'or')})" if communities else ""
        return f"add {case.nation} to releasable_to{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withhold(Change):
    """The label does not release to the nation."""

    kind: ClassVar[str] = "not_release_to"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        release_set = tuple(name for name in case.label.release_set if name != case.nation)
        return replace(case, label=case.label.model_copy(update={"release_set": release_set}))

    def text(self, case: ReleaseCase) -> str:
        names = [
            name
            for name in case.label.releasable_to
            if name == case.nation
            or (
                name in case.trust.communities
                and case.nation in case.trust.communities[name].members_at(case.now)
            )
        ]
        if names in ([], [case.nation]):
            return f"take {case.nation} out of releasable_to"
        return f"take {listed(names)} out of releasable_to and name the others instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Change):
    """The message is addressed to the nation."""

    kind: ClassVar[str] = "address"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        return replace(case, addressed="action")

    def text(self, case: ReleaseCase) -> str:
        return f"add {case.nation} to action_addressees or info_addressees"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAddress(Change):
    """The message is addressed to others only."""

    kind: ClassVar[str] = "not_address"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        return replace(case, addressed="none")

    def text(self, case: ReleaseCase) -> str:
        return f"address it to others only, without {case.nation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Classify(Change):
    """The label has another classification; ``lower`` says in which direction it turns the answer."""

    policy: str
    classification: str
    lower: bool = True
    kind: ClassVar[str] = "classify"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        changed = {"policy": self.policy, "classification": self.classification}
        return replace(case, label=case.label.model_copy(update=changed))

    def text(self, case: ReleaseCase) -> str:
        if not self.lower:
            return f"classify it {self.classification} or higher"
        if case.label.classification not in case.trust.ranks.get(case.label.policy, {}):
            known = f"{self.classification} of policy {self.policy} or lower"
            return f"write a classification that this realm knows: {known}"
        return f"classify it {self.classification} or lower, if its content allows that"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropCaveats(Change):
    """The label has no caveat that nobody can enforce."""

    kind: ClassVar[str] = "drop_caveats"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        free = {"display_only_to": (), "restrictive": (), "originator_controlled": False}
        return replace(case, label=case.label.model_copy(update=free))

    def text(self, case: ReleaseCase) -> str:
        label = case.label
        named = [
            name
            for name, stands in (
                ("display_only_to", label.display_only_to),
                ("restrictive", label.restrictive),
                ("originator_controlled", label.originator_controlled),
            )
            if stands
        ]
        return f"leave {listed(named)} out of the label, if its content allows that"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut(Change):
    """The draft does not refer to messages that the nation may not know of."""

    kind: ClassVar[str] = "drop_reference"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        kept = tuple(bound for bound in case.bounds if case.nation in bound.allowed)
        return replace(case, bounds=kept)

    def text(self, case: ReleaseCase) -> str:
        beyond = [bound for bound in case.bounds if case.nation not in bound.allowed]
        places = listed([bound.pointer for bound in beyond])
        whose = {nation_words(bound.originator, case.trust) for bound in beyond}
        if all(bound.originator == case.originator for bound in beyond):
            return f"leave out {places}, or refer to a message that {case.nation} has got"
        return (
            f"publish a message of your own instead of an answer (leave out {places}), "
            f"or ask {listed(sorted(whose))} to release to {case.nation} what it answers"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftSuspension(Change):
    """The realm lifts a nation's suspension."""

    nation: str
    kind: ClassVar[str] = "lift_suspension"
    by: tuple[str, ...] = REALM

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        lifted = replace(case.trust.nations[self.nation], status=NationStatus.ACTIVE)
        nations = {**case.trust.nations, self.nation: lifted}
        return replace(case, trust=replace(case.trust, nations=nations))

    def text(self, case: ReleaseCase) -> str:
        return f"the realm lifts the suspension of {nation_words(self.nation, case.trust)}"


OF_AUTHOR = frozenset(
    {change.kind for change in (ReleaseTo, Withhold, Address, NotAddress, Classify, DropCaveats, LeaveOut)}
)
"""Kinds of change that are open to a draft only."""
