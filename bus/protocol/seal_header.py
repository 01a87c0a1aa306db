"""The seal header: fixed, binary, big-endian, in the clear before every sealed bundle (design 4).

    offset length field
         0      4 magic "ENT1"
         4      2 length of the whole header, always 115
         6      1 seal suite
         7      1 mode (0 OPERATION, 1 EXERCISE, 2 TEST)
         8      1 lane (0 urgent, 1 normal, 2 control)
         9     32 realm id
        41      3 originator, ASCII
        44      3 recipient, ASCII
        47     16 kid of the recipient's seal key
        63     16 bundle id
        79      4 epoch, 0
        83     32 key commitment, all 0

HPKE binds these bytes (they are in its info), so altering any of them makes the bundle unopenable.
"""

from dataclasses import dataclass
from struct import Struct

from bus.protocol.errors import SealError
from bus.protocol.subjects import (
    LANE_CODES,
    LANES_BY_CODE,
    MODE_CODES,
    MODES_BY_CODE,
    Subject,
    is_nation_token,
)
from bus.protocol.suites import SEAL_SUITES
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

MAGIC = b"ENT1"
SUITE_OFFSET = 6
_LAYOUT = Struct(">4sHBBB32s3s3s16s16sI32s")
HEADER_LENGTH = _LAYOUT.size
_NO_COMMITMENT = bytes(32)


@dataclass(frozen=True, slots=True)
class SealHeader:
    """What a sealed bundle shows: its lane, its seal key and nothing of its content.

    ``suite`` is the seal suite's number, ``realm`` the raw realm id (32 bytes), ``seal_kid`` and
    ``bundle_id`` 16 bytes each. The nations' form is checked, their existence is not. Raises SealError
    MALFORMED_SEALED or SUITE_UNKNOWN for values a header cannot hold.
    """

    suite: int
    mode: Mode
    lane: Lane
    realm: bytes
    originator: str
    recipient: str
    seal_kid: bytes
    bundle_id: bytes

    def __post_init__(self) -> None:
        if self.suite not in SEAL_SUITES:
            raise SealError(ReasonCode.SUITE_UNKNOWN, "no seal suite has this number")
        if not is_nation_token(self.originator):
            raise _malformed("the originator is not three upper-case letters")
        if not is_nation_token(self.recipient):
            raise _malformed("the recipient is not three upper-case letters")
        if (len(self.realm), len(self.seal_kid), len(self.bundle_id)) != (32, 16, 16):
            raise _malformed("realm, seal_kid or bundle_id does not have its length")

    @property
    def subject(self) -> Subject:
        """The one subject on which a bundle with this header may travel."""
        return Subject(self.originator, self.mode, self.lane, self.recipient)

    def encode(self) -> bytes:
        """The header's 115 bytes."""
        return _LAYOUT.pack(
            MAGIC,
            HEADER_LENGTH,
            self.suite,
            MODE_CODES[self.mode],
            LANE_CODES[self.lane],
            self.realm,
            self.originator.encode("ascii"),
            self.recipient.encode("ascii"),
            self.seal_kid,
            self.bundle_id,
            0,
            _NO_COMMITMENT,
        )

    @classmethod
    def decode(cls, data: bytes) -> "SealHeader":
        """Read exactly one header.

        Raises SealError MALFORMED_SEALED naming the deviation, or SUITE_UNKNOWN.
        """
        if len(data) != HEADER_LENGTH:
            raise _malformed(
                "the header is cut short" if len(data) < HEADER_LENGTH else "bytes follow the header"
            )
        (
            magic,
            length,
            suite,
            mode_code,
            lane_code,
            realm,
            originator,
            recipient,
            kid,
            bundle_id,
            epoch,
            commit,
        ) = _LAYOUT.unpack(data)
        if magic != MAGIC:
            raise _malformed("the magic is not ENT1")
        if length != HEADER_LENGTH:
            raise _malformed("the length field is not the header's length")
        mode, lane = MODES_BY_CODE.get(mode_code), LANES_BY_CODE.get(lane_code)
        if mode is None:
            raise _malformed("the mode code is unknown")
        if lane is None:
            raise _malformed("the lane code is unknown")
        if epoch != 0:
            raise _malformed("the epoch is not 0")
        if commit != _NO_COMMITMENT:
            raise _malformed("the key commitment is not zero")
        # latin-1 maps every byte to one character, so the form check in __post_init__ sees what was there.
        return cls(
            suite,
            mode,
            lane,
            realm,
            originator.decode("latin-1"),
            recipient.decode("latin-1"),
            kid,
            bundle_id,
        )


def split_sealed(sealed: bytes) -> tuple[bytes, bytes]:
    """Cut sealed bytes into header bytes and the rest, undecoded. Raises SealError when cut short."""
    if len(sealed) <= HEADER_LENGTH:
        raise _malformed("the sealed bytes end within the header")
    return sealed[:HEADER_LENGTH], sealed[HEADER_LENGTH:]


def _malformed(detail: str) -> SealError:
    return SealError(ReasonCode.MALFORMED_SEALED, detail)
