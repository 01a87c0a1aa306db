"""A malicious originator's gateway: a process of its own with one nation's real keys and broker credentials.

    python -m tests.faults.hostile_gateway NATION KEYS_FILE TRUST_DIR REALM NATS_URL TARGET

It reads the names of acts, one a line, carries each out through the broker, and answers each with a line
``{"act": ..., "digest": <SHA-256 of the sealed bytes>}``. What it wants to smuggle in holds CANARY.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bus.authority import Realm, RealmKeys
from bus.keystore import NationKeys
from bus.ports import OutboundBundle
from bus.protocol.dsse import Envelope
from bus.protocol.seal_header import HEADER_LENGTH
from bus.protocol.signing import PrivateSigningKey
from bus.protocol.trust import TrustStore
from bus.transport import NatsTransport
from bus.trust_bundle import read_bundle
from schemas.header import Mode
from schemas.trust import KeyUse
from tests.protocol.crafted_bundles import Bundle, Part, craft, part
from tests.protocol.messages import encoded, message
from tests.realm_fixtures import TestRealm

CANARY = "CANARY-OF-A-MALICIOUS-ORIGINATOR"
PROBE = 2**53
"""No stream ends here; expecting it makes the broker say where ours does end."""
JUNK = 10_040
BULK = 90
"""Junk bundles of half a mebibyte."""


class Hostile:
    """One nation's credentials, and what can be made of them."""

    def __init__(self, nation: str, keys: NationKeys, trust: TrustStore, target: str) -> None:
        self.nation = nation
        self.target = target
        self.trust = trust
        # The realm's own keys are not there: these are drawn here and fit nothing.
        foreign = RealmKeys.generate("standard", threshold=1, of=1, randomness=os.urandom)
        self.realm = TestRealm(Realm.read(trust), foreign, {}, {nation: keys}, datetime.now(UTC))
        # Its honest gateway may have used the first ones.
        self._serial = 100
        self.admitted_serial = 0

    def text(self, number: int, **changes: Any) -> dict[str, Any]:
        """A threat alert with the canary in its title and text."""
        made = message(
            number, originator=self.nation, release_set=(self.target,), issued_at=datetime.now(UTC), **changes
        )
        made["header"]["subject"] = f"{CANARY} {number}"
        made["body"]["texts"][0]["description"] = CANARY
        return made

    def part(self, document: dict[str, Any] | None = None, **stated: Any) -> Part:
        """A delivery under the next serial, honest but for what is stated otherwise."""
        self._serial += 1
        given = document or self.text(self._serial)
        agreement = self.trust.agreements["alerts"]
        stated = {"basis": [{"id": "alerts", "digest": agreement.digest}], **stated}
        return part(
            self.realm, self._serial, given, originator=self.nation, **{"recipient": self.target, **stated}
        )

    def bundle(self, *parts: Part, **bent: Any) -> Bundle:
        bent = {"recipient": self.target, **bent}
        return craft(
            self.realm,
            parts or (self.part(),),
            originator=self.nation,
            now=datetime.now(UTC),
            **bent,
        )

    def saying(self, **changes: Any) -> Bundle:
        """A well-made bundle with a message that may not be sent."""
        return self.bundle(self.part(self.text(self._serial + 1, **changes)))


def _unsigned(envelope: Envelope) -> bytes:
    return encoded(json.loads(envelope.encode()) | {"signatures": []})


def _under_the_key_of(hostile: Hostile, nation: str) -> Bundle:
    """Signed with our key, saying it was another nation's."""
    kid = hostile.trust.current_key(nation, KeyUse.MESSAGE, Mode.OPERATION, datetime.now(UTC)).kid

    def claim(envelope: Envelope) -> Envelope:
        return replace(envelope, signatures=(replace(envelope.signatures[0], keyid=kid),))

    return hostile.bundle(bend_envelope=claim)


def _twice(hostile: Hostile, **stated: Any) -> Bundle:
    """The same serial, or the same message id, with another content than the alert that was admitted."""
    again = hostile.text(hostile._serial + 1)
    if "message_id" in stated:
        again["header"]["message_id"] = stated["message_id"]
    return hostile.bundle(hostile.part(again, **stated))


def _admitted(hostile: Hostile) -> Bundle:
    """What may be sent, so that there is something to contradict later."""
    document = message(1, originator=hostile.nation, release_set=(hostile.target,), issued_at=_now())
    document["header"]["subject"] = "allowed"
    bundle = hostile.bundle(hostile.part(document))
    hostile.admitted_serial = hostile._serial
    return bundle


def _now() -> datetime:
    return datetime.now(UTC)


def _longer(frame: bytes) -> bytes:
    return frame + bytes(700_000)


def _junk(hostile: Hostile, size: int) -> Bundle:
    """A good header with a seal key that nobody has, and noise."""
    honest = hostile.bundle(header={"seal_kid": os.urandom(16)})
    return replace(honest, sealed=honest.sealed[:HEADER_LENGTH] + os.urandom(size))


def _junk_by_the_thousand(hostile: Hostile) -> Sequence[Bundle]:
    one = _junk(hostile, 60)
    return [replace(one, sealed=one.sealed[:HEADER_LENGTH] + os.urandom(60)) for _ in range(JUNK)]


def _garbage(hostile: Hostile, size: int) -> Bundle:
    return Bundle(os.urandom(size), f"out.{hostile.nation}.op.normal.{hostile.target}")


def _jump(hostile: Hostile) -> Bundle:
    hostile._serial += 5_000
    document = message(2, originator=hostile.nation, release_set=(hostile.target,), issued_at=_now())
    document["header"]["subject"] = "allowed"
    return hostile.bundle(hostile.part(document))


ACTS: dict[str, Callable[[Hostile], Bundle | Sequence[Bundle]]] = {
    "admitted": _admitted,
    "unsigned": lambda h: h.bundle(bend_envelope=_unsigned),
    "signed with a key of its own making": lambda h: h.bundle(
        signer=PrivateSigningKey.from_private_bytes("standard", os.urandom(32))
    ),
    "signed with its receipt key": lambda h: h.bundle(
        signer=h.realm.keys[h.nation].signer(KeyUse.RECEIPT, Mode.OPERATION)
    ),
    "signed under another nation's key id": lambda h: _under_the_key_of(h, "XAA"),
    "in another nation's name": lambda h: h.bundle(header={"originator": "XAA"}, subject=_own_subject(h)),
    "for another realm": lambda h: h.bundle(header={"realm": os.urandom(32)}),
    "stating another realm": lambda h: h.bundle(h.part(realm="sha256:" + "1" * 64)),
    "meant for another recipient": lambda h: h.bundle(h.part(recipient="XAA")),
    "of another mode": lambda h: h.bundle(h.part(mode="TEST")),
    "of another lane": lambda h: h.bundle(h.part(lane="urgent")),
    "another content than its digest": lambda h: h.bundle(h.part(content_digest="sha256:" + "2" * 64)),
    "a message of XAA passed off as its own delivery": lambda h: h.saying(header={"originator": "XAA"}),
    "released to others only": lambda h: h.saying(
        labelled={"releasable_to": ["XAA"], "release_set": ["XAA"]}
    ),
    "a classification that no agreement covers": lambda h: h.saying(
        labelled={"classification": "NATO SECRET"}
    ),
    "a mode that no agreement covers": lambda h: h.bundle(
        h.part(h.text(h._serial + 1, mode=Mode.TEST)), mode=Mode.TEST
    ),
    "on an agreement that it is no party to": lambda h: h.bundle(
        h.part(basis=[{"id": "everything", "digest": h.trust.agreements["everything"].digest}])
    ),
    "display only": lambda h: h.bundle(h.part(handling="DISPLAY_ONLY")),
    "with a restrictive category": lambda h: h.saying(labelled={"restrictive": ["CRYPTO"]}),
    "issued tomorrow": lambda h: h.saying(
        header={
            "issued_at": (_now() + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
            "expires_at": None,
        }
    ),
    "under a trust version to come": lambda h: h.bundle(h.part(trust_version=99)),
    "sealed under an unknown key": lambda h: _junk(h, 5000),
    "a serial used before": lambda h: _twice(h, serial=h.admitted_serial),
    "a message id used before": lambda h: _twice(h, message_id=message(1)["header"]["message_id"]),
    "oversized": lambda h: h.bundle(bend_frame=_longer),
    "garbage": lambda h: _garbage(h, 3000),
    "nothing at all": lambda h: Bundle(b"", _own_subject(h)),
    "a serial far ahead": _jump,
    "very many junk bundles": lambda h: _junk_by_the_thousand(h),
    "very large junk bundles": lambda h: [_garbage(h, 2**19) for _ in range(BULK)],
}


def _own_subject(hostile: Hostile) -> str:
    return f"out.{hostile.nation}.op.normal.{hostile.target}"


async def publish(transport: NatsTransport, bundles: Sequence[Bundle]) -> None:
    """Put bundles on the broker behind whatever stands there."""
    items = [OutboundBundle(bundle.subject, bundle.sealed) for bundle in bundles]
    last = PROBE
    while items:
        result = await transport.publisher.publish_window(items, last)
        items = items[result.stored :]
        last = result.actual_last if result.actual_last is not None else result.last_sequence
        if result.error is not None:
            raise result.error


async def main(nation: str, keys_file: str, trust_dir: str, realm: str, url: str, target: str) -> None:
    """Carry out the acts that standard input names."""
    keys = NationKeys.load(Path(keys_file))
    trust = TrustStore.open(realm, read_bundle(Path(trust_dir)))
    hostile = Hostile(nation, keys, trust, target)
    async with NatsTransport([url], nation, keys.nkey_seed) as transport:
        await transport.wait_connected(20)
        for line in sys.stdin:
            act = line.strip()
            made = ACTS[act](hostile)
            bundles = [made] if isinstance(made, Bundle) else made
            await publish(transport, bundles)
            digest = hashlib.sha256(bundles[0].sealed).hexdigest()
            sys.stdout.write(json.dumps({"act": act, "digest": digest}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
