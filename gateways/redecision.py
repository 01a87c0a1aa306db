"""Deciding again when the relay takes a delivery: trust and time may have changed since it was accepted."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from bus.protocol.release import ReleaseDecision, decide
from bus.store.deliveries import Waiting
from gateways.context import GatewayContext
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel


class _Labelled(BaseModel):
    """The label of a stored message; the rest of our own validated bytes is skipped."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    label: ConfidentialityLabel


class Redecision:
    """Release decisions of one relay step, each made once per kind, mode, label and nation."""

    def __init__(self, context: GatewayContext, contents: Mapping[int, bytes], now: datetime) -> None:
        self._context = context
        self._contents = contents
        self._now = now
        self._labels: dict[int, ConfidentialityLabel] = {}
        self._made: dict[tuple[Kind, Mode, ConfidentialityLabel, str], ReleaseDecision] = {}

    def of(self, row: Waiting) -> ReleaseDecision:
        """The decision for one delivery of a message, under the trust in force now."""
        if row.kind is None:
            raise ValueError("only messages are decided on")
        label = self._labels.get(row.content_id)
        if label is None:
            label = _Labelled.model_validate_json(self._contents[row.content_id]).label
            self._labels[row.content_id] = label
        case = (row.kind, row.mode, label, row.recipient)
        made = self._made.get(case)
        if made is None:
            made = decide(
                originator=self._context.nation,
                kind=row.kind,
                mode=row.mode,
                label=label,
                nation=row.recipient,
                trust=self._context.trust,
                now=self._now,
            )
            self._made[case] = made
        return made
