"""DSSE envelopes (Dead Simple Signing Envelope, protocol v1): exact bytes, their type, signatures over both.

The JSON form is narrower than the standard allows: exactly the three known members, standard-alphabet
base64 with padding and zero trailing bits, a keyid on every signature, at least one signature. What is
verified is the payload as it stood in the envelope; nothing is re-serialised.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from bus.protocol.errors import EnvelopeError
from schemas.reasons import ReasonCode
from schemas.strict_json import JsonRefused, parse

MAX_ENVELOPE_BYTES = 512 * 1024
MAX_SIGNATURES = 32
MAX_SIGNATURE_BYTES = 8 * 1024

_KEYID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PAYLOAD_TYPE = re.compile(r"[!-~]{1,127}", re.ASCII)


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE pre-authentication encoding: the bytes that are signed. Lengths count bytes, not characters."""
    encoded = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(encoded), encoded, len(payload), payload)


@dataclass(frozen=True, slots=True)
class EnvelopeSignature:
    """One signature; ``keyid`` (hex) is a hint for look-up, never an identity."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload, its type, and at least one signature over ``pae(payload_type, payload)``."""

    payload: bytes
    payload_type: str
    signatures: tuple[EnvelopeSignature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What every signature signs."""
        return pae(self.payload_type, self.payload)

    @property
    def keyids(self) -> tuple[str, ...]:
        """The distinct keyids in order of first appearance."""
        return tuple(dict.fromkeys(signature.keyid for signature in self.signatures))

    def signatures_by(self, keyid: str) -> tuple[bytes, ...]:
        """The signatures that name this key, in their order in the envelope."""
        return tuple(signature.sig for signature in self.signatures if signature.keyid == keyid)

    def encode(self) -> bytes:
        """Compact JSON. Raises EnvelopeError for what ``decode`` would refuse."""
        _check_signature_count(len(self.signatures))
        if not _PAYLOAD_TYPE.fullmatch(self.payload_type):
            raise _malformed("payloadType is not 1 to 127 printable ASCII characters")
        for signature in self.signatures:
            _check_keyid(signature.keyid)
            _check_signature_length(signature.sig)
        document = {
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": signature.keyid, "sig": base64.b64encode(signature.sig).decode("ascii")}
                for signature in self.signatures
            ],
        }
        return json.dumps(document, separators=(",", ":")).encode("ascii")

    @classmethod
    def decode(cls, data: bytes, max_bytes: int = MAX_ENVELOPE_BYTES) -> "Envelope":
        """Read one envelope of at most ``max_bytes`` bytes of JSON; verifies nothing.

        Raises EnvelopeError OVERSIZED, SIGNATURE_MISSING (empty signature list) or ENVELOPE_MALFORMED.
        """
        if len(data) > max_bytes:
            raise EnvelopeError(ReasonCode.OVERSIZED, "the envelope is larger than allowed")
        try:
            document = parse(data, max_bytes)
        except JsonRefused as error:
            raise _malformed(f"not strict JSON ({error.kind})") from error
        members = _members(document, {"payload", "payloadType", "signatures"}, "the envelope")
        payload_type = members["payloadType"]
        if not isinstance(payload_type, str) or not _PAYLOAD_TYPE.fullmatch(payload_type):
            raise _malformed("payloadType is not 1 to 127 printable ASCII characters")
        listed = members["signatures"]
        if not isinstance(listed, list):
            raise _malformed("signatures is not a list")
        _check_signature_count(len(listed))
        return cls(_unbase64(members["payload"]), payload_type, tuple(_signature(entry) for entry in listed))


def _signature(entry: object) -> EnvelopeSignature:
    members = _members(entry, {"keyid", "sig"}, "a signature")
    keyid = members["keyid"]
    _check_keyid(keyid)
    sig = _unbase64(members["sig"])
    _check_signature_length(sig)
    return EnvelopeSignature(keyid, sig)


def _members(value: object, names: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != names:
        raise _malformed(f"{what} is not an object with exactly its members")
    return value


def _unbase64(value: object) -> bytes:
    if not isinstance(value, str):
        raise _malformed("a base64 member is not a string")
    try:
        encoded = value.encode("ascii")
        decoded = binascii.a2b_base64(encoded)
    except (UnicodeEncodeError, binascii.Error):
        raise _malformed("a member is not standard base64 with padding") from None
    # The decoder skips foreign characters and ignores trailing bits; each value has one encoding here.
    if binascii.b2a_base64(decoded, newline=False) != encoded:
        raise _malformed("a member is not standard base64 with padding")
    return decoded


def _check_signature_count(count: int) -> None:
    if count == 0:
        # Fail closed: "all signatures verify" is true of none at all.
        raise EnvelopeError(ReasonCode.SIGNATURE_MISSING, "the envelope holds no signature")
    if count > MAX_SIGNATURES:
        raise _malformed("the envelope holds too many signatures")


def _check_keyid(keyid: object) -> None:
    if not isinstance(keyid, str) or not _KEYID.fullmatch(keyid):
        raise _malformed("a keyid is not 32 lower-case hex digits")


def _check_signature_length(sig: bytes) -> None:
    if not 0 < len(sig) <= MAX_SIGNATURE_BYTES:
        raise _malformed("a signature is empty or too long")


def _malformed(detail: str) -> EnvelopeError:
    return EnvelopeError(ReasonCode.ENVELOPE_MALFORMED, detail)
