"""Why a backfill is not proposed or not sent."""

from bus.protocol.errors import ProtocolError
from schemas.reasons import ReasonCode


class BackfillRefused(ProtocolError):
    """Nothing was proposed, or nothing of the proposal was sent."""

    def __init__(self, code: ReasonCode, detail: str = "") -> None:
        super().__init__(code, detail or code.explanation)
