"""Trust documents as an attacker would bend them: payloads changed, signed by whoever."""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from bus.authority import issue
from bus.protocol.dsse import Envelope, EnvelopeSignature
from bus.protocol.signing import PrivateSigningKey, sign_envelope
from bus.protocol.trust_documents import digest_of
from schemas.trust import Snapshot, TrustDocument
from tests.realm_fixtures import NOW, TestRealm

Bend = Callable[[dict[str, Any]], object]


def other_key(number: int = 0) -> PrivateSigningKey:
    """A key that nobody in any realm has."""
    return PrivateSigningKey.from_private_bytes("standard", bytes([number + 1]) * 32)


def document_of(envelope: bytes) -> dict[str, Any]:
    """The payload of an envelope as a JSON object."""
    found: dict[str, Any] = json.loads(Envelope.decode(envelope).payload)
    return found


def signed_again(
    envelope: bytes, signers: Sequence[PrivateSigningKey], bend: Bend = lambda document: None
) -> bytes:
    """The document changed by ``bend`` and signed by ``signers`` (same bytes when nothing is changed)."""
    read = Envelope.decode(envelope)
    document = json.loads(read.payload)
    before = json.dumps(document)
    bend(document)
    changed = json.dumps(document) != before
    payload = json.dumps(document, separators=(",", ":")).encode() if changed else read.payload
    return sign_envelope(read.payload_type, payload, signers).encode()


def with_signatures(envelope: bytes, signatures: Iterable[EnvelopeSignature]) -> bytes:
    """The same payload under other signatures."""
    read = Envelope.decode(envelope)
    return Envelope(read.payload, read.payload_type, tuple(signatures)).encode()


def encoded_without_signatures(envelope: bytes) -> bytes:
    """The envelope with an empty list of signatures, which ``Envelope.encode`` would not write."""
    read = Envelope.decode(envelope)
    return json.dumps(
        {
            "payload": base64.b64encode(read.payload).decode(),
            "payloadType": read.payload_type,
            "signatures": [],
        }
    ).encode()


def find(envelopes: Iterable[bytes], type_name: str, **members: object) -> bytes:
    """The envelope of the one document of this type with these members."""
    found = [
        envelope
        for envelope in envelopes
        if (document := document_of(envelope))["type"] == type_name
        and all(document[name] == value for name, value in members.items())
    ]
    assert len(found) == 1, f"{len(found)} documents {type_name} {members}"
    return found[0]


def swap(envelopes: Iterable[bytes], old: bytes, *new: bytes) -> tuple[bytes, ...]:
    """The bundle with one envelope replaced (or taken out)."""
    kept = tuple(envelope for envelope in envelopes if envelope != old)
    assert len(kept) == len(tuple(envelopes)) - 1
    return (*kept, *new)


def relisted(
    realm: TestRealm,
    replaced: dict[str, bytes],
    *,
    version_step: int = 1,
    signer: PrivateSigningKey | None = None,
    bend: Bend = lambda document: None,
) -> tuple[bytes, ...]:
    """The bundle whose next snapshot lists other documents: nation or document id to the new envelope.

    This is what a thief of the snapshot key can do.
    """
    assert realm.realm.snapshot is not None
    snapshot = realm.realm.snapshot.envelope

    def list_them(document: dict[str, Any]) -> None:
        document["version"] += version_step
        for entry in (*document["nations"], *document["documents"]):
            new = replaced.get(entry.get("nation") or entry["id"])
            if new is not None:
                entry["version"] = document_of(new)["version"]
                entry["digest"] = digest_of(Envelope.decode(new).payload)
        bend(document)

    listing = signed_again(snapshot, (signer or realm.authority.snapshot,), list_them)
    return (*swap(realm.envelopes, snapshot, listing), *replaced.values())


def empty_snapshot(realm: TestRealm, version: int, signers: Sequence[PrivateSigningKey]) -> bytes:
    """A snapshot in which nobody is a nation any more."""
    snapshot = Snapshot(
        type="snapshot",
        v=1,
        realm=realm.id,
        version=version,
        root_version=1,
        issued_at=NOW,
        expires_at=NOW + timedelta(days=3650),
        nations=(),
        documents=(),
    )
    return issue(snapshot, signers).envelope


def issued(document: TrustDocument, *signers: PrivateSigningKey) -> bytes:
    """A document signed by these keys."""
    return issue(document, signers).envelope
