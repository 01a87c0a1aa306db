"""Why a second person's word is not taken: one error type with a stable code."""

from schemas.reasons import ReasonCode


class NotReleased(Exception):
    """The word is not taken, and what waits goes on waiting. ``pointer`` is into the request's body."""

    def __init__(self, code: ReasonCode, detail: str = "", pointer: str | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.detail = detail or code.explanation
        self.pointer = pointer
