"""Errors of the protocol's primitives.

    Exception
    └── ProtocolError            anything refused by bus.protocol; carries .code and .detail
        ├── SealError            seal header, seal suite, seal key, HPKE opening
        ├── FrameError           frame layout, padding, sizes
        ├── EnvelopeError        DSSE envelope encoding
        ├── SignatureError       signature count, length, verification; sign keys and suites
        ├── ProofError           Merkle inclusion and consistency proofs
        ├── SubjectError         broker subjects and consumer names
        ├── TrustError           trust documents and what follows from them
        │   └── TrustIncompleteError
        ├── ReleaseRefused       a draft that may not be released as its author asks
        └── BundleRefused        a sealed bundle that is HELD or REJECTED as a whole

``detail`` never quotes what was refused: it may be labelled content, and it may be an attacker's text.
"""

from typing import TYPE_CHECKING

from schemas.reasons import ReasonCode

if TYPE_CHECKING:
    from bus.protocol.seal_header import SealHeader


class ProtocolError(Exception):
    """Something was refused: ``code`` is stable and for machines, ``detail`` names the rule broken."""

    def __init__(self, code: ReasonCode, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


class SealError(ProtocolError):
    """A seal header is malformed, a seal key or suite is not usable, or the sealed bytes do not open."""


class FrameError(ProtocolError):
    """A frame is not laid out exactly as it must be, or would be too large."""


class EnvelopeError(ProtocolError):
    """Bytes are not a DSSE envelope in the one encoding accepted here."""


class SignatureError(ProtocolError):
    """Signatures are missing, superfluous or wrong, or a sign key or suite is not usable."""


class ProofError(ProtocolError):
    """A Merkle proof does not lead from its leaf to its root."""


class SubjectError(ProtocolError):
    """A broker subject or consumer name does not have its fixed form."""


class TrustError(ProtocolError):
    """Trust documents are malformed, unsigned, older than what is in force, or incomplete."""


class TrustIncompleteError(TrustError):
    """A snapshot verified, but documents that it lists are not there yet: they may still come."""


class ReleaseRefused(ProtocolError):
    """A draft may not be released as its author asks.

    ``name`` is the nation or community concerned ("" when none), ``pointer`` the JSON pointer into the draft.
    """

    def __init__(self, code: ReasonCode, detail: str, name: str = "", pointer: str = "") -> None:
        super().__init__(code, detail)
        self.name = name
        self.pointer = pointer


class BundleRefused(ProtocolError):
    """A sealed bundle is HELD (``held``: something may still arrive) or REJECTED as a whole.

    ``header`` is given once it could be read; nothing in it is authenticated.
    """

    def __init__(
        self, code: ReasonCode, detail: str, *, held: bool, header: "SealHeader | None" = None
    ) -> None:
        super().__init__(code, detail)
        self.held = held
        self.header = header
