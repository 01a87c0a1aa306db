"""The one JSON parser: RFC 8259 without its ambiguities (I-JSON, RFC 7493).

Refused: duplicate keys, NaN and infinities, invalid UTF-8, lone surrogates, a byte order mark,
nesting deeper than 32, documents over the caller's limit, and integers beyond 2**53.
"""

import json
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

MAX_DEPTH = 32
MAX_SAFE_INTEGER = 2**53 - 1

ModelT = TypeVar("ModelT", bound=BaseModel)


class JsonRefused(ValueError):
    """A document is not acceptable JSON for its purpose.

    ``kind`` is one of ``too-large``, ``not-utf8``, ``syntax``, ``duplicate-key``, ``too-deep``, ``number``,
    ``schema``; ``pointer`` is an RFC 6901 JSON pointer to the first fault ("" is the whole document);
    ``faults`` lists every (pointer, stable fault type, explanation) without any value of the document.
    """

    def __init__(
        self, kind: str, explanation: str, pointer: str = "", faults: tuple[tuple[str, str, str], ...] = ()
    ) -> None:
        super().__init__(explanation)
        self.kind = kind
        self.explanation = explanation
        self.pointer = pointer
        self.faults = faults or ((pointer, kind, explanation),)


def json_pointer(parts: Iterable[str | int]) -> str:
    """RFC 6901 pointer from path parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonRefused("duplicate-key", "an object holds the same key twice")
    return members


def _refuse_constant(name: str) -> Any:
    raise JsonRefused("number", f"{name} is not a JSON number")


def _bounded_int(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_SAFE_INTEGER:
        raise JsonRefused("number", "an integer is beyond 2**53 - 1")
    return int(text)


def _finite_float(text: str) -> float:
    value = float(text) if len(text) <= 64 else float("inf")
    if value in (float("inf"), float("-inf")):
        raise JsonRefused("number", "a number is not representable")
    return value


def _check_depth(text: str) -> None:
    depth, in_string, escaped = 0, False, False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonRefused("too-deep", f"nested deeper than {MAX_DEPTH}")
        elif char in "]}":
            depth -= 1


_decoder = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_constant=_refuse_constant,
    parse_int=_bounded_int,
    parse_float=_finite_float,
)


_NO_VALUE = object()
_NUMBERS = bytes.maketrans(b"0123456789:,[-", b"0000000000----")
_LONG_NUMBER = b"-" + b"0" * 16
"""What an integer of 16 digits or more looks like after ``translate(_NUMBERS)``."""


def _parse_compact(data: bytes) -> Any:
    """The value of an object or array in JSON written as we write it, or _NO_VALUE.

    A fast way for what gateways send each other. What a lenient reader makes of the bytes is written again:
    when that gives the same bytes, nothing was lost or changed on the way, so that no key stood twice, no
    number was cut and no surrogate stood alone. All other documents are the strict decoder's to judge.
    """
    if data[:1] not in (b"{", b"[") or _LONG_NUMBER in data.translate(_NUMBERS):
        return _NO_VALUE
    try:
        value = from_json(data, allow_inf_nan=False)
        same = to_json(value) == data
    except ValueError:
        return _NO_VALUE
    if same and (data.count(b"[") + data.count(b"{") <= MAX_DEPTH or _shallow(value)):
        return value
    return _NO_VALUE


def _shallow(value: Any) -> bool:
    """Whether an object or array is nested no deeper than MAX_DEPTH."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return True
    return False


def parse(data: bytes, max_bytes: int) -> Any:
    """Parse exactly one JSON value of at most ``max_bytes`` bytes.

    Raises JsonRefused.
    """
    if len(data) > max_bytes:
        raise JsonRefused("too-large", f"larger than {max_bytes} bytes")
    value = _parse_compact(data)
    return _parse_strictly(data) if value is _NO_VALUE else value


def _parse_strictly(data: bytes) -> Any:
    """The value of any acceptable JSON. Raises JsonRefused."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonRefused("not-utf8", "not valid UTF-8") from None
    if text.startswith("\ufeff"):
        raise JsonRefused("syntax", "a byte order mark is not accepted")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    if "\\ud" in text or "\\uD" in text:
        _refuse_lone_surrogates(text)
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise JsonRefused("syntax", f"not JSON: line {error.lineno} column {error.colno}") from None


def _refuse_lone_surrogates(text: str) -> None:
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise JsonRefused("not-utf8", "an escaped surrogate stands alone") from None
    except ValueError:
        return  # the strict decoder names the fault


def parse_model(model: type[ModelT], data: bytes, max_bytes: int) -> ModelT:
    """Parse ``data`` strictly and validate those same bytes as ``model``.

    The bytes are read twice, by the strict decoder (shape) and by pydantic (types): what the strict decoder
    lets through has one meaning only, so both readers see the same document.

    Raises JsonRefused, kind ``schema`` with one fault per offending field when the shape is right.
    """
    parse(data, max_bytes)
    return validate_model(model, data)


def parse_written(model: type[ModelT], data: bytes, max_bytes: int) -> ModelT:
    """As ``parse_model``, faster for documents in exactly the form that ``Statement.encode`` gives.

    Validated first, then written again: the same bytes prove what the strict decoder would have proved (see
    ``_parse_compact``). Everything else is ``parse_model``'s to judge.

    Raises JsonRefused.
    """
    if (
        len(data) <= max_bytes
        and data.count(b"[") + data.count(b"{") <= MAX_DEPTH
        and _LONG_NUMBER not in data.translate(_NUMBERS)
    ):
        try:
            value = model.__pydantic_validator__.validate_json(data)
            if model.__pydantic_serializer__.to_json(value, exclude_none=True) == data:
                return cast(ModelT, value)
        except ValueError:
            pass  # named below
    return parse_model(model, data, max_bytes)


def validate_model(model: type[ModelT], data: bytes) -> ModelT:
    """Validate bytes that ``parse`` has already accepted.

    Raises JsonRefused (kind ``schema``).
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise schema_refusal(error) from None


def schema_refusal(error: ValidationError) -> JsonRefused:
    """Turn pydantic's errors into faults that quote no input (it may be labelled content)."""
    faults = tuple(
        # A model's own check of its whole may say which part of it is at fault: ``at``, a pointer.
        (json_pointer(fault["loc"]) + fault.get("ctx", {}).get("at", ""), fault["type"], _words(fault))
        for fault in error.errors(include_url=False, include_input=False)
    )
    first = faults[0]
    return JsonRefused("schema", f"{first[2]} (at {first[0] or 'the top'})", first[0], faults)


def _words(fault: ErrorDetails) -> str:
    """Pydantic's words, but for those that quote what was given."""
    if fault["type"] == "union_tag_invalid":
        return f"{fault['ctx']['discriminator']} must be one of {fault['ctx']['expected_tags']}"
    if fault["type"] == "uuid_parsing":
        return "Input should be a valid UUID"
    return fault["msg"]
