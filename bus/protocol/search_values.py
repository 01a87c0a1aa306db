"""The values that each field of a search takes, and how they are read. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bus.protocol.succession import Status
from bus.protocol.traffic_query import Field, Phrase, Value
from schemas.header import Kind, Mode, Precedence

_NATION = re.compile(r"[A-Za-z]{3}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,40}")
_ID = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]{0,28}")
LONE_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
"""What is taken for an id where it stands without a field."""
_AGO = re.compile(r"-(\d{1,4})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_GROUP = re.compile(r"(\d{2})(\d{2})(\d{2})Z([A-Z]{3})(\d{2})")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_EXERCISE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}")
_LONGEST_LABEL = 200

KIND_NAMES: Mapping[str, Kind] = {
    **{kind.value: kind for kind in Kind},
    "notice": Kind.EXERCISE_NOTICE,
    "exercise": Kind.EXERCISE_NOTICE,
    "alert": Kind.THREAT_ALERT,
    "threat": Kind.THREAT_ALERT,
    "request": Kind.INFORMATION_REQUEST,
    "rfi": Kind.INFORMATION_REQUEST,
    "response": Kind.INFORMATION_RESPONSE,
    "answer": Kind.INFORMATION_RESPONSE,
    "ack": Kind.ACKNOWLEDGEMENT,
}
PRECEDENCE_NAMES: Mapping[str, Precedence] = {
    **{precedence.value.lower(): precedence for precedence in Precedence},
    "z": Precedence.FLASH,
    "o": Precedence.IMMEDIATE,
    "p": Precedence.PRIORITY,
    "r": Precedence.ROUTINE,
}
MODE_NAMES: Mapping[str, Mode] = {
    **{mode.value.lower(): mode for mode in Mode},
    "op": Mode.OPERATION,
    "ex": Mode.EXERCISE,
}
STANDINGS = ("good", "revoked")
STATES = ("unread", "overdue", "expired", "mine", "awaiting")
MISSING, UNDELIVERED = "missing", "undelivered"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one field's values, None for what is none; `understood` says what would be one."""

    read: Callable[[str], Value | None]
    understood: tuple[str, ...]


def readers(now: datetime) -> dict[Field, Reader]:
    """How each field is read at this moment; words are read where the terms are."""
    time = Reader(
        lambda text: _time(text, now),
        ("-15m", "-2h", "-3d", "2026-11-22", "2026-11-22T09:30Z", "220930ZNOV26"),
    )
    return _STANDING | {Field.AFTER: time, Field.BEFORE: time}


def _named(names: Mapping[str, str]) -> Reader:
    return Reader(lambda text: names.get(text.lower()), tuple(names))


def _words(words: Iterable[str]) -> Reader:
    return _named({word: word for word in words})


def _matching(pattern: re.Pattern[str], understood: str, change: Callable[[str], str]) -> Reader:
    def read(text: str) -> str | None:
        return change(text) if pattern.fullmatch(text) else None

    return Reader(read, (understood,))


def _acknowledgement(text: str) -> str | None:
    word = text.lower()
    if word in (MISSING, UNDELIVERED):
        return word
    return text.upper() if _NATION.fullmatch(text) else None


def _label(text: str) -> str | None:
    return text.lower() if len(text) <= _LONGEST_LABEL else None


def _reference(text: str) -> Value | None:
    return Phrase(text.lower()) if LONE_ID.fullmatch(text) else None


def _time(text: str, now: datetime) -> datetime | None:
    ago = _AGO.fullmatch(text)
    try:
        if ago is not None:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        group = _GROUP.fullmatch(text.upper())
        if group is not None:
            day, hour, minute, month, year = group.groups()
            return datetime(
                2000 + int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), tzinfo=UTC
            )
        if not text.isascii() or not text[:4].isdigit() or "W" in text.upper():
            return None
        at = datetime.fromisoformat(text.upper())
        if at.tzinfo is None:
            return at.replace(tzinfo=UTC) if len(text) == len("2026-11-22") else None
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_STANDING: dict[Field, Reader] = {
    Field.FROM: _matching(_NATION, "a nation's three letters", str.upper),
    Field.TO: _matching(_NAME, "a nation's three letters or a community's name", str.upper),
    Field.REL: _matching(_NATION, "a nation's three letters", str.upper),
    Field.TYPE: _named(KIND_NAMES),
    Field.PREC: _named(PRECEDENCE_NAMES),
    Field.LABEL: Reader(_label, ("part of a policy's or a classification's name",)),
    Field.SIG: _words(STANDINGS),
    Field.ACK: Reader(_acknowledgement, (MISSING, UNDELIVERED, "a nation's three letters")),
    Field.ID: _matching(_ID, "eight or more characters of an id's beginning", str.lower),
    Field.REF: Reader(_reference, ("the whole id of a message",)),
    Field.MODE: _named(MODE_NAMES),
    Field.EX: _matching(_EXERCISE, "part of an exercise's name", str.upper),
    Field.STATUS: _named({status.value.lower(): status.value for status in Status}),
    Field.DIR: _words(("in", "out")),
    Field.IS: _words(STATES),
}
