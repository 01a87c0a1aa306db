"""What the life of messages looked like from outside: kept beside the gateways, by whoever does the acts.

It shares nothing with `bus.protocol`: it knows who was to have which message, what became of each chain of
versions, and what each nation's people did. What the gateways say is held against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Version:
    """One published message, by its title, which no other has."""

    title: str
    originator: str
    audience: frozenset[str]
    publication_id: str
    message_id: str
    digest: str
    recalled: bool = False
    forgotten: bool = False
    """Its originator's store was set back to before it: the originator knows nothing of it any more."""


@dataclass
class Chain:
    """A message and all that changed it, the newest last."""

    versions: list[Version]
    cancelled: bool = False

    @property
    def last(self) -> Version:
        return self.versions[-1]

    def current_for(self, nation: str) -> str | None:
        """The title that stands for this nation once everything has come."""
        last = self.last
        if self.cancelled or last.recalled or nation not in last.audience:
            return None
        return last.title

    @property
    def told_everywhere(self) -> bool:
        """Whether its originator remembers all of it."""
        return not any(version.forgotten for version in self.versions)


@dataclass
class People:
    """What one nation's people did with one message."""

    filed: bool = False
    acts: set[str] = field(default_factory=set)
    """read, acknowledged, actioned: as far as their gateway committed it."""


@dataclass
class Chronicle:
    """Everything that was done, and what every nation really has."""

    chains: list[Chain] = field(default_factory=list)
    people: dict[tuple[str, str], People] = field(default_factory=dict)
    """By nation and title."""

    def versions(self) -> Iterator[tuple[Chain, Version]]:
        for chain in self.chains:
            for version in chain.versions:
                yield chain, version

    def of(self, nation: str, title: str) -> People:
        return self.people.setdefault((nation, title), People())
