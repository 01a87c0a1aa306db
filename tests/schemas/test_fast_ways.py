"""Short cuts that must not be seen: compact JSON read fast, statements made of values known to be valid."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import strict_json
from schemas.base import real_nations, rfc3339
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.receipt import Receipt, ReceiptStatus
from schemas.strict_json import MAX_DEPTH, MAX_SAFE_INTEGER, JsonRefused
from schemas.wire import Basis, Lane

LIMIT = 1 << 20

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def strictly(data: bytes) -> tuple[Any, ...]:
    try:
        return "value", strict_json._parse_strictly(data)
    except JsonRefused as refused:
        return "refused", refused.kind, refused.explanation


def as_callers_see(data: bytes) -> tuple[Any, ...]:
    try:
        return "value", strict_json.parse(data, LIMIT)
    except JsonRefused as refused:
        return "refused", refused.kind, refused.explanation


@given(values)
@example({"a": MAX_SAFE_INTEGER})
@example({"a": MAX_SAFE_INTEGER + 1})
@example([-(MAX_SAFE_INTEGER + 1)])
@example({"a": 1e16, "b": -0.0, "c": 5e-324})
@example({"\x7f": "\u2028 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")})
def test_compact_json_means_what_the_strict_decoder_says(value: Any) -> None:
    data = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    assert as_callers_see(data) == strictly(data)


@given(values, st.data())
def test_whatever_is_done_to_the_bytes_the_strict_decoder_has_the_last_word(
    value: Any, data: st.DataObject
) -> None:
    encoded = bytearray(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    assert as_callers_see(bytes(encoded)) == strictly(bytes(encoded))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a":1,"a":1}', id="the same key twice with the same value"),
        pytest.param(b'{"a":1,"b":[{"x":1,"x":2}]}', id="the same key twice further in"),
        pytest.param(b'{"a":NaN}', id="NaN"),
        pytest.param(b'{"a":1e999}', id="a number that becomes infinite"),
        pytest.param(b'{"a":9007199254740993}', id="an integer that a float would round"),
        pytest.param(b"[-9007199254740993]", id="a negative one at the beginning of an array"),
        pytest.param(b"9007199254740993", id="an integer alone"),
        pytest.param(b'{"a":"\\ud800"}', id="a lone surrogate"),
        pytest.param(b'{"a":"\xff"}', id="bytes that are not UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="a byte order mark"),
        pytest.param(b'{"a":1}{"b":2}', id="two values"),
        pytest.param(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), id="one level too deep"),
        pytest.param(b"[" * 100_000, id="a tower of brackets"),
    ],
)
def test_what_the_strict_decoder_refuses_is_refused(data: bytes) -> None:
    assert strictly(data)[0] == "refused"
    assert as_callers_see(data) == strictly(data)


def test_the_deepest_document_allowed_is_read() -> None:
    wide = b"[" + b",".join([b"[]"] * 100) + b"," + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"]"
    assert as_callers_see(wide)[0] == "value"
    assert as_callers_see(wide) == strictly(wide)


# -- statements validated first and written again ---------------------------------------------------------

BASIS = Basis(id="pact", digest="sha256:" + "cd" * 32).encode()


def basis_by(read: Callable[[type[Basis], bytes, int], Basis], data: bytes) -> tuple[Any, ...]:
    try:
        return "value", read(Basis, data, LIMIT)
    except JsonRefused as refused:
        return "refused", refused.kind, refused.faults


def both_ways(data: bytes) -> tuple[Any, ...]:
    seen = basis_by(strict_json.parse_written, data)
    assert seen == basis_by(strict_json.parse_model, data)
    return seen


@given(st.integers(0, len(BASIS)), st.integers(0, 3), st.binary(max_size=4))
@example(0, 0, b" ")
@example(0, 0, b"\xef\xbb\xbf")
@example(len(BASIS), 0, b"{}")
def test_whatever_is_done_to_a_written_statement_it_is_read_as_by_the_strict_way(
    at: int, gone: int, put: bytes
) -> None:
    both_ways(BASIS[:at] + put + BASIS[at + gone :])


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        pytest.param(BASIS, "value", id="as it is written"),
        pytest.param(BASIS[:-1] + b',"id":"pact"}', "refused", id="a member twice, saying the same"),
        pytest.param(BASIS[:1] + b'"id":"other",' + BASIS[1:], "refused", id="a member twice"),
        pytest.param(BASIS[:-1] + b',"more":1}', "refused", id="an unknown member"),
        pytest.param(BASIS.replace(b'":', b'" : '), "value", id="with spaces"),
        pytest.param(BASIS.replace(b"pact", b"p\\u0061ct"), "value", id="with an escape"),
        pytest.param(BASIS.replace(b"pact", b"\\ud800"), "refused", id="a lone surrogate"),
    ],
)
def test_a_statement_that_is_written_otherwise_is_judged_by_the_strict_way(data: bytes, outcome: str) -> None:
    assert both_ways(data)[0] == outcome


RECEIPT: dict[str, Any] = {
    "status": ReceiptStatus.REFUSED,
    "mode": Mode.TEST,
    "lane": Lane.URGENT,
    "lane_epoch": 2,
    "serial": 7,
    "content_digest": "sha256:" + "ab" * 32,
    "reason": ReasonCode.NO_AGREEMENT,
    "at": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
}


def test_a_statement_of_valid_values_is_the_validated_one() -> None:
    made, validated = Receipt.of_valid(**RECEIPT), Receipt(**RECEIPT)
    assert made == validated
    assert hash(made) == hash(validated)
    assert made.encode() == validated.encode()
    assert made.model_fields_set == validated.model_fields_set
    assert made.model_copy(update={"serial": 8}).serial == 8
    with pytest.raises(ValueError, match="frozen"):
        made.serial = 9  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({name: value for name, value in RECEIPT.items() if name != "serial"}, id="one too few"),
        pytest.param({**RECEIPT, "colour": "red"}, id="one too many"),
    ],
)
def test_a_statement_needs_its_fields_and_no_others(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Receipt.of_valid(**wrong)


@given(st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-9, minutes=-30)))))
def test_times_are_written_in_utc(at: datetime) -> None:
    try:
        expected = at.astimezone(UTC)
    except OverflowError:
        return
    assert rfc3339(at) == expected.isoformat().replace("+00:00", "Z")


def test_fictional_nations_are_no_real_ones() -> None:
    assert not {code for code in real_nations() if code.startswith("X") and code != "XKX"}
