"""Communities: named sets of nations, as the realm defines them (design 5)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from schemas.base import CommunityName, Digest, FirstVersion, Nation, Statement, TitleText, Version, unique


class Community(Statement):
    """A named nation set with fixed membership."""

    type: Literal["community"]
    v: FirstVersion
    realm: Digest
    id: CommunityName
    version: Version
    title: TitleText
    members: Annotated[tuple[Nation, ...], Field(min_length=1, max_length=300), AfterValidator(unique)]
