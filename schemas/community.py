"""Communities: named sets of nations with dated membership (design 5; STANAG 4774: time-scoped contexts)."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import (
    CommunityName,
    Digest,
    FirstVersion,
    Nation,
    ParagraphText,
    Statement,
    TitleText,
    UtcTime,
    Version,
)

_EVER = datetime.min.replace(tzinfo=UTC)


class Membership(Statement):
    """One period in which a nation is a member: from ``since`` on, up to ``until`` but not at it.

    Without ``since`` it has always been one, without ``until`` it still is. A nation that left and came back
    has two of these. A suspension of its rights is no end of membership.
    """

    nation: Nation
    since: UtcTime | None = None
    until: UtcTime | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise PydanticCustomError("time_order", "until is not after since")
        return self


class Community(Statement):
    """A named nation set. Its version rises with every change.

    ``unverified`` says that the list was not checked against its source: the realm took it nonetheless.
    """

    type: Literal["community"]
    v: FirstVersion
    realm: Digest
    id: CommunityName
    version: Version
    title: TitleText
    source: ParagraphText
    unverified: bool = False
    members: Annotated[tuple[Membership, ...], Field(min_length=1, max_length=600)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        check_periods(self.members)
        return self

    def members_at(self, at: datetime) -> frozenset[str]:
        """Who is a member at this instant."""
        # Written out: this is asked for every message, and a call for each of sixty periods would show.
        return frozenset(
            [
                period.nation
                for period in self.members
                if (period.since is None or period.since <= at)
                and (period.until is None or at < period.until)
            ]
        )


def check_periods(members: tuple[Membership, ...]) -> None:
    """A nation's periods must not overlap: one of them would be a mistake. Raises PydanticCustomError."""
    ends: dict[str, datetime | None] = {}
    for period in sorted(members, key=lambda member: (member.nation, member.since or _EVER)):
        if period.nation in ends:
            end = ends[period.nation]
            if end is None or period.since is None or period.since < end:
                raise PydanticCustomError(
                    "membership_overlap",
                    "two periods of membership of {nation} overlap",
                    {"nation": period.nation},
                )
        ends[period.nation] = period.until
