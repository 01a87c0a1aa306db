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
    """The label neither releases to the nation nor lets it look."""

    kind: ClassVar[str] = "not_release_to"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        label = case.label
        without = {
            name: tuple(nation for nation in getattr(label, name) if nation != case.nation)
            for name in ("release_set", "display_set")
        }
        return replace(case, label=label.model_copy(update=without))

    def text(self, case: ReleaseCase) -> str:
        names = [
            name
            for name in (*case.label.releasable_to, *case.label.display_only_to)
            if name == case.nation
            or (
                name in case.trust.communities
                and case.nation in case.trust.communities[name].members_at(case.now)
            )
        ]
        lists = "releasable_to and display_only_to" if case.label.display_only_to else "releasable_to"
        if set(names) <= {case.nation}:
            return f"take {case.nation} out of {lists}"
        return f"take {listed(names)} out of {lists} and name the others instead"


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
class DropCategories(Change):
    """The label does without restrictive categories that an agreement does not name."""

    categories: tuple[str, ...]
    kind: ClassVar[str] = "drop_categories"
    by: tuple[str, ...] = AUTHOR

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        kept = tuple(name for name in case.label.restrictive if name not in self.categories)
        return replace(case, label=case.label.model_copy(update={"restrictive": kept}))

    def text(self, case: ReleaseCase) -> str:
        return f"leave {listed(self.categories)} out of restrictive, if its content allows that"


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
    {change.kind for change in (ReleaseTo, Withhold, Address, NotAddress, Classify, DropCategories, LeaveOut)}
)
"""Kinds of change that are open to a draft only."""
