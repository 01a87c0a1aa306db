"""The header's strip of nations: what stands how, and since when nothing was heard."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from console.times import moment

BAD_ALARMS = frozenset({"REWOUND", "WITHHELD"})
SILENT_SECONDS = 20 * 60
"""A partner sends a lane head every ten minutes when nothing else: twice that without one is late."""


def standing(partner: Mapping[str, Any], now: datetime) -> str:
    """``ok``, ``warn``, ``bad`` or ``off`` of one partner of ``GET /v1/partners``."""
    if str(partner.get("status", "")).lower() != "active":
        return "off"
    alarms = set(partner.get("lane_alarms") or ())
    if partner.get("silent_since") or alarms & BAD_ALARMS:
        return "bad"
    heard = partner.get("last_heard_at")
    late = heard is not None and (now - moment(heard)).total_seconds() > SILENT_SECONDS
    if alarms or late or partner.get("missing") or partner.get("held"):
        return "warn"
    return "ok" if heard is not None or "queued" not in partner else "off"


def age(since: datetime | str | None, now: datetime, t: Callable[..., str]) -> str:
    """How long ago, short: ``now``, ``12s``, ``9m``, ``3h``, ``4d``."""
    if since is None:
        return t("frame.live.never")
    seconds = max(0, int((now - moment(since)).total_seconds()))
    if seconds < 2:
        return t("frame.live.now")
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
