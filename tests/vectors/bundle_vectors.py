"""Vectors of bundles: every step from statements to sealed bytes, and bundles that must be refused."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bus.protocol.dsse import Envelope
from bus.protocol.errors import BundleRefused
from bus.protocol.frame import FramedDelivery, encode_frame, read_deliveries, read_root
from bus.protocol.inbound import Verdict, admit
from bus.protocol.outbound import Outgoing, PreparedBundle, content_digest, prepare
from bus.protocol.proof import Proof
from bus.protocol.release import decide
from bus.protocol.seal_header import HEADER_LENGTH, SealHeader, split_sealed
from bus.protocol.sealing import SealPublicKey, open_sealed
from bus.protocol.signing import sign_envelope
from schemas.base import rfc3339
from schemas.header import Mode, Precedence
from schemas.message import parse_message
from schemas.trust import KeyUse
from schemas.wire import ROOT_PAYLOAD_TYPE, ContentType, Lane, lane_of
from tests.protocol.memory_history import MemoryHistory
from tests.protocol.messages import encoded, message
from tests.vectors.seeded import ReplayedSealer, ReplayedSigner, SeededBytes, StoredDraws
from tests.vectors.trust_vectors import base64_text
from tests.vectors.vector_realm import NOW, VectorRealm

Vector = dict[str, Any]
BATCHES: tuple[tuple[str, str, Mode, Precedence, int], ...] = (
    ("standard, urgent", "XAA", Mode.OPERATION, Precedence.FLASH, 1),
    ("standard, two messages", "XAA", Mode.EXERCISE, Precedence.ROUTINE, 2),
    ("hybrid", "XBB", Mode.OPERATION, Precedence.ROUTINE, 1),
    ("cnsa2", "XCC", Mode.OPERATION, Precedence.PRIORITY, 1),
)


def bundle_vectors(realm: VectorRealm, draws: StoredDraws) -> list[Vector]:
    """One vector per bundle: of messages under every suite to every partner, and of receipts."""
    vectors = []
    for name, originator, mode, precedence, count in BATCHES:
        batch = [
            delivery
            for serial in range(1, count + 1)
            for delivery in _messages(realm, originator, serial, mode, precedence)
        ]
        vectors += _prepared(realm, draws, name, originator, mode, batch)
    shown = _messages(realm, "XAA", 1, Mode.OPERATION, Precedence.ROUTINE, display_only_to="XCC")
    vectors += _prepared(realm, draws, "one may have it, one look at it", "XAA", Mode.OPERATION, shown)
    receipts = _receipts(vectors[0])
    vectors += _prepared(realm, draws, "receipts", "XBB", Mode.OPERATION, [receipts])
    return vectors


def _messages(
    realm: VectorRealm,
    originator: str,
    serial: int,
    mode: Mode,
    precedence: Precedence,
    display_only_to: str | None = None,
) -> list[Outgoing]:
    partners = sorted(set(realm.keys) - {originator})
    shown = [display_only_to] if display_only_to else []
    content = encoded(
        message(
            serial,
            originator=originator,
            release_set=[nation for nation in partners if nation not in shown],
            mode=mode,
            precedence=precedence,
            labelled={"display_only_to": shown, "display_set": shown} if shown else None,
        )
    )
    parsed = parse_message(content)
    suite = realm.sign_key(originator, KeyUse.MESSAGE, mode).suite
    made = []
    for nation in partners:
        decision = decide(
            originator=originator,
            kind=parsed.header.kind,
            mode=mode,
            label=parsed.label,
            nation=nation,
            trust=realm.trust,
            now=NOW,
        )
        assert decision.permit
        made.append(
            Outgoing(
                ref=serial,
                recipient=nation,
                lane=lane_of(precedence),
                lane_epoch=1,
                serial=serial,
                content_type=ContentType.MESSAGE,
                content=content,
                content_digest=content_digest(content, suite),
                message_id=parsed.header.message_id,
                basis=decision.basis,
                handling=decision.handling,
            )
        )
    return made


def _receipts(answered: Vector) -> Outgoing:
    """XBB says that it filed the first message of the first vector."""
    statement = json.loads(answered["deliveries"][0]["statement"])
    receipt = {name: statement[name] for name in ("mode", "lane", "lane_epoch", "serial", "content_digest")}
    receipt |= {"message_id": statement["message_id"], "status": "delivered", "at": rfc3339(NOW)}
    content = encoded({"v": 1, "receipts": [receipt]})
    return Outgoing(
        ref=0,
        recipient="XAA",
        lane=Lane.CONTROL,
        lane_epoch=1,
        serial=1,
        content_type=ContentType.RECEIPTS,
        content=content,
        content_digest=content_digest(content, "hybrid"),
        message_id=None,
        basis=(),
    )


def _prepared(
    realm: VectorRealm, draws: StoredDraws, name: str, originator: str, mode: Mode, batch: Sequence[Outgoing]
) -> list[Vector]:
    use = KeyUse.RECEIPT if batch[0].lane is Lane.CONTROL else KeyUse.MESSAGE
    bundles = prepare(
        batch,
        mode=mode,
        originator=originator,
        trust=realm.trust,
        signer=ReplayedSigner(realm.sign_key(originator, use, mode), draws),
        sealer=ReplayedSealer(draws),
        now=NOW,
        randomness=SeededBytes(f"entente vectors: {name}"),
    )
    return [_vector(realm, f"{name}, to {bundle.recipient}", bundle) for bundle in bundles]


def _vector(realm: VectorRealm, name: str, bundle: PreparedBundle) -> Vector:
    header_bytes, rest = split_sealed(bundle.sealed)
    frame = open_sealed(header_bytes, realm.seal_key(bundle.recipient, bundle.mode), rest)
    root_bytes, framed_rest = read_root(frame)
    payload = Envelope.decode(root_bytes).payload
    root = json.loads(payload)
    framed = read_deliveries(framed_rest, root["depth"], root["hash"])
    return {
        "name": name,
        "subject": bundle.subject,
        "deliveries": [
            {
                "statement": item.statement.decode(),
                "content": item.content.decode(),
                "index": item.proof.index,
                "path": [sibling.hex() for sibling in item.proof.path],
            }
            for item in framed
        ],
        "root_payload": payload.decode(),
        "envelope": root_bytes.decode("ascii"),
        "frame_length": len(frame),
        "frame_sha256": hashlib.sha256(frame).hexdigest(),
        "header": header_bytes.hex(),
        "sealed": base64_text(bundle.sealed),
        "verdicts": verdicts(realm, bundle.sealed, bundle.subject, bundle.recipient),
    }


def verdicts(realm: VectorRealm, sealed: bytes, subject: str, me: str) -> list[str] | str:
    """``OUTCOME`` or ``OUTCOME CODE`` of each delivery, or one for a bundle refused as a whole."""
    try:
        given = admit(
            sealed,
            subject,
            me=me,
            trust=realm.trust,
            keyring=realm.keyring(me),
            history=MemoryHistory(),
            now=NOW,
        )
    except BundleRefused as refused:
        return f"{'HELD' if refused.held else 'REJECTED'} {refused.code.value}"
    return [_said(verdict) for verdict in given]


def _said(verdict: Verdict) -> str:
    return (
        verdict.outcome.value if verdict.reason is None else f"{verdict.outcome.value} {verdict.reason.value}"
    )


# -- refused -------------------------------------------------------------------------------------------


def refused_vectors(realm: VectorRealm, draws: StoredDraws, accepted: Sequence[Vector]) -> list[Vector]:
    """Bundles made from accepted ones that must not be admitted, with what must be said of them."""
    by_name = {vector["name"]: vector for vector in accepted}
    plain, hybrid = by_name["standard, urgent, to XBB"], by_name["hybrid, to XAA"]
    several = by_name["standard, two messages, to XBB"]
    sealer = ReplayedSealer(draws)

    def resealed(
        base: Vector, frame: bytes, mode: Mode = Mode.OPERATION, **header: Any
    ) -> tuple[bytes, str, str]:
        stated = SealHeader.decode(bytes.fromhex(base["header"]))
        stated = replace(stated, **header)
        key = realm.seal_key(stated.recipient, mode)
        stated = replace(stated, suite=key.suite.suite_id, seal_kid=key.kid)
        public_key = SealPublicKey.from_public_bytes(key.suite.suite_id, key.public_bytes)
        return sealer(stated.encode(), public_key, frame), stated.subject.format(), stated.recipient

    def reframed(base: Vector, bend: Callable[[Envelope, list[FramedDelivery]], Envelope]) -> bytes:
        frame = _frame(base)
        root_bytes, rest = read_root(frame)
        root = json.loads(base["root_payload"])
        framed = list(read_deliveries(rest, root["depth"], root["hash"]))
        return encode_frame(bend(Envelope.decode(root_bytes), framed).encode(), framed)

    def keep(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        return envelope

    def change_serial(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        framed[1] = replace(framed[1], statement=framed[1].statement.replace(b'"serial":2', b'"serial":9'))
        return envelope

    def swap_contents(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        one, other = framed[0].content, framed[1].content
        framed[0], framed[1] = replace(framed[0], content=other), replace(framed[1], content=one)
        return envelope

    def other_index(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        proof = framed[0].proof
        framed[0] = replace(framed[0], proof=replace(proof, index=proof.index ^ 1))
        return envelope

    def strip(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        return replace(envelope, signatures=envelope.signatures[:1])

    def swap_signatures(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        return replace(envelope, signatures=envelope.signatures[::-1])

    def claim_hybrid(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        payload = envelope.payload.replace(b'"suite":"standard"', b'"suite":"hybrid"')
        signer = realm.sign_key("XAA", KeyUse.MESSAGE, Mode.OPERATION)
        return sign_envelope(ROOT_PAYLOAD_TYPE, payload, (signer,))

    def foreign(envelope: Envelope, framed: list[FramedDelivery]) -> Envelope:
        signer = ReplayedSigner(realm.sign_key("XCC", KeyUse.MESSAGE, Mode.OPERATION), draws)
        return sign_envelope(ROOT_PAYLOAD_TYPE, envelope.payload, (signer,))

    padded = bytearray(_frame(plain))
    padded[-1] = 1
    sealed = base64.b64decode(plain["sealed"])
    kid_bit = bytearray(sealed)
    kid_bit[47] ^= 0x80
    last_bit = bytearray(sealed)
    last_bit[-1] ^= 1
    drill = Mode.EXERCISE
    cases: list[tuple[str, tuple[bytes, str, str]]] = [
        ("offered on another lane", (sealed, "out.XAA.op.normal.XBB", "XBB")),
        ("one bit of the seal key id flipped", (bytes(kid_bit), plain["subject"], "XBB")),
        ("the last bit flipped", (bytes(last_bit), plain["subject"], "XBB")),
        ("cut within the header", (sealed[: HEADER_LENGTH - 1], plain["subject"], "XBB")),
        ("padding not zero", resealed(plain, bytes(padded))),
        ("resealed for a third nation", resealed(plain, reframed(plain, keep), recipient="XCC")),
        ("serial of one delivery changed", resealed(several, reframed(several, change_serial), drill)),
        ("contents of two deliveries swapped", resealed(several, reframed(several, swap_contents), drill)),
        ("a proof at another index", resealed(several, reframed(several, other_index), drill)),
        ("post-quantum signature stripped", resealed(hybrid, reframed(hybrid, strip))),
        ("the two signatures swapped", resealed(hybrid, reframed(hybrid, swap_signatures))),
        ("another suite claimed than the key's", resealed(plain, reframed(plain, claim_hybrid))),
        ("signed by another nation", resealed(plain, reframed(plain, foreign))),
    ]
    return [
        {
            "name": name,
            "recipient": me,
            "subject": subject,
            "sealed": base64_text(altered),
            "verdicts": verdicts(realm, altered, subject, me),
        }
        for name, (altered, subject, me) in cases
    ]


def _frame(vector: Vector) -> bytes:
    deliveries = [
        FramedDelivery(
            item["statement"].encode(),
            Proof(item["index"], tuple(map(bytes.fromhex, item["path"]))),
            item["content"].encode(),
        )
        for item in vector["deliveries"]
    ]
    return encode_frame(vector["envelope"].encode(), deliveries)
