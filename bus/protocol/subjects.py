"""Broker subjects ``out.<originator>.<mode>.<lane>.<recipient>`` (design 4) and consumer names (design 7).

Also the one-byte codes that mode and lane have in the seal header.
"""

import re
from dataclasses import dataclass

from bus.protocol.errors import SubjectError
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

MODE_TOKENS = {Mode.OPERATION: "op", Mode.EXERCISE: "ex", Mode.TEST: "ts"}
MODE_CODES = {Mode.OPERATION: 0, Mode.EXERCISE: 1, Mode.TEST: 2}
LANE_CODES = {Lane.URGENT: 0, Lane.NORMAL: 1, Lane.CONTROL: 2}
MODES_BY_CODE = {code: mode for mode, code in MODE_CODES.items()}
LANES_BY_CODE = {code: lane for lane, code in LANE_CODES.items()}

_MODES_BY_TOKEN = {token: mode for mode, token in MODE_TOKENS.items()}
_LANES_BY_TOKEN = {lane.value: lane for lane in Lane}
_NATION = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Subject:
    """Where a bundle travels: the whole of what the broker may route by.

    Nations are checked for their form (three upper-case ASCII letters) only; which ones exist is the trust
    store's business. Raises SubjectError SUBJECT_MALFORMED.
    """

    originator: str
    mode: Mode
    lane: Lane
    recipient: str

    def __post_init__(self) -> None:
        if not is_nation_token(self.originator) or not is_nation_token(self.recipient):
            raise _malformed("a nation is not three upper-case letters")

    def format(self) -> str:
        """The subject as the broker sees it."""
        return f"out.{self.originator}.{MODE_TOKENS[self.mode]}.{self.lane.value}.{self.recipient}"

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Read a subject. Raises SubjectError SUBJECT_MALFORMED for anything but the one form."""
        tokens = text.split(".")
        if len(tokens) != 5 or tokens[0] != "out":
            raise _malformed("not five tokens beginning with out")
        _, originator, mode_token, lane_token, recipient = tokens
        mode, lane = _MODES_BY_TOKEN.get(mode_token), _LANES_BY_TOKEN.get(lane_token)
        if mode is None:
            raise _malformed("the mode token is unknown")
        if lane is None:
            raise _malformed("the lane token is unknown")
        return cls(originator, mode, lane, recipient)


def consumer_name(nation: str, lane: Lane) -> str:
    """Name of the durable consumer that delivers one lane to one nation. Raises SubjectError."""
    if not is_nation_token(nation):
        raise _malformed("a nation is not three upper-case letters")
    return f"{nation}-{lane.value}"


def is_nation_token(text: str) -> bool:
    """Whether ``text`` has the form of a nation in a subject or seal header."""
    return _NATION.fullmatch(text) is not None


def _malformed(detail: str) -> SubjectError:
    return SubjectError(ReasonCode.SUBJECT_MALFORMED, detail)
