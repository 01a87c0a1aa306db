"""How values stand in columns: instants as integer microseconds, sets and bases as compact JSON."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from schemas.wire import Basis, ContentType, Lane

# Look-up tables, several times as fast as calling the enumerations, for what is read per delivery.
MODES = {mode.value: mode for mode in Mode}
LANES = {lane.value: lane for lane in Lane}
KINDS = {kind.value: kind for kind in Kind}
CONTENT_TYPES = {content_type.value: content_type for content_type in ContentType}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC of an aware time."""
    return (at - _EPOCH) // _MICROSECOND


def micros_or_none(at: datetime | None) -> int | None:
    """As `micros`, passing None through."""
    return None if at is None else micros(at)


def duration_micros(duration: timedelta) -> int:
    """A duration in whole microseconds."""
    return duration // _MICROSECOND


def instant(value: int) -> datetime:
    """The aware UTC time of a stored column."""
    return _EPOCH + timedelta(microseconds=value)


def instant_or_none(value: int | None) -> datetime | None:
    """As `instant`, passing None through."""
    return None if value is None else instant(value)


def strings_text(values: Iterable[str]) -> str:
    """A JSON array of strings, in the given order."""
    return _strings_text(tuple(values))


def strings(text: str) -> tuple[str, ...]:
    """The inverse of `strings_text`."""
    return tuple(json.loads(text))


def integers_text(values: Iterable[int]) -> str:
    """A JSON array of integers, for ``json_each``."""
    return "[" + ",".join(map(str, values)) + "]"


def reason_of(text: str) -> ReasonCode:
    """The reason code of a stored column (every code's name is its value)."""
    return ReasonCode[text]


def reason_or_none(text: str | None) -> ReasonCode | None:
    """As `reason_of`, passing None through."""
    return None if text is None else ReasonCode[text]


# Release sets and bases repeat from message to message.
@lru_cache(maxsize=1024)
def _strings_text(values: tuple[str, ...]) -> str:
    return json.dumps(values, separators=(",", ":"))


@lru_cache(maxsize=1024)
def _basis_text(basis: tuple[Basis, ...]) -> str:
    return json.dumps([{"id": entry.id, "digest": entry.digest} for entry in basis], separators=(",", ":"))


def basis_text(basis: Sequence[Basis]) -> str:
    """Trust documents a release rests on, as a JSON array of {id, digest}."""
    return _basis_text(tuple(basis)) if basis else "[]"


@lru_cache(maxsize=1024)
def basis_of(text: str) -> tuple[Basis, ...]:
    """The inverse of `basis_text`."""
    return tuple(Basis(id=entry["id"], digest=entry["digest"]) for entry in json.loads(text))


def among(column: str, values: Collection[str]) -> str:
    """A condition with a place for each of these values: `column` has one of them."""
    # One value alone is compared, as an index wants it.
    return f"{column} = ?" if len(values) == 1 else f"{column} IN ({', '.join('?' * len(values))})"
