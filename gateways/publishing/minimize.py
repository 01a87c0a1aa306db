"""MINIMIZE: while it is in force, drafts below a precedence are refused (ACP 121). Pure."""

from datetime import datetime

from bus.store.minimize import Minimize
from gateways.publishing.draft_refused import DraftRefused
from schemas.base import rfc3339
from schemas.header import Mode, Precedence
from schemas.reasons import ReasonCode


def in_force(minimize: Minimize | None, now: datetime) -> Minimize | None:
    """The MINIMIZE, unless it is over."""
    return minimize if minimize is not None and now < minimize.until else None


def check_minimize(precedence: Precedence, mode: Mode, minimize: Minimize | None, now: datetime) -> None:
    """Raises DraftRefused MINIMIZE_IN_FORCE."""
    held = in_force(minimize, now)
    if held is None or (mode is not Mode.OPERATION and not held.exercise_too):
        return
    if precedence.rank > held.lowest.rank:
        raise DraftRefused(
            ReasonCode.MINIMIZE_IN_FORCE,
            "/header/precedence",
            f"until {rfc3339(held.until)} only {held.lowest.value} and above is accepted",
        )
