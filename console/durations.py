"""Lengths of time as lists have them: short, with units that are not translated."""

from collections.abc import Callable

Tenths = Callable[[float], str]


def plainly(size: float) -> str:
    """With one decimal, as in English."""
    return f"{size:.1f}"


_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def short(seconds: float | None, tenths: Tenths = plainly) -> str:
    """``0.8 s``, ``12 s``, ``9 min``, ``3 h``, ``4 d``; a dash for what is not known. ``tenths`` writes a
    number with one decimal."""
    if seconds is None:
        return "–"
    size = abs(seconds)
    sign = "−" if seconds < 0 else ""
    for length, unit in _UNITS:
        if size >= length:
            return f"{sign}{int(size // length)} {unit}"
    return f"{sign}{tenths(size)} s" if size < 10 else f"{sign}{int(size)} s"


def offset(seconds: float | None, tenths: Tenths = plainly) -> str:
    """``+4 ms``, ``−38 ms``, ``+2.5 s``."""
    if seconds is None:
        return "–"
    sign = "−" if seconds < 0 else "+"
    size = abs(seconds)
    if size < 1:
        return f"{sign}{round(size * 1000)} ms"
    return f"{sign}{tenths(size)} s" if size < 100 else f"{sign}{short(size)}"


def spread(seconds: float, tenths: Tenths = plainly) -> str:
    """What is left open of an offset: ``11 ms``, ``2.5 s``."""
    return offset(abs(seconds), tenths).removeprefix("+")
