"""Agreements: which nations may exchange what with each other, up to which classification (design 5, 10)."""

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


class Agreement(Statement):
    """Who may exchange what: parties, kinds, modes, highest classification per policy, validity."""

    type: Literal["agreement"]
    v: FirstVersion
    realm: Digest
    id: Identifier
    version: Version
    title: TitleText
    parties: Annotated[tuple[Nation, ...], Field(min_length=2, max_length=300), AfterValidator(unique)]
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1), AfterValidator(unique)]
    modes: Annotated[tuple[Mode, ...], Field(min_length=1), AfterValidator(unique)]
    highest: Annotated[tuple[Ceiling, ...], Field(min_length=1, max_length=64)]
    not_before: UtcTime
    not_after: UtcTime

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.not_after <= self.not_before:
            raise PydanticCustomError("time_order", "not_after is not after not_before")
        unique(tuple(ceiling.policy for ceiling in self.highest))
        return self
