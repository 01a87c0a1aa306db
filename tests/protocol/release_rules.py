"""Who may have what, said a second time and far more simply than ``bus.protocol`` says it.

The judge of ``test_release_machine``: it shares no code with what it judges. A ``View`` is what one nation
knows: one version of the realm, and the papers (proposals and acts) that have reached it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Period = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class RealmVersion:
    """What one snapshot says. ``handled_as``: levels of SWE as levels of NATO, until ``equal_until``."""

    version: int
    members: Mapping[str, Mapping[str, tuple[Period, ...]]]
    ranks: Mapping[str, Mapping[str, int]]
    handled_as: Mapping[str, str]
    equal_until: datetime
    suspended: frozenset[str]
    listed: frozenset[str]


@dataclass(frozen=True)
class Terms:
    """An agreement. ``highest`` is a level of NATO."""

    digest: str
    id: str
    version: int
    parties: frozenset[str]
    modes: frozenset[str]
    highest: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Act:
    """What a party did about an agreement."""

    digest: str
    nation: str
    kind: str
    number: int


@dataclass(frozen=True)
class Said:
    """A message as far as release looks at it; ``names`` is what its author wrote into releasable_to."""

    message_id: str
    originator: str
    mode: str
    policy: str
    classification: str
    names: tuple[str, ...]
    addressees: tuple[str, ...]
    release_set: frozenset[str]
    issued_at: datetime


@dataclass
class View:
    """What one nation knows."""

    realm: RealmVersion
    proposals: set[str] = field(default_factory=set)
    acts: set[Act] = field(default_factory=set)


Catalogue = Mapping[str, Terms]
"""Every agreement that anybody ever made, by digest."""


def meant(realm: RealmVersion, names: tuple[str, ...], at: datetime) -> frozenset[str]:
    """The nations that names mean at an instant."""
    nations = set()
    for name in names:
        if name not in realm.members:
            nations.add(name)
            continue
        for nation, periods in realm.members[name].items():
            if any((not a or a <= at) and (not b or at < b) for a, b in periods):
                nations.add(nation)
    return frozenset(nations)


def standing(view: View, digest: str, nation: str) -> str:
    """missing, agreed, suspended or left."""
    own = [act for act in view.acts if (act.digest, act.nation) == (digest, nation)]
    if not own:
        return "missing"
    if any(act.kind == "leave" for act in own):
        return "left"
    last = max(own, key=lambda act: act.number)
    return "suspended" if last.kind == "suspend" else "agreed"


def known(view: View, catalogue: Catalogue) -> list[Terms]:
    """The agreements that a nation knows the terms of."""
    return [terms for terms in catalogue.values() if terms.digest in view.realm.listed | view.proposals]


def in_force(view: View, terms: Terms, catalogue: Catalogue, at: datetime) -> bool:
    """Whether every party agreed, it is its time, and nothing newer that all agreed to has begun."""
    if not terms.begins <= at < terms.ends:
        return False
    if any(standing(view, terms.digest, party) != "agreed" for party in terms.parties):
        return False
    return not any(
        newer.id == terms.id
        and newer.version > terms.version
        and newer.parties >= terms.parties
        and newer.begins <= at
        and all(standing(view, newer.digest, party) != "missing" for party in newer.parties)
        for newer in known(view, catalogue)
    )


def within(realm: RealmVersion, said: Said, highest: str, at: datetime) -> bool:
    """Whether the classification is at or below a level of NATO."""
    nato, own = realm.ranks["NATO"], realm.ranks[said.policy]
    if said.classification not in own:
        return False
    if said.policy == "NATO":
        return nato[said.classification] <= nato[highest]
    if at >= realm.equal_until:
        return False
    at_or_above = [level for level in realm.handled_as if own.get(level, -1) >= own[said.classification]]
    if not at_or_above:
        return False
    nearest = min(own[level] for level in at_or_above)
    # Nothing reads lower than what stands below it, also where a table was made for another order.
    below = [level for level in realm.handled_as if own.get(level, nearest + 1) <= nearest]
    return max(nato[realm.handled_as[level]] for level in below) <= nato[highest]


def bases(view: View, catalogue: Catalogue, said: Said, nation: str, at: datetime) -> frozenset[str]:
    """Digests of the agreements on which a nation may have a message; none: it may not."""
    if nation not in said.release_set or {nation, said.originator} & view.realm.suspended:
        return frozenset()
    return frozenset(
        terms.digest
        for terms in known(view, catalogue)
        if {nation, said.originator} <= terms.parties
        and said.mode in terms.modes
        and within(view.realm, said, terms.highest, at)
        and in_force(view, terms, catalogue, at)
    )


def recipients(view: View, catalogue: Catalogue, said: Said, at: datetime) -> frozenset[str]:
    """Who gets a message that is published now."""
    addressed = meant(view.realm, said.addressees or said.names, at)
    return frozenset(nation for nation in addressed if bases(view, catalogue, said, nation, at))


def may_admit(
    view: View, catalogue: Catalogue, said: Said, nation: str, stated_version: int, at: datetime
) -> bool:
    """Whether a recipient's own view permits it what came."""
    return (
        stated_version <= view.realm.version
        and nation in meant(view.realm, said.names, said.issued_at)
        and nation in meant(view.realm, said.addressees or said.names, said.issued_at)
        and bool(bases(view, catalogue, said, nation, at))
    )
