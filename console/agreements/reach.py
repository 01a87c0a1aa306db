"""Up to which classification something passes under agreements, policy by policy.

As the realm orders each policy's levels. Where another agreement does not name the policy, but one that the
realm maps it into, levels may pass under that: which, the gateway decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.times import moment


@dataclass(frozen=True)
class Reach:
    """Levels of one policy up to ``highest``; only those higher than ``above``, where that is given."""

    policy: str
    highest: str
    above: str | None = None

    def named(self, level: str) -> str:
        """A level with its policy, unless it begins with that."""
        return level if level.startswith(self.policy) else f"{self.policy} {level}"


class Levels:
    """The realm's policies out of ``GET /v1/trust``."""

    def __init__(self, trust: Mapping[str, Any], now: datetime) -> None:
        self._levels: dict[str, list[str]] = {each["id"]: list(each["levels"]) for each in trust["policies"]}
        self._mapped = {
            (each["from_policy"], each["to_policy"])
            for each in trust["equivalences"]
            if moment(each["not_before"]) <= now < moment(each["not_after"])
        }

    def split(
        self, agreement: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> tuple[tuple[Reach, ...], tuple[Reach, ...]]:
        """What the agreement alone reaches, and what the others may carry as well."""
        alone, shared = list[Reach](), list[Reach]()
        for policy in dict.fromkeys(each["policy"] for each in agreement["highest"]):
            reached = self._place(agreement, policy)
            if reached < 0:
                continue
            levels = self._levels[policy]
            carried = min(reached, max((self._carried(each, policy) for each in others), default=-1))
            if carried >= 0:
                shared.append(Reach(policy, levels[carried]))
            if carried < reached:
                alone.append(Reach(policy, levels[reached], levels[carried] if carried >= 0 else None))
        return tuple(alone), tuple(shared)

    def _carried(self, other: Mapping[str, Any], policy: str) -> int:
        named = {each["policy"] for each in other["highest"]}
        if policy in named:
            return self._place(other, policy)
        return len(self._levels[policy]) if self._is_mapped(policy, named) else -1

    def _is_mapped(self, policy: str, into: Iterable[str]) -> bool:
        return any((policy, each) in self._mapped for each in into)

    def _place(self, agreement: Mapping[str, Any], policy: str) -> int:
        """The place of the highest level of a policy that it lets pass; -1 where none does."""
        levels = self._levels.get(policy, [])
        ceilings = [each["classification"] for each in agreement["highest"] if each["policy"] == policy]
        return min((levels.index(each) if each in levels else -1 for each in ceilings), default=-1)
