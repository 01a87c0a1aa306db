"""What a form offers of the realm: levels, nations, communities. Out of ``GET /v1/trust``; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from console.nation_names import territories


@dataclass(frozen=True)
class Offered:
    """A nation or community that can be named; ``community`` ones mean their members."""

    code: str
    name: str
    members: tuple[str, ...] = ()

    @property
    def community(self) -> bool:
        """Whether it stands for several nations."""
        return len(self.code) > 3


@dataclass(frozen=True)
class Realm:
    """What the realm's documents offer to a draft of one nation."""

    nation: str
    levels: tuple[tuple[str, str], ...]
    audience: tuple[Offered, ...]
    categories: tuple[str, ...]
    names: Mapping[str, str]


def realm_of(trust: Mapping[str, Any], nation: str) -> Realm:
    """Out of the trust documents in force: the nation's own policy first, its lowest level first."""
    nations = {each["nation"]: each for each in trust.get("nations") or ()}
    own = nations.get(nation, {}).get("policy")
    policies = sorted(trust.get("policies") or (), key=lambda each: (each["id"] != own, each["id"]))
    offered = [
        Offered(code, str(each.get("display_name") or code))
        for code, each in sorted(nations.items())
        if code != nation and each.get("status", "active") == "active"
    ]
    offered += [
        Offered(each["id"], str(each.get("title") or each["id"]), tuple(each.get("members") or ()))
        for each in trust.get("communities") or ()
    ]
    return Realm(
        nation,
        tuple((policy["id"], level) for policy in policies for level in policy["levels"]),
        tuple(offered),
        tuple(
            sorted({word for each in trust.get("agreements") or () for word in each.get("categories") or ()})
        ),
        {code: str(each.get("display_name") or code) for code, each in nations.items()},
    )


@cache
def countries(language: str) -> tuple[Offered, ...]:
    """Every nation of ISO 3166-1 by its code, named in a language, in its order."""
    found = [Offered(code, name) for code, name in territories(language).items()]
    return tuple(sorted(found, key=lambda each: each.name.casefold()))


def world(realm: Realm, language: str) -> tuple[Offered, ...]:
    """Every nation that a body may name: those of the realm first, then the others."""
    own = [Offered(code, name) for code, name in sorted(realm.names.items())]
    return (*own, *(each for each in countries(language) if each.code not in realm.names))
