"""Reading the reviewed data, and what it says of two policies.

The files are checked like everything else that people write: strict YAML, strict schema. They are read once,
when they are first asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from schemas.classification import EquivalentLevel
from schemas.known import KnownCommunity, KnownData, KnownPolicy, KnownTable
from schemas.strict_yaml import parse_yaml


@cache
def known_communities() -> Mapping[str, KnownCommunity]:
    """Communities by name."""
    return MappingProxyType({each.id: each for each in _read("communities.yaml").communities})


@cache
def known_policies() -> Mapping[str, KnownPolicy]:
    """Classification policies by name."""
    return MappingProxyType({each.id: each for each in _read("policies.yaml").policies})


@cache
def known_tables() -> tuple[KnownTable, ...]:
    """Tables of equivalence; the first one that says something of two policies counts for them."""
    return _read("equivalences.yaml").tables


@dataclass(frozen=True, slots=True)
class KnownEquivalence:
    """What a table says of two policies: pairs of levels, highest first, and what that rests on."""

    rests_on: str
    source: str
    levels: tuple[EquivalentLevel, ...]


def known_equivalence(
    from_policy: str, to_policy: str, *, unverified: bool = False
) -> KnownEquivalence | None:
    """How levels of the one policy stand under the other, or None when no table says it.

    A level that has no partner in its column is left out: it maps up or is refused. Pairs of which a cell or
    a level was not checked count only with ``unverified``, and say so.
    """
    for table in known_tables():
        levels = _pairs(table, from_policy, to_policy)
        taken = tuple(level for level in levels if unverified or not level.unverified)
        if taken:
            return KnownEquivalence(table.rests_on, table.provenance, taken)
    return None


def _pairs(table: KnownTable, from_policy: str, to_policy: str) -> tuple[EquivalentLevel, ...]:
    rows = {row.policy: row for row in table.rows}
    if from_policy == to_policy or not {from_policy, to_policy} <= rows.keys():
        return ()
    doubtful = {
        (name, text)
        for name, row in rows.items()
        for text in (*row.unverified, *_unverified_levels(name))
        if text in row.levels
    }
    return tuple(
        EquivalentLevel(
            classification=own,
            equivalent=other,
            unverified=(from_policy, own) in doubtful or (to_policy, other) in doubtful,
        )
        for own, other in zip(rows[from_policy].levels, rows[to_policy].levels, strict=True)
        if own is not None and other is not None
    )


def _unverified_levels(policy: str) -> tuple[str, ...]:
    return tuple(level.classification for level in known_policies()[policy].levels if level.unverified)


def _read(name: str) -> KnownData:
    return parse_yaml(KnownData, files("bus.known").joinpath(name).read_bytes())
