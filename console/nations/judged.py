"""What needs a person about each partner. Normal is quiet: only what somebody should act on is marked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from console.strip import standing
from console.times import moment

BACKLOG_WARN, BACKLOG_BAD = 20, 200
SLOW_SECONDS = 30.0
OFFSET_WARN, OFFSET_BAD = 0.5, 5.0
"""Seconds that a clock is off for sure, beyond what the measurement leaves open."""
KEY_WARN_DAYS, KEY_BAD_DAYS = 14, 3


class Level(StrEnum):
    """How much a figure needs a person."""

    QUIET = "quiet"
    WARN = "warn"
    BAD = "bad"


WEIGHT = {Level.QUIET: 0, Level.WARN: 1, Level.BAD: 2}
_STANDING_WEIGHT = {"bad": 3, "warn": 2, "off": 1, "ok": 0}


@dataclass(frozen=True)
class Cell:
    """A figure, None where it is not known, and how much it needs a person."""

    value: Any
    level: Level = Level.QUIET


@dataclass(frozen=True)
class Judged:
    """One partner as the list of nations has it."""

    code: str
    name: str
    standing: str
    link: str
    """A key of ``nations.link``: suspended, silent, alarmed, late, gaps, heard, unheard, unknown."""
    heard: Cell
    backlog: Cell
    flash: Cell
    overdue: Cell
    missing: Cell
    held: Cell
    sent: int | None
    received: int | None
    bars: tuple[tuple[int, int], ...]
    """Sent and received by minute, the oldest first."""
    delivery: Cell
    acknowledgement: Cell
    offset: Cell
    within: float | None
    key_days: Cell
    alarms: tuple[str, ...]
    figures: bool
    """Whether the gateway shows figures of traffic to this operator."""

    @property
    def level(self) -> Level:
        """The row's tint: its link alone says it, or what waits there."""
        if self.standing == "bad":
            return Level.BAD
        return Level.WARN if self.standing == "warn" else Level.QUIET

    @property
    def badness(self) -> tuple[int, int, int, str]:
        """Order of the list: the worst first, then by code."""
        cells = (
            *(self.heard, self.backlog, self.flash, self.overdue, self.missing, self.held),
            *(self.delivery, self.acknowledgement, self.offset, self.key_days),
        )
        marks = sum(WEIGHT[cell.level] ** 2 for cell in cells)
        return (-_STANDING_WEIGHT[self.standing], -marks, -(self.backlog.value or 0), self.code)


def worst_first(partners: Iterable[Mapping[str, Any]], now: datetime) -> list[Judged]:
    """Every partner of ``GET /v1/partners``, those that need a person before the others."""
    return sorted((judge(partner, now) for partner in partners), key=lambda each: each.badness)


def judge(partner: Mapping[str, Any], now: datetime) -> Judged:
    """One partner. Figures that the gateway leaves out are unknown, never well."""
    state, figures = standing(partner, now), "queued" in partner
    pace, activity = partner.get("pace") or {}, partner.get("activity") or {}
    overdue = partner.get("overdue") or {}
    sent, received = activity.get("sent") or (), activity.get("received") or ()
    heard = partner.get("last_heard_at")
    unacknowledged = partner.get("flash_unacknowledged")
    late_flash = bool(unacknowledged) and bool(overdue.get("acknowledgement"))
    return Judged(
        code=str(partner["nation"]),
        name=str(partner.get("display_name") or ""),
        standing=state,
        link=_link(partner, state, figures),
        heard=Cell(
            heard, Level.BAD if partner.get("silent_since") else _warn(state == "warn" and _late(partner))
        ),
        backlog=_backlog(partner, figures),
        flash=Cell(unacknowledged, Level.BAD if late_flash else Level.QUIET),
        overdue=Cell(sum(overdue.values()) if figures else None, _warn(any(overdue.values()))),
        missing=Cell(partner.get("missing"), _warn(partner.get("missing"))),
        held=Cell(partner.get("held"), _warn(partner.get("held"))),
        sent=sum(sent) if figures else None,
        received=sum(received) if figures else None,
        bars=tuple(zip(sent, received, strict=False)),
        delivery=Cell(
            pace.get("delivery_seconds"), _warn((pace.get("delivery_seconds") or 0) > SLOW_SECONDS)
        ),
        acknowledgement=Cell(pace.get("acknowledgement_seconds")),
        offset=_offset(pace.get("clock_offset_seconds"), pace.get("clock_within_seconds")),
        within=pace.get("clock_within_seconds"),
        key_days=_keys(partner, now),
        alarms=tuple(partner.get("lane_alarms") or ()),
        figures=figures,
    )


def days_until(at: str | None, now: datetime) -> int | None:
    """Whole days that are left; negative once it is over."""
    return None if at is None else (moment(at) - now).days


def level_of_days(days: int | None) -> Level:
    """How much a key or an agreement that ends so soon needs a person; None: there is none."""
    if days is None or days < KEY_BAD_DAYS:
        return Level.BAD
    return _warn(days < KEY_WARN_DAYS)


def _warn(wrong: object) -> Level:
    return Level.WARN if wrong else Level.QUIET


def _late(partner: Mapping[str, Any]) -> bool:
    return not (partner.get("lane_alarms") or partner.get("missing") or partner.get("held"))


def _link(partner: Mapping[str, Any], state: str, figures: bool) -> str:
    if str(partner.get("status", "")).lower() != "active":
        return "suspended"
    if not figures:
        return "unknown"
    if partner.get("silent_since"):
        return "silent"
    if partner.get("lane_alarms"):
        return "alarmed"
    if partner.get("missing") or partner.get("held"):
        return "gaps"
    return {"warn": "late", "ok": "heard"}.get(state, "unheard")


def _backlog(partner: Mapping[str, Any], figures: bool) -> Cell:
    if not figures:
        return Cell(None)
    waiting = sum(int(partner.get(name) or 0) for name in ("queued", "sealed", "unreceipted"))
    if waiting >= BACKLOG_BAD:
        return Cell(waiting, Level.BAD)
    return Cell(waiting, _warn(waiting >= BACKLOG_WARN))


def _offset(ahead: float | None, within: float | None) -> Cell:
    """Marked by what is sure of it: a slow line makes no clock wrong."""
    if ahead is None:
        return Cell(None)
    sure = max(0.0, abs(ahead) - (within or 0.0))
    if sure > OFFSET_BAD:
        return Cell(ahead, Level.BAD)
    return Cell(ahead, _warn(sure > OFFSET_WARN))


def _keys(partner: Mapping[str, Any], now: datetime) -> Cell:
    days = days_until(partner.get("keys_end_at"), now) if partner.get("keys_in_force") else None
    if str(partner.get("status", "")).lower() != "active":
        return Cell(days)
    return Cell(days, level_of_days(days))
