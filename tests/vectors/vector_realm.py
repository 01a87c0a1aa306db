"""The realm behind the vectors: three nations, each signing by another suite, founded from the seed alone.

The private keys are published with the vectors: never use them for anything else.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bus.authority import Issued, Realm, RealmDocument, RealmKeys, authority_key, new_signing_key
from bus.keystore import NationKeys
from bus.known.documents import equivalence_document, policy_document
from bus.nation_office import agreement_act, first_record, new_nation_keys
from bus.protocol.dsse import Envelope
from bus.protocol.sealing import SealKeyring, SealPrivateKey
from bus.protocol.signing import PrivateSigningKey
from bus.protocol.trust import TrustStore
from schemas.agreement import ActKind, Agreement, AgreementAct, Ceiling
from schemas.classification import EquivalentLevel, Level
from schemas.community import Community, Membership
from schemas.header import Kind, Mode
from schemas.trust import KeyUse, SealSuite, SignSuite
from tests.vectors.seeded import ReplayedSigner, SeededBytes, StoredDraws

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SUITES = {
    "XAA": (SignSuite.STANDARD, SealSuite.SEAL_1),
    "XBB": (SignSuite.HYBRID, SealSuite.SEAL_1),
    "XCC": (SignSuite.CNSA2, SealSuite.SEAL_2),
}
MODE_SETS = ((Mode.OPERATION,), (Mode.EXERCISE, Mode.TEST))

NATO = {
    0: "NATO UNCLASSIFIED",
    1: "NATO RESTRICTED",
    2: "NATO CONFIDENTIAL",
    3: "NATO SECRET",
    4: "COSMIC TOP SECRET",
}
SWE = {1: "BEGRÄNSAT HEMLIG", 2: "KONFIDENTIELL", 3: "HEMLIG", 4: "KVALIFICERAT HEMLIG"}


@dataclass(frozen=True)
class VectorRealm:
    """The realm in force and every private key."""

    realm: Realm
    keys: dict[str, NationKeys]

    @property
    def trust(self) -> TrustStore:
        """Opened on the published documents."""
        return TrustStore.open(self.realm.id, self.realm.envelopes)

    def sign_key(self, nation: str, use: KeyUse, mode: Mode) -> PrivateSigningKey:
        """A nation's key for a use and mode."""
        return next(pair.key for pair in self.keys[nation].signing if pair.use is use and mode in pair.modes)

    def seal_key(self, nation: str, mode: Mode) -> SealPrivateKey:
        """A nation's private seal key for a mode."""
        return next(pair.key for pair in self.keys[nation].seal if mode in pair.modes)

    def keyring(self, nation: str) -> SealKeyring:
        """A nation's private seal keys."""
        return self.keys[nation].keyring


def vector_realm() -> VectorRealm:
    """Found it; the same every time."""
    draw = SeededBytes("entente vectors: realm")
    authority = RealmKeys.generate("standard", threshold=2, of=3, randomness=draw)
    roots = {nation: new_signing_key("standard", draw) for nation in SUITES}
    realm = Realm.found(
        "Vector realm", {nation: authority_key(key) for nation, key in roots.items()}, authority, now=NOW
    )
    keys = {}
    for nation, (sign_suite, seal_suite) in SUITES.items():
        keys[nation] = new_nation_keys(
            nation,
            realm.id,
            randomness=draw,
            sign_suite=sign_suite,
            seal_suite=seal_suite,
            mode_sets=MODE_SETS,
        )
        record = first_record(keys[nation], roots[nation], display_name=f"Nation {nation}", now=NOW)
        realm = realm.with_record(record)
    begin, end = NOW - timedelta(days=1), NOW + timedelta(days=365)
    documents: list[RealmDocument] = [
        policy_document(realm.id, "NATO", _levels(NATO), source="Vectors."),
        policy_document(realm.id, "SWE", _levels(SWE), source="Vectors."),
        equivalence_document(
            realm.id,
            "SWE",
            "NATO",
            [EquivalentLevel(classification=own, equivalent=NATO[rank]) for rank, own in SWE.items()],
            rests_on="Vectors",
            source="Vectors.",
            not_before=begin,
            not_after=end,
        ),
        Community(
            type="community",
            v=1,
            realm=realm.id,
            id="NORDIC",
            version=1,
            title="Two of three",
            source="Vectors.",
            members=(Membership(nation="XAA"), Membership(nation="XBB")),
        ),
        Agreement(
            type="agreement",
            v=1,
            realm=realm.id,
            id="alerts-and-requests",
            version=1,
            title="Alerts and requests among three",
            parties=("XAA", "XBB", "XCC"),
            kinds=(Kind.THREAT_ALERT, Kind.INFORMATION_REQUEST),
            modes=(Mode.OPERATION, Mode.EXERCISE),
            highest=(Ceiling(policy="NATO", classification="NATO CONFIDENTIAL"),),
            categories=("CRYPTO",),
            not_before=begin,
            not_after=end,
        ),
    ]
    for document in documents:
        realm = realm.with_document(document, authority)
    realm = replace(realm, acts=_countersignatures(realm, keys))
    return VectorRealm(realm.snapshotted(authority.snapshot, now=NOW), keys)


def _levels(texts: dict[int, str]) -> tuple[Level, ...]:
    return tuple(Level(classification=text, rank=rank) for rank, text in texts.items())


def _countersignatures(realm: Realm, keys: dict[str, NationKeys]) -> tuple[Issued[AgreementAct], ...]:
    """Every party's on every agreement; ML-DSA signatures are taken over from the file that is there."""
    draws = StoredDraws((), {})
    file = Path(__file__).with_name("trust.json")
    for stored in json.loads(file.read_bytes())["documents"] if file.exists() else ():
        envelope = Envelope.decode(stored["envelope"].encode())
        made = tuple(signature.sig for signature in envelope.signatures)
        draws.signatures.setdefault((envelope.keyids[0], envelope.signed_bytes), []).append(made)
    acts = []
    for issued in realm.documents.values():
        if not isinstance(issued.document, Agreement):
            continue
        for nation in issued.document.parties:
            key = next(
                pair.key
                for pair in keys[nation].signing
                if pair.use is KeyUse.MESSAGE and Mode.OPERATION in pair.modes
            )
            signer = ReplayedSigner(key, draws)
            act = ActKind.COUNTERSIGN
            acts.append(agreement_act(issued.document, issued.digest, nation, act, signer, number=1, now=NOW))
    return tuple(acts)
