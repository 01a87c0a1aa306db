"""Moments as people at a watch read them: date-time groups in Zulu, local time beside them."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

NEAR = timedelta(days=7)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def moment(at: datetime | str) -> datetime:
    """An aware moment in UTC, out of a moment or the text that the gateway gives."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    if found.tzinfo is None:
        raise ValueError("a moment without a zone")
    return found.astimezone(UTC)


def dtg(at: datetime | str) -> str:
    """The full date-time group: ``220146ZNOV26``."""
    when = moment(at)
    return f"{when:%d%H%M}Z{_MONTHS[when.month - 1]}{when:%y}"


def clock(at: datetime | str) -> str:
    """As lists have it, with seconds: ``22 0146:23Z``."""
    when = moment(at)
    return f"{when:%d %H%M:%S}Z"


def near(at: datetime | str, now: datetime) -> str:
    """As lists have it where the day alone tells which one it is; else the full date-time group."""
    when = moment(at)
    this_month = (when.year, when.month) == (now.year, now.month)
    return clock(when) if this_month or abs(when - now) < NEAR else dtg(when)


def iso(at: datetime | str) -> str:
    """For the ``datetime`` attribute."""
    return f"{moment(at):%Y-%m-%dT%H:%M:%S}Z"


def local(at: datetime | str, zone: str) -> str:
    """In the operator's own zone: ``2026-11-22 02:46:23 CET``."""
    return f"{in_zone(moment(at), zone_of(zone)):%Y-%m-%d %H:%M:%S %Z}"


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """In a zone; in UTC where the calendar, which ends with the year 9999, has no such time there."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at.astimezone(UTC)


def zone_of(name: str) -> ZoneInfo:
    """A time zone; UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@cache
def zones() -> tuple[str, ...]:
    """Names of time zones to choose from, UTC first; looked for once, for each is a file to be opened."""
    named = {
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    }
    return ("UTC", *sorted(named))
