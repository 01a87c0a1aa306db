"""The seal header: 115 bytes, one meaning, every deviation refused with its own reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.errors import SealError
from bus.protocol.seal_header import HEADER_LENGTH, SealHeader, split_sealed
from bus.protocol.subjects import Subject
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

HEADER = SealHeader(
    suite=1,
    mode=Mode.EXERCISE,
    lane=Lane.URGENT,
    realm=bytes(range(32)),
    originator="AUT",
    recipient="XBA",
    seal_kid=b"k" * 16,
    bundle_id=b"b" * 16,
)
ENCODED = HEADER.encode()

nations = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
headers = st.builds(
    SealHeader,
    suite=st.sampled_from([1, 2]),
    mode=st.sampled_from(Mode),
    lane=st.sampled_from(Lane),
    realm=st.binary(min_size=32, max_size=32),
    originator=nations,
    recipient=nations,
    seal_kid=st.binary(min_size=16, max_size=16),
    bundle_id=st.binary(min_size=16, max_size=16),
)


def test_layout_byte_by_byte() -> None:
    assert HEADER_LENGTH == 115
    expected = (
        b"ENT1"
        + b"\x00\x73"
        + b"\x01\x01\x00"
        + bytes(range(32))
        + b"AUT"
        + b"XBA"
        + b"k" * 16
        + b"b" * 16
        + bytes(4)
        + bytes(32)
    )
    assert HEADER.encode() == expected


@given(headers)
def test_decode_undoes_encode(header: SealHeader) -> None:
    encoded = header.encode()
    assert len(encoded) == HEADER_LENGTH
    assert SealHeader.decode(encoded) == header
    assert split_sealed(encoded + b"rest") == (encoded, b"rest")


@given(st.binary(max_size=200) | st.binary(min_size=109, max_size=109).map(lambda rest: ENCODED[:6] + rest))
def test_bytes_that_decode_are_the_one_encoding(data: bytes) -> None:
    try:
        header = SealHeader.decode(data)
    except SealError:
        return
    assert header.encode() == data


def test_subject_names_the_same_lane() -> None:
    assert HEADER.subject == Subject("AUT", Mode.EXERCISE, Lane.URGENT, "XBA")
    assert HEADER.subject.format() == "out.AUT.ex.urgent.XBA"


def test_every_bit_flip_is_refused_or_shows() -> None:
    for bit in range(HEADER_LENGTH * 8):
        flipped = bytearray(ENCODED)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            header = SealHeader.decode(bytes(flipped))
        except SealError:
            continue
        assert header != HEADER
        assert header.encode() == flipped
        # Magic, length, suite, epoch and key commitment have no second valid value one bit away.
        assert 7 <= bit // 8 < 79


def put(offset: int, value: bytes) -> bytes:
    return ENCODED[:offset] + value + ENCODED[offset + len(value) :]


DEVIATIONS: dict[str, tuple[bytes, str]] = {
    "nothing at all": (b"", "cut short"),
    "a byte short": (ENCODED[:-1], "cut short"),
    "a byte long": (ENCODED + b"\x00", "bytes follow"),
    "another magic": (put(0, b"ENT2"), "magic"),
    "a length too small": (put(4, b"\x00\x72"), "length field"),
    "a length too large": (put(4, b"\x00\x74"), "length field"),
    "a length in little-endian": (put(4, b"\x73\x00"), "length field"),
    "suite 0": (put(6, b"\x00"), "seal suite"),
    "suite 3": (put(6, b"\x03"), "seal suite"),
    "mode 3": (put(7, b"\x03"), "mode code"),
    "lane 3": (put(8, b"\x03"), "lane code"),
    "the originator in lower case": (put(41, b"aut"), "originator"),
    "the originator not ASCII": (put(41, b"\xc4UT"), "originator"),
    "the recipient with a dot": (put(44, b"X.A"), "recipient"),
    "the recipient with a wildcard": (put(44, b"XB>"), "recipient"),
    "the recipient two letters and a line break": (put(44, b"XB\n"), "recipient"),
    "the recipient zero": (put(44, bytes(3)), "recipient"),
    "an epoch": (put(79, b"\x00\x00\x00\x01"), "epoch"),
    "a key commitment": (put(83, b"\x01"), "key commitment"),
    "a key commitment's last byte": (put(114, b"\x01"), "key commitment"),
}


@pytest.mark.parametrize(("data", "detail"), DEVIATIONS.values(), ids=DEVIATIONS.keys())
def test_header_is_refused(data: bytes, detail: str) -> None:
    with pytest.raises(SealError) as refused:
        SealHeader.decode(data)
    assert detail in refused.value.detail
    expected = ReasonCode.SUITE_UNKNOWN if detail == "seal suite" else ReasonCode.MALFORMED_SEALED
    assert refused.value.code is expected


UNENCODABLE: dict[str, Callable[[], SealHeader]] = {
    "a realm too short": lambda: replace(HEADER, realm=bytes(31)),
    "a realm too long": lambda: replace(HEADER, realm=bytes(33)),
    "a seal kid in hex": lambda: replace(HEADER, seal_kid=b"k" * 32),
    "a bundle id too short": lambda: replace(HEADER, bundle_id=b""),
    "a recipient of four letters": lambda: replace(HEADER, recipient="XBAA"),
    "an originator in lower case": lambda: replace(HEADER, originator="aut"),
    "a suite that does not exist": lambda: replace(HEADER, suite=0),
}


@pytest.mark.parametrize("make", UNENCODABLE.values(), ids=UNENCODABLE.keys())
def test_a_header_cannot_hold(make: Callable[[], SealHeader]) -> None:
    with pytest.raises(SealError):
        make()


@pytest.mark.parametrize("length", [0, 6, HEADER_LENGTH - 1, HEADER_LENGTH])
def test_sealed_bytes_that_end_within_the_header_are_refused(length: int) -> None:
    with pytest.raises(SealError) as refused:
        split_sealed(bytes(length))
    assert refused.value.code is ReasonCode.MALFORMED_SEALED
