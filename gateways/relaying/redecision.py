"""Deciding again when the relay takes a delivery: trust and time may have changed since it was accepted."""

from collections.abc import Mapping
from datetime import datetime

from bus.protocol.release import ReleaseDecision, decide
from bus.store.deliveries import Waiting
from gateways.context import GatewayContext
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel

_LABEL, _BODY = b',"label":', b',"body":'

_Case = tuple[Kind, Mode, bytes]


class Redecision:
    """Release decisions of one relay step, each made once per kind, mode, label and nation."""

    def __init__(self, context: GatewayContext, contents: Mapping[int, bytes], now: datetime) -> None:
        self._context = context
        self._contents = contents
        self._now = now
        self._cases: dict[_Case, int] = {}
        self._case_of: dict[int, int] = {}
        self._made: dict[tuple[int, str], ReleaseDecision] = {}

    def of(self, row: Waiting) -> ReleaseDecision:
        """The decision for one delivery of a message, under the trust in force now."""
        case = self._case_of.get(row.content_id)
        if case is None:
            case = self._case_of[row.content_id] = self._read(row)
        made = self._made.get((case, row.recipient))
        if made is None:
            made = self._made[case, row.recipient] = self._decide(row)
        return made

    def _read(self, row: Waiting) -> int:
        """The number of the kind, mode and label that this content shares with others of the step."""
        if row.kind is None:
            raise ValueError("only messages are decided on")
        label = _label_of(self._contents[row.content_id])
        return self._cases.setdefault((row.kind, row.mode, label), len(self._cases))

    def _decide(self, row: Waiting) -> ReleaseDecision:
        assert row.kind is not None
        return decide(
            originator=self._context.nation,
            kind=row.kind,
            mode=row.mode,
            label=ConfidentialityLabel.model_validate_json(_label_of(self._contents[row.content_id])),
            nation=row.recipient,
            trust=self._context.trust,
            now=self._now,
        )


def _label_of(content: bytes) -> bytes:
    """The label in our own encoding of a message: a header without such a member, the label, the body.

    Cut out instead of parsed, for every message that leaves: inside a JSON text a quote has a backslash.
    """
    start = content.index(_LABEL) + len(_LABEL)
    return content[start : content.index(_BODY, start)]
