"""Deciding again when the relay takes a delivery: trust and time may have changed since it was accepted."""

from collections.abc import Mapping
from datetime import datetime

from bus.protocol.release import AGREEMENT_CODES, ReleaseDecision, decide, obstacle
from bus.protocol.standings import Standing
from bus.store.deliveries import Waiting
from gateways.context import GatewayContext
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel
from schemas.reasons import ReasonCode

_LABEL, _BODY = b',"label":', b',"body":'

_CONSENTED = frozenset({Standing.AGREED, Standing.LAPSED})
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
        self._lapsed: dict[tuple[int, str], bool] = {}

    def of(self, row: Waiting) -> ReleaseDecision:
        """The decision for one delivery of a message, under the trust in force now."""
        case = self._case_of.get(row.content_id)
        if case is None:
            case = self._case_of[row.content_id] = self._read(row)
        made = self._made.get((case, row.recipient))
        if made is None:
            made = self._made[case, row.recipient] = self._decide(row)
        return made

    def lapsed(self, row: Waiting) -> bool:
        """Whether a denied delivery lacks nothing but consent whose key was revoked: soon signed anew."""
        if self.of(row).code not in AGREEMENT_CODES:
            return False
        place = (self._case_of[row.content_id], row.recipient)
        if place not in self._lapsed:
            self._lapsed[place] = self._waits_for_consent(row)
        return self._lapsed[place]

    def _waits_for_consent(self, row: Waiting) -> bool:
        assert row.kind is not None
        trust = self._context.trust
        label = ConfidentialityLabel.model_validate_json(_label_of(self._contents[row.content_id]))
        for trusted in trust.agreements_of.get(self._context.nation, ()):
            found = set(trusted.standings.values())
            if row.recipient not in trusted.parties or found - _CONSENTED or Standing.LAPSED not in found:
                continue
            code = obstacle(trusted, row.kind, row.mode, label, trust, self._now)
            if code is ReasonCode.AGREEMENT_NOT_COUNTERSIGNED:
                return True
        return False

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
