"""Classification policies and the equivalence between two of them, as data with its source (design 5).

An equivalence is what this realm's members agreed to treat as equal, with the agreement or table it rests on.
It is data of the realm, not legal advice: the originator's native text stays what binds.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import (
    Digest,
    FirstVersion,
    Identifier,
    ParagraphText,
    ShortText,
    Statement,
    TitleText,
    UtcTime,
    Version,
    unique,
)


class Level(Statement):
    """One classification of a policy and its rank within that policy (0 lowest).

    ``unverified``: not checked against its source; the realm turned it on nonetheless.
    """

    classification: ShortText
    rank: Annotated[int, Field(ge=0, le=99)]
    unverified: bool = False


def check_levels(levels: tuple[Level, ...]) -> None:
    """A text or a rank that stands twice is a mistake. Raises PydanticCustomError."""
    unique(tuple(level.classification for level in levels))
    unique(tuple(level.rank for level in levels))


class ClassificationPolicy(Statement):
    """A policy's own ordered classifications, in native text."""

    type: Literal["classification_policy"]
    v: FirstVersion
    realm: Digest
    id: ShortText
    version: Version
    source: ParagraphText
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        check_levels(self.levels)
        return self


class EquivalentLevel(Statement):
    """``classification`` of the one policy is handled as ``equivalent`` of the other."""

    classification: ShortText
    equivalent: ShortText
    unverified: bool = False


class Equivalence(Statement):
    """How one policy's levels are handled under another: realm-signed data.

    ``rests_on`` names the agreement or table in a line, ``source`` says where it can be looked up.
    """

    type: Literal["equivalence"]
    v: FirstVersion
    realm: Digest
    id: Identifier
    version: Version
    rests_on: TitleText
    source: ParagraphText
    from_policy: ShortText
    to_policy: ShortText
    levels: Annotated[tuple[EquivalentLevel, ...], Field(min_length=1, max_length=32)]
    not_before: UtcTime
    not_after: UtcTime
