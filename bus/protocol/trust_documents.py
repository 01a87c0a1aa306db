"""Reading and verifying single trust documents (design 10). Who must sign what stands in schemas/trust.py."""

import base64
import hashlib
from dataclasses import dataclass

from bus.protocol.dsse import Envelope
from bus.protocol.errors import ProtocolError, TrustError
from bus.protocol.sealing import SealPublicKey
from bus.protocol.signing import PublicVerifyKey, verify_cosigner, verify_sole_signer
from bus.protocol.suites import kid_of, seal_suite_named
from schemas.agreement import AgreementAct
from schemas.reasons import ReasonCode
from schemas.strict_json import JsonRefused, parse_model
from schemas.trust import (
    DOCUMENT_MODELS,
    MAX_TRUST_DOCUMENT_BYTES,
    AuthorityKey,
    KeyEntry,
    NationEntry,
    NationRecord,
    RealmRoot,
    SealSuite,
    TrustDocument,
)


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A parsed trust document with the exact bytes it came in. ``digest`` is over the payload."""

    document: TrustDocument
    digest: str
    envelope: Envelope
    encoded: bytes


def version_of(document: TrustDocument) -> int:
    """The version of a document; the number of an act."""
    return document.number if isinstance(document, AgreementAct) else document.version


def digest_of(data: bytes, hash_name: str = "sha256") -> str:
    """Digest of exact bytes in the form ``sha256:<hex>``; ``sha384`` for originators with suite ``cnsa2``."""
    return f"{hash_name}:{hashlib.new(hash_name, data, usedforsecurity=True).hexdigest()}"


def read_document(encoded: bytes) -> SignedDocument:
    """Parse one DSSE envelope as the trust document its payload type names; verifies no signature.

    Raises TrustError TRUST_MALFORMED.
    """
    try:
        envelope = Envelope.decode(encoded)
        document = parse_model(_model_of(envelope), envelope.payload, MAX_TRUST_DOCUMENT_BYTES)
        _check_keys(document)
    except (ProtocolError, JsonRefused, ValueError) as error:
        raise TrustError(ReasonCode.TRUST_MALFORMED, f"not a trust document: {error}") from error
    return SignedDocument(document, digest_of(envelope.payload), envelope, encoded)


def _model_of(envelope: Envelope) -> type[TrustDocument]:
    model = DOCUMENT_MODELS.get(envelope.payload_type)
    if model is None:
        raise TrustError(ReasonCode.TRUST_MALFORMED, "the payload type is not that of a trust document")
    return model


def public_bytes(key: AuthorityKey | KeyEntry) -> bytes:
    """Raw public key of a trust document's key entry."""
    return base64.b64decode(key.public_key, validate=True)


def verify_key_of(key: AuthorityKey | KeyEntry) -> PublicVerifyKey:
    """The verification key of an entry with a sign suite. Raises SignatureError."""
    return PublicVerifyKey.from_public_bytes(key.suite.value, public_bytes(key))


def verify_threshold(signed: SignedDocument, keys: tuple[AuthorityKey, ...], threshold: int) -> None:
    """At least ``threshold`` different ``keys`` signed. Raises TrustError TRUST_SIGNATURE.

    Signatures by keys not listed are ignored; a listed key whose signature fails does not count.
    """
    if threshold < 1:
        raise TrustError(ReasonCode.TRUST_SIGNATURE, "a threshold below one would admit unsigned documents")
    good = 0
    for key in {key.kid: key for key in keys}.values():
        try:
            verify_cosigner(signed.envelope, verify_key_of(key))
        except ProtocolError:
            continue
        good += 1
    if good < threshold:
        raise TrustError(ReasonCode.TRUST_SIGNATURE, f"{good} of {threshold} required signatures verify")


def verify_record(signed: SignedDocument, entry: NationEntry) -> None:
    """A nation record is signed by its nation's offline root key alone. Raises TrustError TRUST_SIGNATURE."""
    try:
        verify_sole_signer(signed.envelope, verify_key_of(entry.root_key))
    except ProtocolError as error:
        raise TrustError(
            ReasonCode.TRUST_SIGNATURE, f"the record of {entry.nation} is not signed by its root key"
        ) from error


def verify_root(signed: SignedDocument, root: RealmRoot, previous: RealmRoot | None) -> None:
    """A realm root is signed by its own threshold and by its predecessor's. Raises TrustError."""
    verify_threshold(signed, root.root_keys, root.threshold)
    if previous is not None:
        verify_threshold(signed, previous.root_keys, previous.threshold)


def verify_snapshot(signed: SignedDocument, root: RealmRoot) -> None:
    """A snapshot is signed by one of the root's snapshot keys. Raises TrustError TRUST_SIGNATURE."""
    verify_threshold(signed, root.snapshot_keys, 1)


def _check_keys(document: TrustDocument) -> None:
    """Key ids are hints, but a wrong one would make two nations' keys look alike."""
    keys: list[AuthorityKey | KeyEntry] = []
    if isinstance(document, RealmRoot):
        keys += [
            *document.root_keys,
            *document.snapshot_keys,
            *(entry.root_key for entry in document.nations),
        ]
    elif isinstance(document, NationRecord):
        keys += document.keys
    for key in keys:
        if kid_of(key.suite.value, public_bytes(key)).hex() != key.kid:
            raise TrustError(ReasonCode.TRUST_MALFORMED, "a key id is not that of its public key")
        # One partner's unusable key must not first show when a batch for all of them is to be sealed.
        if isinstance(key.suite, SealSuite):
            SealPublicKey.from_public_bytes(seal_suite_named(key.suite.value).suite_id, public_bytes(key))
        else:
            verify_key_of(key)
