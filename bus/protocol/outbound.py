"""From deliveries to sealed bundles: ``prepare`` (design 4).

One signature covers a Merkle root over every delivery of a batch, for all recipients; each recipient's part
is framed, padded and sealed for it alone. Leaves are salted and stand at random places among 2**depth, the
rest random hashes, so that a proof tells neither how many deliveries there were nor for whom.
"""

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import to_json

from bus.protocol.errors import ProtocolError
from bus.protocol.frame import (
    MAX_DELIVERIES,
    MAX_FRAME_BYTES,
    FramedDelivery,
    encode_frame,
    frame_start_length,
    framed_delivery_length,
)
from bus.protocol.merkle import BATCH_DEPTHS, HASH_LENGTHS, BatchTree, leaf_hash
from bus.protocol.proof import Proof
from bus.protocol.seal_header import SealHeader
from bus.protocol.sealing import Sealer, SealPublicKey
from bus.protocol.signing import Signer, sign_envelope
from bus.protocol.subjects import Subject
from bus.protocol.suites import seal_suite_named, sign_suite
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import digest_of, public_bytes
from schemas.base import rfc3339
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import ROOT_PAYLOAD_TYPE, WIRE_VERSION, Basis, Handling, Lane

MAX_BATCH = 1 << BATCH_DEPTHS[-1]
SALT_BYTES = 16
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery to be made. ``ref`` is the caller's own name for it and comes back in the bundle."""

    ref: int
    recipient: str
    lane: Lane
    lane_epoch: int
    serial: int
    content_type: str
    content: bytes
    content_digest: str
    message_id: str | None
    basis: tuple[Basis, ...]
    handling: Handling = Handling.RELEASE


@dataclass(frozen=True, slots=True)
class PreparedBundle:
    """Sealed bytes for one recipient and lane, ready to publish on ``subject``. Ids are hex."""

    bundle_id: str
    subject: str
    recipient: str
    mode: Mode
    lane: Lane
    sealed: bytes
    refs: tuple[int, ...]


def key_use_of(lane: Lane) -> KeyUse:
    """Which key signs a lane: ``receipt`` for the control lane, else ``message``."""
    return KeyUse.RECEIPT if lane is Lane.CONTROL else KeyUse.MESSAGE


def prepare(
    batch: Sequence[Outgoing],
    *,
    mode: Mode,
    originator: str,
    trust: TrustStore,
    signer: Signer,
    sealer: Sealer,
    now: datetime,
    randomness: Callable[[int], bytes],
    leaves: int = 0,
) -> tuple[PreparedBundle, ...]:
    """Sign, frame and seal one batch: one mode and one key use, at most 4,096 deliveries.

    Within a lane the order of the batch is kept, in bundles of up to 64 deliveries. ``leaves``: for how many
    deliveries the tree is made deep enough, where these are not all that left at once. Everything but HPKE's
    and ML-DSA's own draws comes from ``randomness`` (bytes wanted -> bytes).

    Raises ProtocolError: BUNDLE_TOO_LARGE, KEY_WRONG_USE, SUITE_MISMATCH; TrustError when a key is missing.
    """
    if not batch:
        return ()
    if len(batch) > MAX_BATCH:
        raise ProtocolError(ReasonCode.BUNDLE_TOO_LARGE, f"a batch holds at most {MAX_BATCH} deliveries")
    uses = {key_use_of(outgoing.lane) for outgoing in batch}
    if len(uses) != 1:
        raise ProtocolError(ReasonCode.KEY_WRONG_USE, "a batch covers one key use")
    _check_signer(signer, uses.pop(), mode, originator, trust, now)
    hash_name = sign_suite(signer.suite).hash_name
    statements = _statements(batch, mode, originator, trust, hash_name, randomness)
    tree, positions = _tree(statements, leaves, hash_name, randomness)
    root = {
        "v": WIRE_VERSION,
        "realm": trust.realm,
        "originator": originator,
        "suite": signer.suite,
        "hash": hash_name,
        "depth": tree.depth,
        "root": tree.root.hex(),
        "signed_at": rfc3339(now),
    }
    payload = json.dumps(root, separators=(",", ":")).encode()
    envelope = sign_envelope(ROOT_PAYLOAD_TYPE, payload, (signer,)).encode()
    framed = [
        FramedDelivery(statement, Proof(position, tree.path(position)), outgoing.content)
        for statement, position, outgoing in zip(statements, positions, batch, strict=True)
    ]
    return tuple(
        _seal_bundle(batch, framed, members, envelope, mode, originator, trust, sealer, now, randomness)
        for members in _split(batch, framed, envelope, tree.depth, hash_name)
    )


def _check_signer(
    signer: Signer, use: KeyUse, mode: Mode, originator: str, trust: TrustStore, now: datetime
) -> None:
    """Never sign with a key that partners would not accept: better to wait than to be refused."""
    current = trust.current_key(originator, use, mode, now)
    trusted = trust.nations[originator].keys.get(signer.kid)
    if trusted is None or trusted.use is not use or mode not in trusted.modes:
        raise ProtocolError(ReasonCode.KEY_WRONG_USE, "the signing key is not one for this use and mode")
    if trusted.suite.value != signer.suite:
        raise ProtocolError(ReasonCode.SUITE_MISMATCH, "the signing key has another suite in the trust store")
    if signer.kid != current.kid:
        raise ProtocolError(ReasonCode.KEY_EXPIRED, "the signing key is not the current one")


def _statements(
    batch: Sequence[Outgoing],
    mode: Mode,
    originator: str,
    trust: TrustStore,
    hash_name: str,
    randomness: Callable[[int], bytes],
) -> list[bytes]:
    """Exact bytes of every Delivery statement: compact JSON, in the order of the model's members.

    Put together from pieces, since most of a batch shares them: what a lane, a content and a basis say is
    encoded once each.
    """
    if hash_name == "sha384" and not all(each.content_digest.startswith("sha384:") for each in batch):
        raise ProtocolError(ReasonCode.SUITE_MISMATCH, "suite cnsa2 takes contents with SHA-384 digests")
    step = 2 * (ID_BYTES + SALT_BYTES)
    drawn = randomness(step // 2 * len(batch)).hex()
    head = {"v": WIRE_VERSION, "realm": trust.realm, "originator": originator}
    heads: dict[tuple[str, Lane, int], tuple[str, str]] = {}
    contents: dict[tuple[str, str, str | None], str] = {}
    bases: dict[tuple[int, Handling], str] = {}
    statements = []
    for at, out in zip(range(0, step * len(batch), step), batch, strict=True):
        place = (out.recipient, out.lane, out.lane_epoch)
        if place not in heads:
            lane = {"mode": mode.value, "lane": out.lane.value, "lane_epoch": out.lane_epoch}
            heads[place] = (_members({**head, "recipient": out.recipient}), _members(lane))
        before, lane_members = heads[place]
        said = (out.content_type, out.content_digest, out.message_id)
        if said not in contents:
            content = {"content_type": out.content_type, "content_digest": out.content_digest}
            if out.message_id is not None:
                content["message_id"] = out.message_id
            contents[said] = _members(content)
        # The basis stays alive as long as the batch, so its address names it.
        rests = (id(out.basis), out.handling)
        if rests not in bases:
            listed = [{"id": each.id, "digest": each.digest} for each in out.basis]
            last = {"handling": out.handling.value, "basis": listed, "trust_version": trust.trust_version}
            bases[rests] = _members(last)
        delivery_id, salt = drawn[at : at + 2 * ID_BYTES], drawn[at + 2 * ID_BYTES : at + step]
        statements.append(
            f'{{{before},"delivery_id":"{delivery_id}",{lane_members},"serial":{out.serial},'
            f'{contents[said]},{bases[rests]},"salt":"{salt}"}}'.encode()
        )
    return statements


def _members(document: Mapping[str, object]) -> str:
    """The members of a JSON object, without its braces."""
    return to_json(document)[1:-1].decode()


def _tree(
    statements: Sequence[bytes], leaves: int, hash_name: str, randomness: Callable[[int], bytes]
) -> tuple[BatchTree, list[int]]:
    """The padded tree and the leaf position of every statement."""
    leaves = max(leaves, len(statements))
    depth = next(depth for depth in BATCH_DEPTHS if leaves <= 1 << depth)
    places, width = 1 << depth, HASH_LENGTHS[hash_name]
    drawn = randomness(places * width)
    hashes = [drawn[at : at + width] for at in range(0, places * width, width)]
    # Sorting the places by fresh random numbers draws a uniform order without a seedable generator.
    order = struct.unpack(f">{places}Q", randomness(places * 8))
    positions = sorted(range(places), key=order.__getitem__)[: len(statements)]
    for statement, position in zip(statements, positions, strict=True):
        hashes[position] = leaf_hash(hash_name, statement)
    return BatchTree(hash_name, hashes), positions


def _split(
    batch: Sequence[Outgoing], framed: Sequence[FramedDelivery], envelope: bytes, depth: int, hash_name: str
) -> Iterator[list[int]]:
    """Indices of each bundle: one recipient and lane, at most 64 deliveries and 512 KiB."""
    groups: dict[tuple[str, Lane], list[int]] = {}
    for index, outgoing in enumerate(batch):
        groups.setdefault((outgoing.recipient, outgoing.lane), []).append(index)
    start = frame_start_length(len(envelope))
    for indices in groups.values():
        members: list[int] = []
        size = start
        for index in indices:
            part = framed[index]
            length = framed_delivery_length(len(part.statement), len(part.content), depth, hash_name)
            if members and (len(members) == MAX_DELIVERIES or size + length > MAX_FRAME_BYTES):
                yield members
                members, size = [], start
            members.append(index)
            size += length
        yield members


def _seal_bundle(
    batch: Sequence[Outgoing],
    framed: Sequence[FramedDelivery],
    members: Sequence[int],
    envelope: bytes,
    mode: Mode,
    originator: str,
    trust: TrustStore,
    sealer: Sealer,
    now: datetime,
    randomness: Callable[[int], bytes],
) -> PreparedBundle:
    recipient, lane = batch[members[0]].recipient, batch[members[0]].lane
    key = trust.current_key(recipient, KeyUse.SEAL, mode, now)
    suite = seal_suite_named(key.suite.value)
    bundle_id = randomness(ID_BYTES)
    header = SealHeader(
        suite=suite.suite_id,
        mode=mode,
        lane=lane,
        realm=bytes.fromhex(trust.realm.removeprefix("sha256:")),
        originator=originator,
        recipient=recipient,
        seal_kid=bytes.fromhex(key.kid),
        bundle_id=bundle_id,
    )
    public_key = SealPublicKey.from_public_bytes(suite.suite_id, public_bytes(key))
    frame = encode_frame(envelope, [framed[index] for index in members])
    return PreparedBundle(
        bundle_id=bundle_id.hex(),
        subject=Subject(originator, mode, lane, recipient).format(),
        recipient=recipient,
        mode=mode,
        lane=lane,
        sealed=sealer(header.encode(), public_key, frame),
        refs=tuple(batch[index].ref for index in members),
    )


def content_digest(content: bytes, suite_name: str) -> str:
    """Digest of content bytes as an originator whose signing suite this is states it."""
    return digest_of(content, sign_suite(suite_name).hash_name)
