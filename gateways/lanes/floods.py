"""Counting bundles that bring nothing new, in memory: a flood is over before a restart would matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bus.protocol.errors import SubjectError
from bus.protocol.lane_health import HealthPolicy
from bus.protocol.subjects import Subject
from bus.protocol.trust import TrustStore
from bus.store.lane_alarms import LanePlace


def lane_of(subject: str, trust: TrustStore) -> LanePlace | None:
    """The lane that a subject names; None where its originator is no nation of the realm."""
    try:
        place = Subject.parse(subject)
    except SubjectError:
        return None
    known = place.originator in trust.nations
    return LanePlace(place.originator, place.mode, place.lane) if known else None


@dataclass
class Floods:
    """Bundles of each lane within the present window, and lanes that were flooded since the last look."""

    policy: HealthPolicy = field(default_factory=HealthPolicy)
    _windows: dict[LanePlace, tuple[datetime, int]] = field(default_factory=dict)
    _flooded: dict[LanePlace, int] = field(default_factory=dict)

    def note(self, place: LanePlace, now: datetime) -> None:
        """A bundle of this lane brought nothing but refusals and duplicates.

        To be called with originators of the realm only: what is counted stays as small as the realm.
        """
        since, count = self._windows.get(place, (now, 0))
        if not since <= now < since + self.policy.flood_window:
            since, count = now, 0
        count += 1
        self._windows[place] = (since, count)
        if count >= self.policy.flood:
            self._flooded[place] = self._flooded.get(place, 0) + (count if count == self.policy.flood else 1)

    def take(self) -> Mapping[LanePlace, int]:
        """Lanes flooded since the last look, and by how many bundles."""
        flooded, self._flooded = self._flooded, {}
        return flooded
