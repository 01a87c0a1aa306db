"""What names in a label mean at an instant: nations, and communities by their dated membership (design 5).

Membership is evaluated at the instant a message is issued, by its originator and by everybody who checks it
later. So what was issued before a nation joined stays closed to it, and what was issued while it was a member
stays open to it, whatever the community has become since.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from bus.protocol.errors import ReleaseRefused
from bus.protocol.trust import TrustStore
from schemas.community import Community
from schemas.reasons import ReasonCode


def expand(names: Iterable[str], trust: TrustStore, pointer: str, at: datetime) -> dict[str, bool]:
    """Nations meant by nation codes and community names at ``at``; true for those named by their own code.

    Three letters are a nation, four or more a community; ``pointer`` is the JSON pointer of the list, for the
    error. A community's document lists every member there is. A member without a place in this realm is left
    out: nothing could be sealed for it, and a place given to it later must not open what was issued before.

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
        for member in community.members_at(at) & trust.nations.keys():
            nations.setdefault(member, False)
    return nations


def same_past(old: Community, new: Community, now: datetime) -> bool:
    """Whether both say the same of every instant before ``now``.

    A version that does not changes by what membership messages on their way and later replies are judged.
    """
    ends = {
        edge for each in (*old.members, *new.members) for edge in (each.since, each.until) if edge is not None
    }
    # Membership is constant between two edges: the instants at them and before the first stand for all.
    instants = [_BEFORE_ALL, *(edge for edge in ends if edge < now)]
    return all(old.members_at(at) == new.members_at(at) for at in instants)


_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
