"""What a realm is to consist of, before anything is signed: input of ``entente realm init`` and of drills."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.agreement import Categories, Ceiling
from schemas.base import (
    CommunityName,
    Identifier,
    Nation,
    NationOrCommunity,
    ParagraphText,
    ShortText,
    Statement,
    TitleText,
    unique,
)
from schemas.classification import EquivalentLevel, Level, check_levels
from schemas.header import Kind, Mode
from schemas.known import Members
from schemas.trust import DeliveryObjectives, SealSuite, SignSuite


class PlannedNation(Statement):
    """A nation of the realm, its own classification policy and the suites of its keys."""

    nation: Nation
    display_name: TitleText
    policy: ShortText | None = None
    sign_suite: SignSuite = SignSuite.STANDARD
    seal_suite: SealSuite = SealSuite.SEAL_1


class PlannedCommunity(Statement):
    """A named set of nations of the realm's own making. A member is a code, or a code with dates."""

    id: CommunityName
    title: TitleText
    source: ParagraphText = "Laid down by this realm."
    members: Members


class PlannedAgreement(Statement):
    """Who may exchange what. ``parties`` may name communities: their members sign."""

    id: Identifier
    title: TitleText
    parties: Annotated[
        tuple[NationOrCommunity, ...], Field(min_length=1, max_length=300), AfterValidator(unique)
    ]
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1), AfterValidator(unique)]
    modes: Annotated[tuple[Mode, ...], Field(min_length=1), AfterValidator(unique)]
    highest: Annotated[tuple[Ceiling, ...], Field(min_length=1, max_length=64)]
    categories: Categories = ()
    valid_days: Annotated[int, Field(ge=1, le=3650)] = 365


class PlannedPolicy(Statement):
    """A classification policy of the realm's own making, lowest level first."""

    id: ShortText
    source: ParagraphText
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        check_levels(self.levels)
        return self


class PlannedEquivalence(Statement):
    """How one policy's levels are handled under another.

    Without ``levels`` by the tables that Entente ships, ``unverified`` also by cells that were not checked.
    Levels of one's own name what they rest on and where that can be looked up.
    """

    from_policy: ShortText
    to_policy: ShortText
    unverified: bool = False
    rests_on: TitleText | None = None
    source: ParagraphText | None = None
    levels: Annotated[tuple[EquivalentLevel, ...], Field(max_length=32)] = ()
    valid_days: Annotated[int, Field(ge=1, le=3650)] = 365

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        own = bool(self.levels)
        if own != (self.source is not None) or (self.rests_on is not None and not own):
            raise PydanticCustomError(
                "equivalence_source", "levels of your own need a source, and only they have one"
            )
        if own and self.unverified:
            raise PydanticCustomError("equivalence_source", "unverified is for the tables that are shipped")
        return self


class RealmPlan(Statement):
    """A realm to be founded. Without agreements nobody may send anything: there is no allow-all.

    ``known_policies`` and ``known_communities`` name what Entente ships with sources, as far as it was
    checked; ``unverified_policies`` and ``unverified_communities`` take also what was not. ``policies`` and
    ``communities`` bring others. ``objectives``: by when messages are to be delivered, where not as usual.
    """

    name: TitleText
    nations: Annotated[tuple[PlannedNation, ...], Field(min_length=1, max_length=300)]
    communities: Annotated[tuple[PlannedCommunity, ...], Field(max_length=200)] = ()
    agreements: Annotated[tuple[PlannedAgreement, ...], Field(max_length=500)] = ()
    known_communities: Annotated[tuple[ShortText, ...], Field(max_length=64), AfterValidator(unique)] = ()
    unverified_communities: Annotated[
        tuple[ShortText, ...], Field(max_length=64), AfterValidator(unique)
    ] = ()
    known_policies: Annotated[tuple[ShortText, ...], Field(max_length=64), AfterValidator(unique)] = ()
    unverified_policies: Annotated[tuple[ShortText, ...], Field(max_length=64), AfterValidator(unique)] = ()
    policies: Annotated[tuple[PlannedPolicy, ...], Field(max_length=64)] = ()
    equivalences: Annotated[tuple[PlannedEquivalence, ...], Field(max_length=500)] = ()
    objectives: DeliveryObjectives | None = None
    root_keys: Annotated[int, Field(ge=1, le=32)] = 3
    threshold: Annotated[int, Field(ge=1, le=32)] = 2

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        codes = unique(tuple(planned.nation for planned in self.nations))
        communities = unique(
            (
                *self.known_communities,
                *self.unverified_communities,
                *(planned.id for planned in self.communities),
            )
        )
        unique(tuple(planned.id for planned in self.agreements))
        policies = unique(
            (*self.known_policies, *self.unverified_policies, *(planned.id for planned in self.policies))
        )
        unique(tuple((each.from_policy, each.to_policy) for each in self.equivalences))
        _known(tuple(n.policy for n in self.nations if n.policy), policies, "nations: policies")
        for community in self.communities:
            members = tuple(member.nation for member in community.members)
            _known(members, codes, f"community {community.id}: members")
        for agreement in self.agreements:
            _known(agreement.parties, (*codes, *communities), f"agreement {agreement.id}: parties")
            _known(
                tuple(c.policy for c in agreement.highest), policies, f"agreement {agreement.id}: policies"
            )
            if agreement.parties[0] in codes and len(agreement.parties) < 2:
                raise PydanticCustomError("agreement_parties", "an agreement needs two nations or more")
        for each in self.equivalences:
            _known((each.from_policy, each.to_policy), policies, "equivalence: policies")
        if self.threshold > self.root_keys:
            raise PydanticCustomError("threshold", "the threshold is above the number of root keys")
        return self


def _known(names: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    for name in names:
        if name not in known:
            raise PydanticCustomError(
                "plan_unknown_name",
                "{what} name {name}, which the plan does not hold",
                {"what": what, "name": name},
            )
