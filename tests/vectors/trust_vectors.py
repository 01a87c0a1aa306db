"""Vectors of keys, trust documents, and the release decisions that follow from them."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bus.protocol.dsse import Envelope
from bus.protocol.release import decide
from bus.protocol.suites import SEAL_SUITES, SIGN_SUITES
from bus.protocol.trust_documents import digest_of
from schemas.base import rfc3339
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel
from tests.vectors.vector_realm import NOW, VectorRealm


def base64_text(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def key_vectors(realm: VectorRealm) -> dict[str, Any]:
    """Every private key with its public key and kid, and the sizes of every suite."""
    rows: list[dict[str, Any]] = []
    for nation, keys in realm.keys.items():
        rows += [
            {
                "nation": nation,
                "use": pair.use.value,
                "modes": [mode.value for mode in pair.modes],
                "suite": pair.key.suite,
                "private": pair.key.private_bytes().hex(),
                "kid": pair.key.kid,
            }
            for pair in keys.signing
        ]
        rows += [
            {
                "nation": nation,
                "use": "seal",
                "modes": [mode.value for mode in pair.modes],
                "suite": pair.key.suite.name,
                "private": pair.key.private_bytes().hex(),
                "kid": pair.key.kid.hex(),
            }
            for pair in keys.seal
        ]
    return {
        "about": "Published test keys, of no other use. private is hex; public keys stand in the records.",
        "sign_suites": {
            suite.name: {
                "hash": suite.hash_name,
                "private_length": suite.private_length,
                "public_length": suite.public_length,
                "signature_lengths": [component.signature_length for component in suite.components],
            }
            for suite in SIGN_SUITES.values()
        },
        "seal_suites": {
            suite.name: {
                "number": suite.suite_id,
                "private_length": suite.private_length,
                "public_length": suite.public_length,
                "enc_length": suite.enc_length,
            }
            for suite in SEAL_SUITES.values()
        },
        "keys": rows,
    }


def trust_vectors(realm: VectorRealm) -> dict[str, Any]:
    """The public bundle, what each document is, and decisions under it."""
    trust = realm.trust
    documents = []
    for envelope in realm.realm.envelopes:
        read = Envelope.decode(envelope)
        documents.append(
            {
                "type": json.loads(read.payload)["type"],
                "digest": digest_of(read.payload),
                "envelope": envelope.decode("ascii"),
            }
        )
    return {
        "realm": realm.realm.id,
        "trust_version": trust.trust_version,
        "expires_at": rfc3339(trust.expires_at),
        "documents": documents,
        "decisions": [_decision(realm, **question) for question in QUESTIONS],
    }


QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"nation": "XCC"},
    {"nation": "XAA"},
    {"nation": "XZZ", "release_set": ["XZZ"]},
    {"release_set": []},
    {"release_set": ["XCC"]},
    {"kind": Kind.EXERCISE_NOTICE},
    {"mode": Mode.TEST},
    {"classification": "NATO SECRET"},
    {"classification": "NATO ULTRA"},
    {"policy": "SWE", "classification": "KONFIDENTIELL"},
    {"policy": "SWE", "classification": "HEMLIG"},
    {"now": NOW + timedelta(days=365)},
    {"originator_controlled": True},
    {"restrictive": ["CRYPTO"]},
    {"restrictive": ["CRYPTO", "ATOMAL"]},
    {"release_set": ["XCC"], "display_set": ["XBB"]},
    {"release_set": [], "display_set": ["XBB"]},
    {"display_set": ["XBB"]},
)


def _decision(
    realm: VectorRealm,
    *,
    nation: str = "XBB",
    kind: Kind = Kind.THREAT_ALERT,
    mode: Mode = Mode.OPERATION,
    policy: str = "NATO",
    classification: str = "NATO RESTRICTED",
    release_set: list[str] | None = None,
    display_set: Sequence[str] = (),
    restrictive: Sequence[str] = (),
    originator_controlled: bool = False,
    now: datetime = NOW,
) -> dict[str, Any]:
    released = ["XBB", "XCC"] if release_set is None else release_set
    label = ConfidentialityLabel(
        policy=policy,
        classification=classification,
        releasable_to=tuple(released),
        display_only_to=tuple(display_set),
        restrictive=tuple(restrictive),
        release_set=tuple(released),
        display_set=tuple(display_set),
        originator_controlled=originator_controlled,
    )
    decision = decide(
        originator="XAA", kind=kind, mode=mode, label=label, nation=nation, trust=realm.trust, now=now
    )
    return {
        "originator": "XAA",
        "nation": nation,
        "kind": kind.value,
        "mode": mode.value,
        "label": json.loads(label.encode()),
        "now": rfc3339(now),
        "permit": decision.permit,
        "code": decision.code.value,
        "handling": decision.handling.value if decision.permit else None,
        "basis": [{"id": basis.id, "digest": basis.digest} for basis in decision.basis],
    }
