"""What the life of messages looked like from outside: kept beside the gateways, by whoever does the acts.

It shares nothing with `bus.protocol`: it knows who was to have which message, what became of each chain of
versions, and what each nation's people did. What the gateways say is held against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Version:
    """One published message, by its title, which no other has."""

    title: str
    originator: str
    audience: frozenset[str]
    publication_id: str
    message_id: str
    digest: str
    ids: tuple[str, ...]
    """Of every message of the publication: who holds an earlier version gets another than who holds none."""
    due: datetime
    """When everybody should have it."""
    told_cancelled: frozenset[str] = frozenset()
    """Who, by the answer to its author, learns only that what it has is cancelled."""
    recalled: bool = False
    forgotten: bool = False
    """Its originator's store was set back to before it, or before its recall: it knows nothing of that."""


@dataclass
class Chain:
    """A message and all that changed it, the newest last."""

    versions: list[Version]
    cancelled: bool = False
    torn: bool = False
    """Its originator's store was set back to before some of what became of it."""

    @property
    def last(self) -> Version:
        return self.versions[-1]

    @property
    def ended(self) -> bool:
        return self.cancelled or self.last.recalled

    @property
    def standing(self) -> Version | None:
        """The last one that was not recalled: what a recalled one had replaced stands again."""
        return next((version for version in reversed(self.versions) if not version.recalled), None)

    def current_for(self, nation: str) -> list[str]:
        """What may stand for this nation once everything has come, by title; nothing when empty."""
        standing = None if self.cancelled else self.standing
        return [standing.title] if standing is not None and nation in standing.audience else []


@dataclass
class People:
    """What one nation's people did with one message."""

    filed: bool = False
    acts: set[str] = field(default_factory=set)
    """read, acknowledged, actioned: as far as their gateway committed it."""
    unsure: set[str] = field(default_factory=set)
    """Of these: what one of the two stores was set back to before, so that it may never be told (again)."""


@dataclass
class Copy:
    """What the chronicle said when a store was copied."""

    data: bytes
    recalled: dict[str, bool]
    """Of every version of its nation, by title."""
    cancelled: dict[str, bool]
    """Of every chain of its nation, by its first title."""
    acts: dict[str, set[str]]
    """What its nation's people had done, by title."""


@dataclass
class Chronicle:
    """Everything that was done, and what every nation really has."""

    chains: list[Chain] = field(default_factory=list)
    people: dict[tuple[str, str], People] = field(default_factory=dict)
    """By nation and title."""
    titles: dict[str, str] = field(default_factory=dict)
    """By message id."""
    set_back: set[str] = field(default_factory=set)
    """Nations whose stores went back to a copy."""

    def versions(self) -> Iterator[tuple[Chain, Version]]:
        for chain in self.chains:
            for version in chain.versions:
                yield chain, version

    def begin(self, version: Version) -> None:
        self._name(version)
        self.chains.append(Chain([version]))

    def change(self, chain: Chain, version: Version) -> None:
        self._name(version)
        chain.versions.append(version)

    def _name(self, version: Version) -> None:
        self.titles |= dict.fromkeys((version.message_id, *version.ids), version.title)

    def of(self, nation: str, title: str) -> People:
        return self.people.setdefault((nation, title), People())

    def copy(self, nation: str, data: bytes) -> Copy:
        own = [(chain, version) for chain, version in self.versions() if version.originator == nation]
        return Copy(
            data,
            {version.title: version.recalled for _, version in own},
            {chain.versions[0].title: chain.cancelled for chain, _ in own},
            {title: set(people.acts) for (who, title), people in self.people.items() if who == nation},
        )

    def go_back(self, nation: str, to: Copy) -> None:
        """This nation's store went back: what it forgot, and what it may never tell or hear again."""
        self.set_back.add(nation)
        for chain, version in self.versions():
            if version.originator != nation:
                continue
            version.forgotten |= to.recalled.get(version.title) != version.recalled
            chain.torn |= version.forgotten
            chain.torn |= to.cancelled.get(chain.versions[0].title) != chain.cancelled
        own = {version.title for _, version in self.versions() if version.originator == nation}
        for (who, title), people in self.people.items():
            if title in own:
                people.unsure |= people.acts
            elif who == nation:
                people.unsure |= people.acts - to.acts.get(title, set())
