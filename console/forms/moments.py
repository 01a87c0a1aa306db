"""Instants as people type them: Zulu, as a date and time or as a date-time group (ACP 121)."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from schemas.base import rfc3339

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

_DATE_AND_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):?(\d{2})(?::(\d{2})(\.\d{1,6})?)? ?(Z|[+-]\d{2}:?\d{2})?\Z"
)
_GROUP = re.compile(r"(\d{2}) ?(\d{2})(\d{2}) ?Z ?([A-Z]{3}) ?(\d{2}|\d{4})\Z")


def with_ascii_digits(text: str) -> str:
    """The decimal digits of every script as 0 to 9: a keyboard may write others."""
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def read_moment(text: str) -> str | None:
    """RFC 3339 in UTC, or None where it is no instant. Without an offset it is Zulu."""
    typed = " ".join(with_ascii_digits(text).upper().split())
    found = _DATE_AND_TIME.match(typed)
    try:
        if found is not None:
            year, month, day, hour, minute = map(int, found.groups()[:5])
            fraction = int((found[7] or ".0")[1:].ljust(6, "0"))
            moment = datetime(year, month, day, hour, minute, int(found[6] or 0), fraction, tzinfo=UTC)
            return rfc3339(moment - _offset(found[8]))
        group = _GROUP.match(typed)
        if group is None or group[4] not in MONTHS:
            return None
        year = int(group[5]) + (2000 if len(group[5]) == 2 else 0)
        month = MONTHS.index(group[4]) + 1
        return rfc3339(datetime(year, month, int(group[1]), int(group[2]), int(group[3]), tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None) -> timedelta:
    if text is None or text == "Z":
        return timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if text[0] == "-" else offset


def show_moment(value: str) -> str:
    """An RFC 3339 instant as it stands in a field: ``2026-11-22 14:05Z``, with seconds where it has any."""
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    text = f"{moment.year:04d}-{moment:%m-%d %H:%M}"
    if moment.second or moment.microsecond:
        text += f":{moment:%S}" + (f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else "")
    return text + "Z"
