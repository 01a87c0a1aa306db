"""Bundles as a malicious gateway, recipient or hub would make them, out of the primitives below prepare().

Everything may be bent: statements, contents, proofs, the root, its signatures, the frame, the seal header,
the key it is sealed for, and the subject it is offered on. ``Bundle.opened_by`` takes an honest bundle apart
the way its recipient can, so that a colluding one can go on from there.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bus.protocol.dsse import Envelope
from bus.protocol.frame import FramedDelivery, encode_frame, read_deliveries, read_root
from bus.protocol.inbound import Outcome, Verdict, admit
from bus.protocol.merkle import HASH_LENGTHS, BatchTree, leaf_hash
from bus.protocol.outbound import Outgoing, PreparedBundle, prepare
from bus.protocol.proof import Proof
from bus.protocol.seal_header import SealHeader, split_sealed
from bus.protocol.sealing import SealPublicKey, open_sealed, seal
from bus.protocol.signing import Signer, sign_envelope
from bus.protocol.suites import seal_suite_named, sign_suite
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import digest_of, public_bytes
from schemas.base import rfc3339
from schemas.header import Mode, Precedence
from schemas.trust import KeyUse
from schemas.wire import ROOT_PAYLOAD_TYPE, Lane, lane_of
from tests.protocol.memory_history import MemoryHistory
from tests.protocol.messages import encoded, message, trust_of
from tests.realm_fixtures import NOW, TestRealm


@dataclass(frozen=True)
class Bundle:
    """Sealed bytes and the subject they are offered on."""

    sealed: bytes
    subject: str

    def admitted_by(
        self,
        realm: TestRealm,
        me: str = "XBB",
        *,
        history: MemoryHistory | None = None,
        trust: TrustStore | None = None,
        now: datetime = NOW,
    ) -> tuple[Verdict, ...]:
        """Admit it as ``me`` and file the verdicts."""
        past = history or MemoryHistory()
        verdicts = admit(
            self.sealed,
            self.subject,
            me=me,
            trust=trust or trust_of(realm),
            keyring=realm.keyring(me),
            history=past,
            now=now,
        )
        past.record(verdicts)
        return verdicts

    def opened_by(self, realm: TestRealm, nation: str) -> tuple[Envelope, tuple[FramedDelivery, ...]]:
        """Root envelope and framed deliveries, as the nation that holds the seal key sees them."""
        header_bytes, rest = split_sealed(self.sealed)
        key = realm.keyring(nation).private_key(SealHeader.decode(header_bytes).seal_kid)
        assert key is not None
        root_bytes, framed = read_root(open_sealed(header_bytes, key, rest))
        envelope = Envelope.decode(root_bytes)
        root = json.loads(envelope.payload)
        return envelope, read_deliveries(framed, root["depth"], root["hash"])


@dataclass
class Part:
    """One delivery of a crafted bundle: what it states, what it carries, and how its proof is bent."""

    statement: dict[str, Any] | bytes
    content: bytes
    bend_proof: Callable[[Proof], Proof] = field(default=lambda proof: proof)

    @property
    def exact(self) -> bytes:
        """The statement's bytes."""
        return self.statement if isinstance(self.statement, bytes) else encoded(self.statement)


def part(
    realm: TestRealm,
    serial: int = 1,
    document: dict[str, Any] | None = None,
    /,
    *,
    originator: str = "XAA",
    recipient: str = "XBB",
    content: bytes | None = None,
    **stated: Any,
) -> Part:
    """An honest part, its statement changed by ``stated`` (None takes a member out)."""
    document = document if document is not None else message(serial, originator=originator)
    exact = content if content is not None else encoded(document)
    trust = trust_of(realm)
    agreements = [{"id": name, "digest": held.digest} for name, held in trust.agreements.items()]
    hash_name = sign_suite(realm.signer(originator).suite).hash_name
    header = document["header"]
    members: dict[str, Any] = {
        "v": 1,
        "realm": realm.id,
        "originator": originator,
        "recipient": recipient,
        "delivery_id": os.urandom(16).hex(),
        "mode": header["mode"],
        "lane": lane_of(Precedence(header["precedence"])).value,
        "lane_epoch": 1,
        "serial": serial,
        "content_type": "message.v1",
        "content_digest": digest_of(exact, hash_name),
        "message_id": header["message_id"],
        "handling": "RELEASE",
        "basis": agreements,
        "trust_version": trust.trust_version,
        "salt": os.urandom(16).hex(),
    }
    members |= stated
    return Part({name: value for name, value in members.items() if value is not None}, exact)


def craft(
    realm: TestRealm,
    parts: Sequence[Part],
    *,
    originator: str = "XAA",
    recipient: str = "XBB",
    mode: Mode = Mode.OPERATION,
    lane: Lane = Lane.NORMAL,
    depth: int = 4,
    signer: Signer | None = None,
    stated_root: dict[str, Any] | None = None,
    payload_type: str = ROOT_PAYLOAD_TYPE,
    bend_envelope: Callable[[Envelope], Envelope | bytes] = lambda envelope: envelope,
    bend_frame: Callable[[bytes], bytes] = lambda frame: frame,
    now: datetime = NOW,
    **sealing: Any,
) -> Bundle:
    """Sign, frame and seal ``parts`` with whatever is bent; ``sealing`` goes to ``reseal``."""
    use = KeyUse.RECEIPT if lane is Lane.CONTROL else KeyUse.MESSAGE
    signer = signer or realm.signer(originator, use, mode)
    hash_name = sign_suite(signer.suite).hash_name
    leaves = [os.urandom(HASH_LENGTHS[hash_name]) for _ in range(1 << depth)]
    places = [(3 * number + 1) % (1 << depth) for number in range(len(parts))]
    for place, crafted in zip(places, parts, strict=True):
        leaves[place] = leaf_hash(hash_name, crafted.exact)
    tree = BatchTree(hash_name, leaves)
    root: dict[str, Any] = {
        "v": 1,
        "realm": realm.id,
        "originator": originator,
        "suite": signer.suite,
        "hash": hash_name,
        "depth": depth,
        "root": tree.root.hex(),
        "signed_at": rfc3339(now),
    }
    root |= stated_root or {}
    bent = bend_envelope(sign_envelope(payload_type, encoded(root), (signer,)))
    framed = [
        FramedDelivery(crafted.exact, crafted.bend_proof(Proof(place, tree.path(place))), crafted.content)
        for place, crafted in zip(places, parts, strict=True)
    ]
    frame = encode_frame(bent if isinstance(bent, bytes) else bent.encode(), framed)
    return reseal(realm, bend_frame(frame), originator, recipient, mode, lane, now=now, **sealing)


def reseal(
    realm: TestRealm,
    frame: bytes,
    originator: str = "XAA",
    recipient: str = "XBB",
    mode: Mode = Mode.OPERATION,
    lane: Lane = Lane.NORMAL,
    *,
    header: dict[str, Any] | None = None,
    seal_for: tuple[str, Mode] | None = None,
    subject: str | None = None,
    now: datetime = NOW,
) -> Bundle:
    """Seal a frame; ``header`` replaces header fields, ``seal_for`` takes another nation's or mode's key."""
    nation, key_mode = seal_for or (recipient, mode)
    key = trust_of(realm).current_key(nation, KeyUse.SEAL, key_mode, now)
    suite = seal_suite_named(key.suite.value)
    honest = SealHeader(
        suite=suite.suite_id,
        mode=mode,
        lane=lane,
        realm=bytes.fromhex(realm.id.removeprefix("sha256:")),
        originator=originator,
        recipient=recipient,
        seal_kid=bytes.fromhex(key.kid),
        bundle_id=os.urandom(16),
    )
    stated = replace(honest, **(header or {}))
    public_key = SealPublicKey.from_public_bytes(suite.suite_id, public_bytes(key))
    return Bundle(seal(stated.encode(), public_key, frame), subject or stated.subject.format())


def alone_among_good_ones(realm: TestRealm, bad: Part) -> Verdict:
    """What becomes of serial 2 between two honest deliveries, which must be admitted all the same."""
    before, verdict, after = craft(realm, [part(realm, 1), bad, part(realm, 3)]).admitted_by(realm)
    assert before.outcome is after.outcome is Outcome.ADMITTED
    assert (verdict.content, verdict.parsed) == (None, None)
    return verdict


def prepared(
    realm: TestRealm,
    batch: Sequence[Outgoing],
    *,
    originator: str = "XAA",
    mode: Mode = Mode.OPERATION,
    trust: TrustStore | None = None,
    now: datetime = NOW,
) -> tuple[PreparedBundle, ...]:
    """What an honest gateway makes of a batch."""
    use = KeyUse.RECEIPT if batch[0].lane is Lane.CONTROL else KeyUse.MESSAGE
    known = trust or trust_of(realm)
    kid = known.current_key(originator, use, mode, now).kid
    return prepare(
        batch,
        mode=mode,
        originator=originator,
        trust=known,
        signer=realm.keys[originator].signer(use, mode, kid),
        sealer=seal,
        now=now,
        randomness=os.urandom,
    )


def sent(bundle: PreparedBundle) -> Bundle:
    """An honest bundle as it travels."""
    return Bundle(bundle.sealed, bundle.subject)
