"""Why a draft is not accepted: one error type with a stable code, a pointer and an explanation."""

from typing import NamedTuple

from bus.protocol.errors import ReleaseRefused
from gateways.http.problem_codes import what_to_do
from schemas.reasons import ReasonCode
from schemas.request_acts import RequestAct
from schemas.strict_json import JsonRefused

_JSON_CODES = {
    "too-large": ReasonCode.BODY_TOO_LARGE,
    "duplicate-key": ReasonCode.JSON_DUPLICATE_KEY,
    "too-deep": ReasonCode.JSON_TOO_DEEP,
    "schema": ReasonCode.SCHEMA_INVALID,
}
_FAULT_CODES = {
    "time_not_rfc3339": ReasonCode.TIME_INVALID,
    "time_order": ReasonCode.TIME_INVALID,
    "nation_unknown": ReasonCode.NATION_UNKNOWN,
}


class CurrentMessage(NamedTuple):
    """The message of ours that a change has to name instead."""

    publication_id: str
    message_id: str
    digest: str


class DraftRefused(Exception):
    """The draft is refused and nothing of it was accepted.

    ``pointer`` is an RFC 6901 JSON pointer into the draft ("" is all of it); ``faults`` lists (pointer,
    stable fault type, explanation) where several were found. No text quotes the draft. ``current``: what to
    change instead of what the draft changes; ``legal``: what may be said of a request instead.
    """

    def __init__(
        self,
        code: ReasonCode,
        pointer: str,
        explanation: str,
        faults: tuple[tuple[str, str, str], ...] = (),
        current: CurrentMessage | None = None,
        legal: tuple[RequestAct, ...] | None = None,
    ) -> None:
        super().__init__(f"{code.value} at {pointer or 'the top'}: {explanation}")
        self.code = code
        self.pointer = pointer
        self.explanation = explanation
        self.current = current
        self.legal = legal
        self.faults = faults or ((pointer, code.value, explanation),)

    @property
    def what_to_do(self) -> str:
        """What the author can do about it."""
        return what_to_do(self.code, of_draft=True)

    @classmethod
    def from_json(cls, refused: JsonRefused) -> "DraftRefused":
        """The draft is no acceptable JSON or does not follow its schema."""
        code = _JSON_CODES.get(refused.kind, ReasonCode.JSON_MALFORMED)
        if code is ReasonCode.SCHEMA_INVALID:
            code = _FAULT_CODES.get(refused.faults[0][1], code)
        return cls(code, refused.pointer, refused.explanation, refused.faults)

    @classmethod
    def from_release(cls, refused: ReleaseRefused) -> "DraftRefused":
        """The draft may not be released as its author asks."""
        return cls(refused.code, refused.pointer, refused.detail)
