"""Failed sign-ins: how long the next one must wait. Bounded, in memory; the clock is passed in.

Counted are names as they were typed, whether such an operator exists or not: a delay tells nothing. A try is
counted when it begins and forgiven when it succeeds, so that many at once count as many.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Patience:
    """How failures turn into delays; times in seconds."""

    free: int
    """Failures in a row before there is any delay."""
    ceiling: float
    """The longest delay; it begins with one second and doubles."""
    memory: float = 1200.0
    """After so long without a failure everything is forgotten. More than the ceiling."""


PER_NAME = Patience(free=5, ceiling=120.0)
PER_ADDRESS = Patience(free=50, ceiling=30.0)
"""Milder: behind one address there may be a whole watch, or the console."""
MOST_KEYS = 16384
"""More than one hashing thread can fill within the memory (about ten a second)."""


@dataclass(slots=True)
class _Count:
    failures: int
    last: float
    until: float


class Attempts:
    """Counts by name or by address."""

    def __init__(self, patience: Patience, most: int = MOST_KEYS) -> None:
        self._patience = patience
        self._most = most
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def wait(self, key: Hashable, at: float) -> float:
        """Seconds until this key may try again; 0.0 when it may now."""
        count = self._counts.get(key)
        if count is None or at - count.last >= self._patience.memory:
            return 0.0
        return max(0.0, count.until - at)

    def begin(self, key: Hashable, at: float) -> None:
        """A try begins: it counts as a failure until it is forgiven."""
        count = self._counts.pop(key, None)
        if count is None or at - count.last >= self._patience.memory:
            count = _Count(0, at, at)
        count.failures += 1
        count.last = at
        over = count.failures - self._patience.free
        count.until = at + min(self._patience.ceiling, 2.0 ** min(over, 30)) if over >= 0 else at
        self._counts[key] = count
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)  # whose last failure is longest ago

    def forgive(self, key: Hashable) -> None:
        """One try of this key succeeded: it does not count, the failures before it still do."""
        count = self._counts.get(key)
        if count is not None:
            count.failures -= 1
            count.until = count.last
            if count.failures <= 0:
                del self._counts[key]

    def forget(self, key: Hashable) -> None:
        """Nothing counts against this key any more."""
        self._counts.pop(key, None)


def address_key(host: str | None) -> Hashable:
    """What one client can hardly change: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return host
    return ip_network((address, 64), strict=False) if address.version == 6 else address
