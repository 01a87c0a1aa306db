"""Reviewed data that Entente ships: communities, classification policies, tables of equivalence.

Every row says where it is from and when that was looked at. What was not checked is marked and stays off
until a realm's plan names it among the unverified ones.
"""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import (
    CommunityName,
    Identifier,
    Nation,
    ParagraphText,
    ShortText,
    Statement,
    TitleText,
    UtcTime,
    unique,
)
from schemas.classification import Level, check_levels
from schemas.community import Membership, check_periods


def _instant(value: Any) -> Any:
    """A day means its beginning in UTC; an instant is left as it is."""
    if isinstance(value, str) and len(value) == 10:
        return f"{value}T00:00:00Z"
    return value


DayOrInstant = Annotated[UtcTime, BeforeValidator(_instant)]


class DatedMember(Statement):
    """A period of membership as people write it; a day in ``since`` or ``until`` is its beginning in UTC."""

    nation: Nation
    since: DayOrInstant | None = None
    until: DayOrInstant | None = None

    def membership(self) -> Membership:
        """As documents carry it."""
        return Membership(nation=self.nation, since=self.since, until=self.until)


def _dated(value: Any) -> Any:
    """A nation alone has always been a member."""
    return {"nation": value} if isinstance(value, str) else value


def _periods(members: tuple[DatedMember, ...]) -> tuple[DatedMember, ...]:
    check_periods(tuple(member.membership() for member in members))
    return members


Members = Annotated[
    tuple[Annotated[DatedMember, BeforeValidator(_dated)], ...],
    Field(min_length=1, max_length=600),
    AfterValidator(_periods),
]
"""Members as people write them: codes, or codes with dates."""


class _Reviewed(Statement):
    """Where it is from, and when that was looked at."""

    source: ParagraphText
    as_of: date
    note: ParagraphText | None = None

    @property
    def provenance(self) -> str:
        """Source, note and date in a paragraph, as documents carry it."""
        note = f" {self.note}" if self.note else ""
        return f"{self.source}{note} As of {self.as_of.isoformat()}."


class KnownCommunity(_Reviewed):
    """A community with everyone who is or was a member, whether or not it has a place in some realm."""

    id: CommunityName
    title: TitleText
    verified: bool
    members: Members


class KnownPolicy(_Reviewed):
    """A policy with its levels, the highest first. Levels marked unverified stay off by default."""

    id: ShortText
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        check_levels(self.levels)
        ranks = [level.rank for level in self.levels]
        if ranks != sorted(ranks, reverse=True):
            raise PydanticCustomError(
                "level_order", "levels stand in the order of their ranks, highest first"
            )
        return self

    def taken(self, *, unverified: bool) -> tuple[Level, ...]:
        """The levels that were checked, or all of them."""
        return tuple(level for level in self.levels if unverified or not level.unverified)


class KnownRow(Statement):
    """One policy in a table: its level in each column, null where it has none. ``unverified`` names cells."""

    policy: ShortText
    levels: Annotated[tuple[ShortText | None, ...], Field(min_length=1, max_length=16)]
    unverified: Annotated[tuple[ShortText, ...], Field(max_length=16), AfterValidator(unique)] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        unique(tuple(text for text in self.levels if text is not None))
        if not set(self.unverified) <= set(self.levels):
            raise PydanticCustomError("unknown_cell", "an unverified cell is one of the row's levels")
        return self


class KnownTable(_Reviewed):
    """A table of equivalence: what stands in one column is treated as equal under what it rests on."""

    id: Identifier
    rests_on: TitleText
    rows: Annotated[tuple[KnownRow, ...], Field(min_length=2, max_length=64)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        unique(tuple(row.policy for row in self.rows))
        if len({len(row.levels) for row in self.rows}) != 1:
            raise PydanticCustomError("table_width", "every row of a table has the same columns")
        return self


class KnownData(Statement):
    """One file of reviewed data."""

    communities: Annotated[tuple[KnownCommunity, ...], Field(max_length=200)] = ()
    policies: Annotated[tuple[KnownPolicy, ...], Field(max_length=100)] = ()
    tables: Annotated[tuple[KnownTable, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        unique(tuple(community.id for community in self.communities))
        unique(tuple(policy.id for policy in self.policies))
        unique(tuple(table.id for table in self.tables))
        return self
