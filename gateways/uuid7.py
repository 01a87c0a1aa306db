"""UUID version 7 (RFC 9562, 5.7) from a given time and given randomness."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def uuid7(now: datetime, randomness: Callable[[int], bytes]) -> str:
    """48 bits of Unix milliseconds, then 74 random bits; in lower-case hex with hyphens."""
    drawn = int.from_bytes(randomness(10), "big")
    value = ((now - _EPOCH) // _MILLISECOND) << 80
    value |= 0x7 << 76 | (drawn >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | drawn & ((1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
