"""What a lane head shows its recipient, and what a recipient's answer shows its originator. Pure.

A head says how far the originator has come in its lanes. Above what came: the tail of the lane was lost, or
is still on its way. Below what came *before the head was made*: the originator's store was set back, and
gives serials a second time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from bus.protocol.trust import TrustStore
from schemas.header import Mode
from schemas.lane_head import LaneHead, LaneState, SerialSeen
from schemas.wire import Lane

AHEAD = 10_000
"""How far beyond the highest serial seen a head is believed at once; the rest with the heads that follow."""

EPOCH_AHEAD = 24 * 60 * 60
"""How far ahead of our clock (epochs are seconds, ADR 11) an epoch of ours that a partner names may lie."""


class SeenEpoch(NamedTuple):
    """What was seen of one epoch of a lane: the highest serial that came, and when it was signed.

    ``signed_at`` is the originator's word and None where it is not known.
    """

    epoch: int
    highest: int
    signed_at: datetime | None = None


class Tail(NamedTuple):
    """Serials up to ``announced`` were given in this epoch of a lane, and have not come."""

    lane: Lane
    epoch: int
    announced: int


@dataclass(frozen=True, slots=True)
class HeadFindings:
    """What a head shows: tails not yet come, and lanes that stand behind where they stood before."""

    tails: tuple[Tail, ...]
    rewound: tuple[Lane, ...]


def read_head(
    head: LaneHead, seen: Mapping[Lane, Sequence[SeenEpoch]], newest_before: datetime | None
) -> HeadFindings:
    """Compare a head with what was seen of each lane, in any number of epochs.

    ``newest_before``: when the newest head read so far was made. One that comes after a newer one tells of
    tails only: that a lane has gone on since is no wonder.
    """
    tails: list[Tail] = []
    rewound: list[Lane] = []
    in_order = newest_before is None or head.at > newest_before
    for entry in head.lanes:
        epochs = {each.epoch: each for each in seen.get(entry.lane, ())}
        present = epochs.get(entry.lane_epoch, SeenEpoch(entry.lane_epoch, 0))
        if entry.serial > present.highest:
            announced = min(entry.serial, present.highest + AHEAD)
            tails.append(Tail(entry.lane, entry.lane_epoch, announced))
        beyond = [each for each in epochs.values() if each.epoch > entry.lane_epoch and each.highest]
        if entry.serial < present.highest:
            beyond.append(present)
        # The clock is the originator's own on both sides. What was signed after the head proves nothing.
        if in_order and any(each.signed_at is not None and each.signed_at < head.at for each in beyond):
            rewound.append(entry.lane)
    return HeadFindings(tuple(tails), tuple(rewound))


def state_of(mode: Mode, seen: Mapping[Lane, Sequence[SeenEpoch]]) -> LaneState | None:
    """What to answer an originator whose lanes went back: the three newest epochs seen of each lane.

    None when nothing was seen.
    """
    lanes = [
        SerialSeen(lane=lane, lane_epoch=each.epoch, serial=each.highest)
        for lane in Lane
        for each in sorted((each for each in seen.get(lane, ()) if each.highest), key=_epoch)[-3:]
    ]
    return LaneState(type="lane_state", mode=mode, lanes=tuple(lanes)) if lanes else None


def _epoch(seen: SeenEpoch) -> int:
    return seen.epoch


class Used(NamedTuple):
    """A serial of ours that a partner has seen."""

    lane: Lane
    epoch: int
    serial: int


def never_given(
    used: Iterable[Used], positions: Mapping[Lane, tuple[int, int]], latest_epoch: int
) -> int | None:
    """The newest epoch of ours in which a partner has seen a serial that we never gave; None without any.

    ``positions``: the epoch and the next serial of each lane to that partner; ``latest_epoch``: the highest
    number that an epoch begun by our clock could have. Epochs beyond it by more than a day are not believed:
    a partner must not drive ours into the far future.
    """
    found = [
        each.epoch
        for each in used
        if each.epoch <= max(latest_epoch + EPOCH_AHEAD, positions[each.lane][0])
        and (each.epoch, each.serial + 1) > positions[each.lane]
    ]
    return max(found, default=None)


def papers_digest(trust: TrustStore, one: str, other: str) -> str:
    """Digest over the agreements and acts of nations that both are parties to: the same at both where both
    know the same (docs/wire-format.md, section 10).
    """
    found: set[str] = set()
    for trusted in trust.book.by_digest.values():
        if one not in trusted.parties or other not in trusted.parties:
            continue
        envelopes = [act.signed.encoded for acts in trusted.acts.values() for act in acts]
        if trusted.encoded is not None:
            envelopes.append(trusted.encoded)
        found.update("sha256:" + sha256(envelope).hexdigest() for envelope in envelopes)
    return "sha256:" + sha256("".join(f"{each}\n" for each in sorted(found)).encode()).hexdigest()
