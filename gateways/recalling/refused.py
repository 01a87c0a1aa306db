"""Why nothing is recalled."""

from bus.protocol.errors import ProtocolError
from schemas.reasons import ReasonCode


class RecallRefused(ProtocolError):
    """Nothing was recalled."""

    def __init__(self, code: ReasonCode, detail: str = "", pointer: str = "") -> None:
        super().__init__(code, detail or code.explanation)
        self.pointer = pointer
