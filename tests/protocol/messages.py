"""Labels, drafts and messages for protocol tests, as models or as exact bytes that can be bent."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from bus.protocol.outbound import Outgoing, content_digest
from bus.protocol.trust import TrustStore
from schemas.base import rfc3339
from schemas.header import DraftHeader, Kind, Mode, Precedence
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.wire import Basis, ContentType, Lane, lane_of
from tests.realm_fixtures import NOW, TestRealm

SOME_BASIS = (Basis(id="everything", digest="sha256:" + "0" * 64),)


def label(
    release_set: Sequence[str] = ("XBB", "XCC"),
    *,
    policy: str = "NATO",
    classification: str = "NATO RESTRICTED",
    releasable_to: Sequence[str] | None = None,
    **caveats: Any,
) -> ConfidentialityLabel:
    """A complete label; by default releasable_to names what the release set holds."""
    return ConfidentialityLabel(
        policy=policy,
        classification=classification,
        releasable_to=tuple(release_set if releasable_to is None else releasable_to),
        release_set=tuple(sorted(release_set)),
        **caveats,
    )


def draft_label(
    *releasable_to: str, policy: str = "NATO", classification: str = "NATO RESTRICTED", **caveats: Any
) -> DraftLabel:
    """A label as an author writes it."""
    return DraftLabel(policy=policy, classification=classification, releasable_to=releasable_to, **caveats)


def draft_header(
    action: Sequence[str] = (),
    info: Sequence[str] = (),
    *,
    kind: Kind = Kind.THREAT_ALERT,
    mode: Mode = Mode.OPERATION,
    precedence: Precedence = Precedence.ROUTINE,
) -> DraftHeader:
    """A header as an author writes it."""
    return DraftHeader(
        kind=kind,
        precedence=precedence,
        mode=mode,
        exercise_id="NORTHERN WATCH 26" if mode is Mode.EXERCISE else None,
        action_addressees=tuple(action),
        info_addressees=tuple(info),
        subject="Test",
    )


def message_id(number: int) -> str:
    """A UUIDv7 that carries ``number``."""
    return f"01960000-0000-7000-8000-{number:012x}"


def message(
    number: int = 1,
    *,
    originator: str = "XAA",
    release_set: Sequence[str] = ("XBB", "XCC"),
    mode: Mode = Mode.OPERATION,
    precedence: Precedence = Precedence.ROUTINE,
    issued_at: datetime = NOW,
    header: dict[str, Any] | None = None,
    labelled: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A threat alert as a JSON object; ``header``, ``labelled``, ``body`` replace or add members."""
    stated: dict[str, Any] = {
        "kind": "threat_alert",
        "precedence": precedence.value,
        "mode": mode.value,
        "subject": f"Alert {number}",
        "message_id": message_id(number),
        "originator": originator,
        "issued_at": rfc3339(issued_at),
        "expires_at": rfc3339(issued_at + timedelta(days=2)),
    }
    if mode is Mode.EXERCISE:
        stated["exercise_id"] = "NORTHERN WATCH 26"
    return {
        "header": stated | (header or {}),
        "label": {
            "policy": "NATO",
            "classification": "NATO RESTRICTED",
            "releasable_to": list(release_set),
            "release_set": sorted(release_set),
        }
        | (labelled or {}),
        "body": {
            "action": "ALERT",
            "threat_type": "cyber",
            "categories": ["Infra"],
            "urgency": "Immediate",
            "severity": "Severe",
            "certainty": "Likely",
            "texts": [{"language": "en", "event": "Intrusion", "description": "Seen twice."}],
            "affected_nations": ["XBB"],
        }
        | (body or {}),
    }


def encoded(document: object) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


@lru_cache(maxsize=64)
def _opened(realm_id: str, envelopes: tuple[bytes, ...]) -> TrustStore:
    return TrustStore.open(realm_id, envelopes)


def trust_of(realm: TestRealm) -> TrustStore:
    """The realm's trust store, opened once per bundle of documents."""
    return _opened(realm.id, realm.envelopes)


def basis_of(realm: TestRealm, agreement_id: str = "everything") -> tuple[Basis, ...]:
    """The basis that names an agreement in force."""
    trusted = trust_of(realm).agreements[agreement_id]
    return (Basis(id=agreement_id, digest=trusted.digest),)


def outgoing(
    realm: TestRealm,
    recipient: str = "XBB",
    serial: int = 1,
    document: dict[str, Any] | None = None,
    *,
    ref: int = 0,
    originator: str = "XAA",
    epoch: int = 1,
    lane: Lane | None = None,
    content: bytes | None = None,
    content_type: str = ContentType.MESSAGE,
    basis: tuple[Basis, ...] | None = None,
    stated_id: str | None = None,
) -> Outgoing:
    """One delivery of a message (number = serial unless given), or of ``content`` as it is."""
    document = document if document is not None else message(serial, originator=originator)
    is_message = content_type == ContentType.MESSAGE
    exact = content if content is not None else encoded(document)
    stated = document["header"]
    suite = realm.signer(originator).suite
    return Outgoing(
        ref=ref,
        recipient=recipient,
        lane=lane or (lane_of(Precedence(stated["precedence"])) if is_message else Lane.CONTROL),
        lane_epoch=epoch,
        serial=serial,
        content_type=content_type,
        content=exact,
        content_digest=content_digest(exact, suite),
        message_id=(stated_id or stated["message_id"]) if is_message else None,
        basis=basis if basis is not None else (basis_of(realm) if is_message else ()),
    )
