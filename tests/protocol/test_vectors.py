"""The published vectors: what is deterministic regenerates byte for byte, the rest opens and verifies."""

import base64
import hashlib
import json
from typing import Any

import pytest

from bus.protocol.dsse import Envelope
from bus.protocol.merkle import leaf_hash, node_hash
from bus.protocol.seal_header import HEADER_LENGTH
from bus.protocol.sealing import SealPrivateKey, open_sealed
from bus.protocol.signing import PrivateSigningKey, PublicVerifyKey
from bus.protocol.suites import SIGN_SUITES, kid_of, seal_suite_named
from bus.protocol.trust import TrustStore
from tests.vectors.bundle_vectors import verdicts
from tests.vectors.make import BUNDLES, HERE, REFUSED, build, encode, stored, stored_sealed
from tests.vectors.vector_realm import vector_realm

KEYS, TRUST = stored("keys.json"), stored("trust.json")
ACCEPTED, BENT = stored(BUNDLES), stored(REFUSED)
REALM = vector_realm()


def named(vectors: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


def test_the_files_regenerate_byte_for_byte() -> None:
    for name, document in build(stored_sealed()).items():
        assert encode(document) == (HERE / name).read_bytes(), name


def test_without_the_stored_draws_all_but_hpke_and_ml_dsa_is_the_same() -> None:
    """So the stored bytes prove nothing that the code would not say by itself."""
    for old, new in zip(ACCEPTED, build(())[BUNDLES], strict=True):
        changing = {"sealed"}
        if not old["name"].startswith("standard"):
            changing |= {"envelope", "frame_sha256"}
        for name in old.keys() - changing:
            assert new[name] == old[name], f"{old['name']}: {name}"
        assert new["sealed"] != old["sealed"]


def test_the_files_stay_small_enough_to_read() -> None:
    assert sum(path.stat().st_size for path in HERE.glob("*.json")) < 400_000


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row['nation']} {row['use']} {row['modes'][0]}") for row in KEYS["keys"]]
)
def test_every_private_key_gives_its_kid_and_stands_in_its_nations_record(row: dict[str, Any]) -> None:
    private = bytes.fromhex(row["private"])
    if row["use"] == "seal":
        seal_key = SealPrivateKey.from_private_bytes(seal_suite_named(row["suite"]).suite_id, private)
        public, kid = seal_key.public_bytes, seal_key.kid.hex()
    else:
        sign_key = PrivateSigningKey.from_private_bytes(row["suite"], private)
        public, kid = sign_key.public_bytes, sign_key.kid
    assert kid == row["kid"] == hashlib.sha256(row["suite"].encode() + public).digest()[:16].hex()
    assert kid == kid_of(row["suite"], public).hex()
    entry = store().nations[row["nation"]].keys[kid]
    assert base64.b64decode(entry.public_key) == public
    assert [mode.value for mode in entry.modes] == row["modes"]


def store() -> TrustStore:
    return TrustStore.open(TRUST["realm"], [document["envelope"].encode() for document in TRUST["documents"]])


def test_the_trust_documents_open_under_the_pinned_realm() -> None:
    trust = store()
    assert (trust.realm, trust.trust_version) == (TRUST["realm"], TRUST["trust_version"])
    root = Envelope.decode(TRUST["documents"][0]["envelope"].encode())
    assert TRUST["realm"] == "sha256:" + hashlib.sha256(root.payload).hexdigest()
    for document in TRUST["documents"]:
        payload = Envelope.decode(document["envelope"].encode()).payload
        assert document["digest"] == "sha256:" + hashlib.sha256(payload).hexdigest()


@pytest.mark.parametrize("vector", named(ACCEPTED))
def test_an_accepted_bundle_step_by_step(vector: dict[str, Any]) -> None:
    """With the standard library and the primitives only: no admit, no prepare."""
    sealed = base64.b64decode(vector["sealed"])
    header = bytes.fromhex(vector["header"])
    assert sealed[:HEADER_LENGTH] == header
    private = {row["kid"]: row for row in KEYS["keys"]}[header[47:63].hex()]
    key = SealPrivateKey.from_private_bytes(header[6], bytes.fromhex(private["private"]))
    frame = open_sealed(header, key, sealed[HEADER_LENGTH:])
    assert (len(frame), hashlib.sha256(frame).hexdigest()) == (vector["frame_length"], vector["frame_sha256"])
    root_length = int.from_bytes(frame[1:5], "big")
    assert frame[5 : 5 + root_length] == vector["envelope"].encode()
    envelope = json.loads(vector["envelope"])
    payload = base64.b64decode(envelope["payload"])
    assert payload == vector["root_payload"].encode()
    root = json.loads(payload)
    signatures = [base64.b64decode(signature["sig"]) for signature in envelope["signatures"]]
    kid = envelope["signatures"][0]["keyid"]
    entry = store().nations[root["originator"]].keys[kid]
    suite = SIGN_SUITES[entry.suite.value]
    assert (root["suite"], root["hash"]) == (suite.name, suite.hash_name)
    kind = envelope["payloadType"]
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
    PublicVerifyKey.from_public_bytes(suite.name, base64.b64decode(entry.public_key)).verify(
        signed, signatures
    )
    for delivery in vector["deliveries"]:
        node, index = leaf_hash(root["hash"], delivery["statement"].encode()), delivery["index"]
        assert len(delivery["path"]) == root["depth"]
        for sibling in map(bytes.fromhex, delivery["path"]):
            left, right = (sibling, node) if index & 1 else (node, sibling)
            node, index = node_hash(root["hash"], left, right), index >> 1
        assert node.hex() == root["root"]
        digest = hashlib.new(root["hash"], delivery["content"].encode()).hexdigest()
        assert json.loads(delivery["statement"])["content_digest"] == f"{root['hash']}:{digest}"


@pytest.mark.parametrize("vector", named(ACCEPTED))
def test_an_accepted_bundle_is_admitted(vector: dict[str, Any]) -> None:
    sealed = base64.b64decode(vector["sealed"])
    recipient = vector["subject"].rsplit(".", 1)[1]
    assert set(vector["verdicts"]) == {"ADMITTED"}
    assert verdicts(REALM, sealed, vector["subject"], recipient) == vector["verdicts"]


@pytest.mark.parametrize("vector", named(BENT))
def test_a_bent_bundle_is_refused_as_stated(vector: dict[str, Any]) -> None:
    sealed = base64.b64decode(vector["sealed"])
    said = verdicts(REALM, sealed, vector["subject"], vector["recipient"])
    assert said == vector["verdicts"]
    assert said not in (["ADMITTED"], ["ADMITTED"] * 2)


def test_every_suite_and_both_seal_suites_are_among_the_vectors() -> None:
    suites = {json.loads(vector["root_payload"])["suite"] for vector in ACCEPTED}
    assert suites == set(SIGN_SUITES)
    assert {bytes.fromhex(vector["header"])[6] for vector in ACCEPTED} == {1, 2}
