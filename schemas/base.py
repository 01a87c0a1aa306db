"""Ground types every statement is built from: nations, times, digests, bounded text.

All models are frozen, hold tuples instead of lists, refuse unknown fields and are validated in
pydantic's strict mode, so that a number never silently becomes a string or a time.
"""

import re
import string
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Self, TypeVar

import pycountry
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})\Z", re.ASCII)

T = TypeVar("T")

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Statement(BaseModel):
    """Base of everything that is signed, sent or stored: frozen, strict, no unknown field."""

    # Built when first needed: no process needs all of them, and building all is an eighth of its start.
    # Several threads may come at once: pydantic makes them wait for each other since 2.14.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, ser_json_bytes="base64", defer_build=True
    )

    def encode(self) -> bytes:
        """The statement as compact UTF-8 JSON; absent optional fields are left out."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def of_valid(cls, **values: Any) -> Self:
        """An instance of values known to be valid; fields that are not given get their defaults.

        What pydantic's ``model_construct`` does, several times faster. Raises TypeError for a field too many
        or too few: nothing else is checked.
        """
        fields, required = _fields_of(cls)
        if not required <= values.keys() <= fields.keys():
            raise TypeError(f"{cls.__name__} is not made of {sorted(values)}")
        made = cls.__new__(cls)
        # In the order of declaration, which is the order a statement is written in.
        object.__setattr__(made, "__dict__", {**fields, **values})
        object.__setattr__(made, "__pydantic_fields_set__", set(values))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made


@cache
def _fields_of(model: type[BaseModel]) -> tuple[dict[str, Any], frozenset[str]]:
    """Every field of a model with its default, in order, and the names of those that have none."""
    fields = {name: field.default for name, field in model.model_fields.items()}
    return fields, frozenset(name for name, field in model.model_fields.items() if field.is_required())


@cache
def real_nations() -> frozenset[str]:
    """ISO 3166-1 alpha-3 codes of the installed pycountry release."""
    return frozenset(country.alpha_3 for country in pycountry.countries)


@cache
def _known_nations() -> frozenset[str]:
    """Every code that may stand for a nation, the fictional ones included."""
    # ISO 3166-1 user-assigned range XAA..XZZ: never a real state, so drills use it where one would look bad.
    letters = string.ascii_uppercase
    return real_nations() | {f"X{second}{third}" for second in letters for third in letters}


def _check_nation(value: str) -> str:
    if value in _known_nations():
        return value
    raise PydanticCustomError("nation_unknown", "not an ISO 3166-1 alpha-3 code nor in XAA..XZZ")


_NOT_RFC3339 = "time_not_rfc3339"


def _to_utc(value: Any) -> datetime:
    """RFC 3339 text, or an aware datetime when a statement is built in code, as an instant in UTC."""
    if isinstance(value, str):
        if not RFC3339.match(value) or value.endswith("-00:00"):
            raise PydanticCustomError(_NOT_RFC3339, "not an RFC 3339 time with a known offset")
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError(_NOT_RFC3339, "not a time that exists (leap seconds do not)") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise PydanticCustomError(_NOT_RFC3339, "a time is an RFC 3339 string with an offset")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError(_NOT_RFC3339, "a time outside the years 1 to 9999 in UTC") from None


def rfc3339(value: datetime) -> str:
    """An aware time as RFC 3339 in UTC, with ``Z`` and microseconds only where there are any."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat()[:-6] + "Z"


def _check_text(value: str) -> str:
    # All of these are unprintable by Unicode; asking for that first is much faster than searching.
    if not value.isprintable() and _CONTROL.search(value):
        raise PydanticCustomError(
            "text_control_character", "text holds a control, surrogate or bidirectional override character"
        )
    return value


def _check_line(value: str) -> str:
    if "\n" in value or "\r" in value or "\t" in value:
        raise PydanticCustomError("text_not_one_line", "this text is one line")
    return _check_text(value)


ShortText = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_check_line)]
TitleText = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_check_line)]
ParagraphText = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_check_text)]
ProseText = Annotated[str, StringConstraints(min_length=1, max_length=20000), AfterValidator(_check_text)]
"""Human text (lengths in characters) without control, surrogate or bidirectional override characters."""

Nation = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_check_nation)]
"""ISO 3166-1 alpha-3, or user-assigned XAA..XZZ for fictional nations."""

CommunityName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{3,31}$")]
"""A named nation set, four characters or more so that it can't be taken for a nation."""

NationOrCommunity = Annotated[str, StringConstraints(pattern=r"^([A-Z]{3}|[A-Z][A-Z0-9-]{3,31})$")]

UtcTime = Annotated[
    datetime,
    BeforeValidator(_to_utc),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An aware instant; RFC 3339 with an offset on the wire, UTC in memory."""

Version = Annotated[int, Field(ge=1, le=2**53 - 1)]
FirstVersion = Annotated[
    int, Field(ge=1, le=1), WithJsonSchema({"const": 1, "title": "V", "type": "integer"})
]
"""A statement's ``v`` while there is one version; unlike ``Literal[1]`` it refuses ``true`` and ``1.0``."""

Digest = Annotated[str, StringConstraints(pattern=r"^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96})$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""Hex of the first 16 bytes of SHA-256(suite name || public key)."""
HexId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Uuid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
Uuid7 = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
"""BCP 47 well-formed language tag (langtag production without grandfathered tags)."""
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$")]


def unique(values: tuple[T, ...]) -> tuple[T, ...]:
    """A validator: the same value twice is a mistake, never a set."""
    if len(values) > 1 and len(set(values)) != len(values):
        raise PydanticCustomError("duplicate_value", "the same value stands twice")
    return values


MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of our clock a partner's ``issued_at`` may lie before its message is HELD."""
