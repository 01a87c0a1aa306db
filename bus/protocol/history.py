"""What a gateway has recorded of an originator's lanes and messages: the port of admission's step 12."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class Received:
    """What the history says of a serial: ``outcome`` is admitted, refused, held or void (digest then "")."""

    digest: str
    outcome: str
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class LaneState:
    """The highest serial recorded in a lane, and the ranges (first, last) below it that have not come.

    ``filed``: the highest serial admitted.
    """

    highest: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    filed: int = 0


class History(Protocol):
    """Port: what this gateway has recorded of an originator's lanes and messages."""

    def lane(self, originator: str, mode: str, lane: str, epoch: int) -> LaneState:
        """State of one lane; a lane never seen is LaneState()."""

    def received(
        self, originator: str, mode: str, lane: str, epoch: int, serials: Sequence[int]
    ) -> Mapping[int, Received]:
        """What was recorded for these serials; unknown ones are absent."""

    def message_digests(self, originator: str, message_ids: Sequence[str]) -> Mapping[str, str]:
        """Digest of each of these messages of the originator that was filed; unknown ones are absent."""
