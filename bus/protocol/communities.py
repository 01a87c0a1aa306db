"""What names in a label mean: nations, and communities with the members the realm gives them (design 5)."""

from collections.abc import Iterable

from bus.protocol.errors import ReleaseRefused
from bus.protocol.trust import TrustStore
from schemas.reasons import ReasonCode


def expand(names: Iterable[str], trust: TrustStore, pointer: str) -> dict[str, bool]:
    """Nations meant by nation codes and community names, mapped to whether the nation itself was named.

    Three letters are a nation, four or more a community; ``pointer`` is the JSON pointer of the list, for the
    error. A community's members are those of the trust store given.

    Raises ReleaseRefused NATION_UNKNOWN or COMMUNITY_UNKNOWN.
    """
    nations: dict[str, bool] = {}
    for index, name in enumerate(names):
        if len(name) == 3:
            if name not in trust.nations:
                raise ReleaseRefused(
                    ReasonCode.NATION_UNKNOWN, f"the realm does not know {name}", name, f"{pointer}/{index}"
                )
            nations[name] = True
            continue
        community = trust.communities.get(name)
        if community is None:
            raise ReleaseRefused(
                ReasonCode.COMMUNITY_UNKNOWN,
                f"the realm does not know the community {name}",
                name,
                f"{pointer}/{index}",
            )
        for member in community.members:
            nations.setdefault(member, False)
    return nations
