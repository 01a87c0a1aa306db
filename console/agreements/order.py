"""Agreements in the order in which they need somebody."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from console.agreements.acts import ENDED, needs_us
from console.nations.judged import days_until

ENDING_DAYS = 30
_STATES = ("suspended", "proposed", "in_force", "not_yet_valid", "expired", "superseded", "left")


def ending(agreement: Mapping[str, Any], now: datetime) -> bool:
    """Whether it is in force and ends soon."""
    left = days_until(agreement["not_after"], now)
    return agreement["state"] == "in_force" and left is not None and left < ENDING_DAYS


def sections(agreements: Iterable[Mapping[str, Any]], nation: str, now: datetime) -> dict[str, list[Any]]:
    """``needs``: wait for us; ``open``: what counts or may come to count; ``ended``: the rest."""
    found: dict[str, list[Any]] = {"needs": [], "open": [], "ended": []}
    for each in sorted(agreements, key=lambda each: _place(each, now)):
        name = "ended" if each["state"] in ENDED else "needs" if needs_us(each, nation) else "open"
        found[name].append(each)
    return found


def _place(agreement: Mapping[str, Any], now: datetime) -> tuple[bool, int, str, int]:
    state = str(agreement["state"])
    place = _STATES.index(state) if state in _STATES else len(_STATES)
    return (not ending(agreement, now), place, str(agreement["id"]), -int(agreement["version"]))
