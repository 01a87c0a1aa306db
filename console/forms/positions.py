"""Positions as people type them: decimal degrees, or degrees and minutes with a letter for the side."""

import re

from console.forms.moments import with_ascii_digits

_NUMBER = r"(\d{1,3}(?:\.\d+)?)"
_ANGLE = re.compile(
    rf"([NSEW+-])?\s*{_NUMBER}\s*°?\s*(?:{_NUMBER}\s*['′’]?\s*)?(?:{_NUMBER}\s*[\"″”]?\s*)?([NSEW])?"
)

Position = tuple[float, float]
"""Longitude, then latitude, in degrees, as GeoJSON has it."""


def read_position(text: str) -> Position | None:
    """One position, latitude first unless letters say otherwise: ``59.68 24.21``, ``59°40.8′N 24°12.6′E``."""
    typed = with_ascii_digits(text).upper().strip().replace("−", "-")
    halves = _halves(typed)
    if halves is None:
        return None
    first, second = _angle(halves[0]), _angle(halves[1])
    if first is None or second is None:
        return None
    if first[1] in ("E", "W") or second[1] in ("N", "S"):
        first, second = second, first
    (latitude, north), (longitude, east) = first, second
    if north in ("E", "W") or east in ("N", "S") or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return longitude, latitude


def _halves(text: str) -> tuple[str, str] | None:
    """Latitude and longitude apart: by a comma or semicolon, by the letters, or two bare numbers."""
    for mark in (",", ";", "/"):
        if text.count(mark) == 1:
            one, _, other = text.partition(mark)
            return one.strip(), other.strip()
    lettered = re.fullmatch(r"(.*?[NSEW])\s*(\S.*[NSEW])", text) or re.fullmatch(
        r"([NSEW].*?)\s+([NSEW].*)", text
    )
    if lettered is not None:
        return lettered[1], lettered[2]
    bare = text.split()
    return (bare[0], bare[1]) if len(bare) == 2 else None


def _angle(text: str) -> tuple[float, str] | None:
    found = _ANGLE.fullmatch(text)
    if found is None:
        return None
    before, degrees, minutes, seconds, after = found.groups()
    letter = after or (before if before in ("N", "S", "E", "W") else "")
    if (before and after) or any(float(part) >= 60 for part in (minutes, seconds) if part):
        return None
    if (minutes and "." in degrees) or (seconds and "." in minutes):
        return None
    value = float(degrees) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    negative = before == "-" or letter in ("S", "W")
    value = round(-value if negative else value, 6)
    return value + 0.0, letter


def show_position(position: Position) -> str:
    """Latitude, longitude in decimal degrees: exact, and read back as the same numbers."""
    longitude, latitude = position
    return f"{_plain(latitude)}, {_plain(longitude)}"


def _plain(number: float) -> str:
    text = f"{number:.12f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
