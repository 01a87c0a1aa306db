"""Classification policies and the equivalence between two of them, as data with its source (design 5)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import (
    Digest,
    FirstVersion,
    Identifier,
    ParagraphText,
    ShortText,
    Statement,
    UtcTime,
    Version,
    unique,
)


class Level(Statement):
    """One classification of a policy and its rank within that policy (0 lowest)."""

    classification: ShortText
    rank: Annotated[int, Field(ge=0, le=99)]


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
        unique(tuple(level.classification for level in self.levels))
        unique(tuple(level.rank for level in self.levels))
        return self


class EquivalentLevel(Statement):
    """``classification`` of the one policy is handled as ``equivalent`` of the other."""

    classification: ShortText
    equivalent: ShortText


class Equivalence(Statement):
    """How one policy's levels are handled under another: realm-signed data with its source."""

    type: Literal["equivalence"]
    v: FirstVersion
    realm: Digest
    id: Identifier
    version: Version
    source: ParagraphText
    from_policy: ShortText
    to_policy: ShortText
    levels: Annotated[tuple[EquivalentLevel, ...], Field(min_length=1, max_length=32)]
    not_before: UtcTime
    not_after: UtcTime
