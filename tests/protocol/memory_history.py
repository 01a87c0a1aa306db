"""The History port in memory, kept as a gateway's store keeps it: whatever verified takes its serial."""

from collections.abc import Iterable, Mapping, Sequence

from bus.protocol.history import LaneState, Received
from bus.protocol.inbound import Outcome, Verdict
from schemas.reasons import ReasonCode

Place = tuple[str, str, str, int]


class MemoryHistory:
    """Implements ``bus.protocol.inbound.History``; ``record`` files the verdicts of one bundle."""

    def __init__(self) -> None:
        self.serials: dict[Place, dict[int, Received]] = {}
        self.filed: dict[tuple[str, str], str] = {}
        self.inbox: list[Verdict] = []

    def lane(self, originator: str, mode: str, lane: str, epoch: int) -> LaneState:
        """Highest serial recorded, the ranges below it that are missing, and the highest admitted."""
        recorded = self.serials.get((originator, mode, lane, epoch), {})
        known = sorted(recorded)
        missing = []
        expected = 1
        for serial in known:
            if serial > expected:
                missing.append((expected, serial - 1))
            expected = serial + 1
        filed = [serial for serial, entry in recorded.items() if entry.outcome == "admitted"]
        return LaneState(known[-1] if known else 0, tuple(missing), max(filed, default=0))

    def received(
        self, originator: str, mode: str, lane: str, epoch: int, serials: Sequence[int]
    ) -> Mapping[int, Received]:
        """What was recorded for these serials."""
        known = self.serials.get((originator, mode, lane, epoch), {})
        return {serial: known[serial] for serial in serials if serial in known}

    def message_digests(self, originator: str, message_ids: Sequence[str]) -> Mapping[str, str]:
        """Digests of the messages filed."""
        return {
            name: self.filed[originator, name] for name in message_ids if (originator, name) in self.filed
        }

    def void(self, originator: str, mode: str, lane: str, epoch: int, serial: int) -> None:
        """The originator said that this serial will not come."""
        self.serials.setdefault((originator, mode, lane, epoch), {})[serial] = Received("", "void")

    def record(self, verdicts: Iterable[Verdict]) -> None:
        """File what was admitted and note every verified serial."""
        for verdict in verdicts:
            delivery = verdict.delivery
            if delivery is None or not verdict.verified:
                continue
            place = (delivery.originator, delivery.mode.value, delivery.lane.value, delivery.lane_epoch)
            lane = self.serials.setdefault(place, {})
            known = lane.get(delivery.serial)
            if known is None or known.digest in ("", delivery.content_digest):
                lane[delivery.serial] = Received(
                    delivery.content_digest, _RECORDED_AS[verdict.outcome], verdict.reason
                )
            if verdict.outcome is Outcome.ADMITTED:
                self.inbox.append(verdict)
                if delivery.message_id is not None:
                    self.filed[delivery.originator, delivery.message_id] = delivery.content_digest

    def reasons(self) -> list[ReasonCode | None]:
        """Reasons of the serials recorded, for asserting that a refusal left its trace."""
        return [entry.reason for lane in self.serials.values() for entry in lane.values()]


_RECORDED_AS = {
    Outcome.ADMITTED: "admitted",
    Outcome.DUPLICATE: "admitted",
    Outcome.EQUIVOCATION: "refused",
    Outcome.HELD: "held",
    Outcome.REJECTED: "refused",
}
