"""Why a second person's word is not taken: one error type with a stable code."""

from schemas.reasons import ReasonCode
from schemas.request_acts import RequestAct


class NotReleased(Exception):
    """The word is not taken, and what waits goes on waiting. ``pointer`` is into the request's body.

    ``legal``: with REQUEST_TRANSITION_ILLEGAL, what is legal instead.
    """

    def __init__(
        self,
        code: ReasonCode,
        detail: str = "",
        pointer: str | None = None,
        legal: tuple[RequestAct, ...] | None = None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.detail = detail or code.explanation
        self.pointer = pointer
        self.legal = legal
