"""Steps 1-11 of admission: open a sealed bundle and verify everything that needs no history.

The steps are numbered in ``bus.protocol.inbound``.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bus.protocol.dsse import Envelope
from bus.protocol.errors import BundleRefused, ProtocolError
from bus.protocol.frame import FramedDelivery, FrameRest, read_deliveries, read_root
from bus.protocol.outbound import key_use_of
from bus.protocol.seal_header import SealHeader, split_sealed
from bus.protocol.sealing import SealPrivateKey, Unsealer, open_sealed
from bus.protocol.signing import verify_sole_signer
from bus.protocol.subjects import Subject
from bus.protocol.suites import sign_suite
from bus.protocol.trust import TrustStore, key_status
from bus.protocol.trust_documents import digest_of, verify_key_of
from schemas.control import Control, ResendRequest, TrustUpdate, Void
from schemas.lane_head import LaneHead
from schemas.message import AnyMessage, parse_message
from schemas.reasons import ReasonCode
from schemas.receipt import Receipts
from schemas.strict_json import JsonRefused, parse, parse_written, validate_model
from schemas.trust import KeyEntry, NationStatus
from schemas.wire import (
    MAX_CONTENT_BYTES,
    ROOT_PAYLOAD_TYPE,
    WIRE_VERSION,
    ContentType,
    Delivery,
    Handling,
    Lane,
    Root,
    lane_of,
)

MAX_SEALED_BYTES = 1024 * 1024
MAX_STATEMENT_BYTES = 16 * 1024
MAX_ROOT_BYTES = 4 * 1024
_CONTENT_TYPES = {content_type.value: content_type for content_type in ContentType}


class OpenedDelivery(NamedTuple):
    """One delivery after steps 7-11.

    ``reason`` is None when it passed them; ``held`` tells HELD from REJECTED. ``delivery`` is given once it
    verified: signed by the originator and meant for this lane and recipient.
    """

    delivery: Delivery | None = None
    content: bytes | None = None
    parsed: AnyMessage | Receipts | Control | LaneHead | None = None
    reason: ReasonCode | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle whose root signature verified, with each of its deliveries."""

    header: SealHeader
    sign_kid: str
    deliveries: tuple[OpenedDelivery, ...]
    signed_at: datetime
    """When its originator says it signed the root."""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A bundle after steps 1-4: header, the root's envelope, and deliveries not yet read."""

    header: SealHeader
    envelope: Envelope
    rest: FrameRest


def open_bundle(
    sealed: bytes, subject: str, *, me: str, trust: TrustStore, keyring: Unsealer, now: datetime
) -> OpenedBundle:
    """Steps 1-11. Raises BundleRefused when the bundle as a whole is HELD or REJECTED (steps 1-6)."""
    unsealed = unseal(sealed, subject, me=me, trust=trust, keyring=keyring)
    header, envelope = unsealed.header, unsealed.envelope
    try:
        # 5 originator's keys from the trust store as they stand now
        key = _signing_key(envelope, header, trust)
        # 6 root signature(s), every one that the suite requires
        verify_sole_signer(envelope, verify_key_of(key))
        # Only what a known key really signed may be held for that key's standing: a quota is at stake.
        _check_standing(key, header, trust, now)
        root = _read_root_statement(envelope, header, key, trust)
        framed = _read_deliveries(unsealed.rest, root)
    except BundleRefused:
        raise
    except ProtocolError as error:
        raise BundleRefused(error.code, error.detail, held=False, header=header) from error
    suite_root = bytes.fromhex(root.root)
    return OpenedBundle(
        header,
        key.kid,
        tuple([_open_delivery(item, header, root, suite_root, trust) for item in framed]),
        root.signed_at,
    )


def unseal(sealed: bytes, subject: str, *, me: str, trust: TrustStore, keyring: Unsealer) -> Unsealed:
    """Steps 1-4: nothing in the result is authenticated. Raises BundleRefused."""
    header: SealHeader | None = None
    try:
        # 1 size and header parse
        _check_size(sealed)
        header_bytes, rest = split_sealed(sealed)
        header = SealHeader.decode(header_bytes)
        # 2 header equals subject; recipient and realm are mine
        _check_address(header, Subject.parse(subject), me, trust)
        # 3 seal key known (else HELD), open
        private_key = _seal_key(header, keyring, me, trust)
        frame = open_sealed(header_bytes, private_key, rest)
        # 4 frame parse (its deliveries follow once the root says how deep the tree is)
        root_bytes, framed_rest = read_root(frame)
        return Unsealed(header, Envelope.decode(root_bytes), framed_rest)
    except BundleRefused:
        raise
    except ProtocolError as error:
        raise BundleRefused(error.code, error.detail, held=False, header=header) from error


def _held(code: ReasonCode, header: SealHeader) -> BundleRefused:
    return BundleRefused(code, code.explanation, held=True, header=header)


def _check_address(header: SealHeader, subject: Subject, me: str, trust: TrustStore) -> None:
    if header.subject != subject:
        raise ProtocolError(ReasonCode.SUBJECT_MISMATCH, ReasonCode.SUBJECT_MISMATCH.explanation)
    if header.recipient != me:
        raise ProtocolError(ReasonCode.WRONG_RECIPIENT, ReasonCode.WRONG_RECIPIENT.explanation)
    if header.realm.hex() != trust.realm.removeprefix("sha256:"):
        raise ProtocolError(ReasonCode.WRONG_REALM, ReasonCode.WRONG_REALM.explanation)


def _check_size(sealed: bytes) -> None:
    if len(sealed) > MAX_SEALED_BYTES:
        raise ProtocolError(ReasonCode.OVERSIZED, "the sealed bytes are larger than 1 MiB")


def _seal_key(header: SealHeader, keyring: Unsealer, me: str, trust: TrustStore) -> SealPrivateKey:
    """Exercise traffic is sealed under its own keys (design 1.4): a key opens only its listed modes."""
    private_key = keyring.private_key(header.seal_kid)
    if private_key is None:
        raise _held(ReasonCode.SEAL_KEY_UNKNOWN, header)
    mine = trust.nations.get(me)
    entry = mine.keys.get(header.seal_kid.hex()) if mine is not None else None
    if entry is not None and header.mode not in entry.modes:
        raise ProtocolError(ReasonCode.SEAL_KEY_MODE, ReasonCode.SEAL_KEY_MODE.explanation)
    return private_key


def _signing_key(envelope: Envelope, header: SealHeader, trust: TrustStore) -> KeyEntry:
    """The one key that is said to have signed, if it is the originator's, for this use and mode."""
    keyids = envelope.keyids
    if len(keyids) != 1:
        raise ProtocolError(ReasonCode.SIGNATURE_INVALID, "a root is signed by exactly one key")
    originator = trust.nations.get(header.originator)
    if originator is None:
        raise _held(ReasonCode.ORIGINATOR_UNKNOWN, header)
    key = originator.keys.get(keyids[0])
    if key is None:
        if trust.holder_of(keyids[0]) is not None:
            raise ProtocolError(ReasonCode.KEY_FOREIGN, ReasonCode.KEY_FOREIGN.explanation)
        raise _held(ReasonCode.KEY_UNKNOWN, header)
    if key.use is not key_use_of(header.lane) or header.mode not in key.modes:
        raise ProtocolError(ReasonCode.KEY_WRONG_USE, ReasonCode.KEY_WRONG_USE.explanation)
    return key


def _check_standing(key: KeyEntry, header: SealHeader, trust: TrustStore, now: datetime) -> None:
    """Whether key, snapshot and originator are in force now; else it is held: trust may change."""
    status = key_status(key, now)
    if status is not None:
        raise _held(status, header)
    # On the control lane a fresh snapshot may be under way: ``judge`` holds the rest of that lane.
    if trust.stale(now) and header.lane is not Lane.CONTROL:
        raise _held(ReasonCode.TRUST_STALE, header)
    if trust.nations[header.originator].status is not NationStatus.ACTIVE:
        raise _held(ReasonCode.ORIGINATOR_SUSPENDED, header)


def _read_root_statement(envelope: Envelope, header: SealHeader, key: KeyEntry, trust: TrustStore) -> Root:
    if envelope.payload_type != ROOT_PAYLOAD_TYPE:
        raise ProtocolError(ReasonCode.ROOT_MALFORMED, "the payload type is not that of a root")
    try:
        document = parse(envelope.payload, MAX_ROOT_BYTES)
        if _newer_version(document):
            raise _held(ReasonCode.VERSION_UNKNOWN, header)
        root = validate_model(Root, envelope.payload)
    except JsonRefused as error:
        raise ProtocolError(ReasonCode.ROOT_MALFORMED, error.explanation) from error
    if root.realm != trust.realm or root.originator != header.originator:
        raise ProtocolError(ReasonCode.ROOT_MALFORMED, "the root is of another realm or originator")
    suite = sign_suite(key.suite.value)
    # The suite belongs to the key: what the message claims must only agree (no downgrade).
    if root.suite != suite.name or root.hash != suite.hash_name:
        raise ProtocolError(ReasonCode.SUITE_MISMATCH, ReasonCode.SUITE_MISMATCH.explanation)
    return root


def _read_deliveries(rest: FrameRest, root: Root) -> tuple[FramedDelivery, ...]:
    if len(root.root) != {"sha256": 64, "sha384": 96}[root.hash]:
        raise ProtocolError(ReasonCode.ROOT_MALFORMED, "the root hash does not have its hash's length")
    return read_deliveries(rest, root.depth, root.hash)


def _newer_version(document: object) -> bool:
    version = document.get("v") if isinstance(document, dict) else None
    return isinstance(version, int) and not isinstance(version, bool) and version > WIRE_VERSION


def _open_delivery(
    framed: FramedDelivery, header: SealHeader, root: Root, root_hash: bytes, trust: TrustStore
) -> OpenedDelivery:
    # 7 proof against root
    try:
        framed.proof.verify(framed.statement, root.depth, root.hash, root_hash)
    except ProtocolError as error:
        return OpenedDelivery(reason=error.code)
    # 8 statement equals header (realm, originator, recipient, mode, lane)
    try:
        delivery = parse_written(Delivery, framed.statement, MAX_STATEMENT_BYTES)
    except JsonRefused:
        return _unread(framed.statement)
    if (delivery.realm, delivery.originator, delivery.recipient, delivery.mode, delivery.lane) != (
        trust.realm,
        header.originator,
        header.recipient,
        header.mode,
        header.lane,
    ):
        return OpenedDelivery(reason=ReasonCode.DELIVERY_MISMATCH)
    return _open_content(framed.content, delivery, root)


def _unread(statement: bytes) -> OpenedDelivery:
    """A statement that is none of ours: of a newer version, or malformed."""
    with contextlib.suppress(JsonRefused):
        if _newer_version(parse(statement, MAX_STATEMENT_BYTES)):
            return OpenedDelivery(reason=ReasonCode.VERSION_UNKNOWN, held=True)
    return OpenedDelivery(reason=ReasonCode.DELIVERY_MALFORMED)


def _open_content(content: bytes, delivery: Delivery, root: Root) -> OpenedDelivery:
    def refused(reason: ReasonCode, *, held: bool = False) -> OpenedDelivery:
        return OpenedDelivery(delivery=delivery, reason=reason, held=held)

    # 9 content digest, by a hash no weaker than the root's
    algorithm = delivery.content_digest.partition(":")[0]
    if root.hash == "sha384" and algorithm != "sha384":
        return refused(ReasonCode.SUITE_MISMATCH)
    if digest_of(content, algorithm) != delivery.content_digest:
        return refused(ReasonCode.DIGEST_MISMATCH)
    # 10 known content type and version
    content_type = _CONTENT_TYPES.get(delivery.content_type)
    if content_type is None:
        return refused(ReasonCode.CONTENT_TYPE_UNKNOWN, held=True)
    if (content_type is ContentType.MESSAGE) == (delivery.lane is Lane.CONTROL):
        return refused(ReasonCode.CONTENT_WRONG_LANE)
    if delivery.handling is not Handling.RELEASE and content_type is not ContentType.MESSAGE:
        return refused(ReasonCode.HANDLING_MISMATCH)
    # 11 parse exactly the verified bytes
    try:
        parsed: AnyMessage | Receipts | Control | LaneHead
        if content_type is ContentType.MESSAGE:
            parsed = parse_message(content)
            if not _agrees(parsed, delivery):
                return refused(ReasonCode.CONTENT_MISMATCH)
        elif _newer_version(parse(content, MAX_CONTENT_BYTES)):
            return refused(ReasonCode.VERSION_UNKNOWN, held=True)
        elif delivery.message_id is not None:
            return refused(ReasonCode.CONTENT_MISMATCH)
        else:
            parsed = _parse_control(content_type, content)
        if not _of_mode(parsed, delivery):
            return refused(ReasonCode.CONTENT_MISMATCH)
    except JsonRefused:
        return refused(ReasonCode.CONTENT_MALFORMED)
    return OpenedDelivery(delivery, content, parsed)


def _parse_control(content_type: ContentType, content: bytes) -> Receipts | Control | LaneHead:
    if content_type is ContentType.RECEIPTS:
        return validate_model(Receipts, content)
    if content_type is ContentType.LANE_HEAD:
        return validate_model(LaneHead, content)
    return validate_model(Control, content)


def _of_mode(parsed: AnyMessage | Receipts | Control | LaneHead, delivery: Delivery) -> bool:
    """A key of one mode says nothing of deliveries in another: an exercise never settles what is live."""
    if isinstance(parsed, Receipts):
        return all(receipt.mode is delivery.mode for receipt in parsed.receipts)
    if isinstance(parsed, LaneHead):
        return parsed.mode is delivery.mode
    if not isinstance(parsed, Control) or isinstance(parsed.control, TrustUpdate):
        return True
    if isinstance(parsed.control, ResendRequest | Void):
        return all(serials.mode is delivery.mode for serials in parsed.control.ranges)
    return parsed.control.mode is delivery.mode


def _agrees(message: AnyMessage, delivery: Delivery) -> bool:
    header = message.header
    return (header.originator, header.mode, header.message_id, lane_of(header.precedence)) == (
        delivery.originator,
        delivery.mode,
        delivery.message_id,
        delivery.lane,
    )
