"""Agreements: which nations may exchange what with each other, up to which classification (design 5, 10).

An agreement never changes: the digest of its exact bytes is its identity. It is in force only while every
party's gateway has countersigned that digest. What parties do about it are acts, each signed by its nation.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import (
    Digest,
    FirstVersion,
    Identifier,
    Nation,
    ShortText,
    Statement,
    TitleText,
    UtcTime,
    Version,
    unique,
)
from schemas.header import Kind, Mode


class Ceiling(Statement):
    """The highest classification of one policy that an agreement lets pass."""

    policy: ShortText
    classification: ShortText


Parties = Annotated[tuple[Nation, ...], Field(min_length=2, max_length=300), AfterValidator(unique)]
AgreedKinds = Annotated[tuple[Kind, ...], Field(min_length=1), AfterValidator(unique)]
AgreedModes = Annotated[tuple[Mode, ...], Field(min_length=1), AfterValidator(unique)]
Ceilings = Annotated[tuple[Ceiling, ...], Field(min_length=1, max_length=64)]
Categories = Annotated[tuple[ShortText, ...], Field(max_length=64), AfterValidator(unique)]
"""Restrictive categories that an agreement covers, letter by letter; none by default."""


class Agreement(Statement):
    """Who may exchange what: parties, kinds, modes, highest classification per policy, categories, validity.

    ``proposed_by``: the party that proposed it at run time and signed it; absent when the realm signed it and
    its snapshot lists it.
    """

    type: Literal["agreement"]
    v: FirstVersion
    realm: Digest
    id: Identifier
    version: Version
    title: TitleText
    parties: Parties
    kinds: AgreedKinds
    modes: AgreedModes
    highest: Ceilings
    categories: Categories = ()
    not_before: UtcTime
    not_after: UtcTime
    proposed_by: Nation | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        _check_terms(self.not_before, self.not_after, self.highest)
        if self.proposed_by is not None and self.proposed_by not in self.parties:
            raise PydanticCustomError("proposer_no_party", "who proposes an agreement is a party to it")
        return self


class AgreementDraft(Statement):
    """What a nation proposes; its gateway adds realm and proposer and signs it."""

    id: Identifier
    version: Version = 1
    title: TitleText
    parties: Parties
    kinds: AgreedKinds
    modes: AgreedModes
    highest: Ceilings
    categories: Categories = ()
    not_before: UtcTime
    not_after: UtcTime

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        _check_terms(self.not_before, self.not_after, self.highest)
        return self


def _check_terms(not_before: datetime, not_after: datetime, highest: tuple[Ceiling, ...]) -> None:
    if not_after <= not_before:
        raise PydanticCustomError("time_order", "not_after is not after not_before")
    unique(tuple(ceiling.policy for ceiling in highest))


class ActKind(StrEnum):
    """What a party does about an agreement. ``leave`` is final for that version."""

    COUNTERSIGN = "countersign"
    SUSPEND = "suspend"
    RESUME = "resume"
    LEAVE = "leave"


class AgreementName(Statement):
    """Which agreement an act is about: its digest decides, id and version must agree with it."""

    id: Identifier
    version: Version
    digest: Digest


class AgreementAct(Statement):
    """One act of one party, signed with its online message key for mode OPERATION.

    ``number`` counts that nation's acts on that digest from 1: the highest counts, whatever came when.
    """

    type: Literal["agreement_act"]
    v: FirstVersion
    realm: Digest
    agreement: AgreementName
    nation: Nation
    act: ActKind
    number: Version
    at: UtcTime
