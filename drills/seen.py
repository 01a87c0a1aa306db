"""What was seen of a message at some point of its life, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Seen:
    """What gateways show; only what was asked for. Nations, then codes as the API has them.

    ``told``: how often each missed deadline was told of. ``late``: seconds that an acknowledgement came after
    its deadline. ``ineffective``: whether an answer is shown as without effect on both sides.
    """

    standing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    progress: Mapping[str, str] = field(default_factory=dict)
    late: Mapping[str, float] = field(default_factory=dict)
    overdue: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[str, str | None] = field(default_factory=dict)
    had_read: frozenset[str] = frozenset()
    requests: Mapping[str, str] = field(default_factory=dict)
    ineffective: bool = False
