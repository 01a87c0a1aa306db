"""A recipient that colludes with the hub: a process with one nation's keys and the hub's credentials.

    python -m tests.faults.hostile_hub KEYS_FILE TRUST_DIR REALM NATS_URL HUB_SEED_FILE STOLEN_FILE

It reads the names of acts, one a line, and answers each with a line of JSON. ``steal`` writes every bundle
that the hub holds to STOLEN_FILE, from where later acts (and later runs) replay them.
"""

import asyncio
import base64
import hashlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nats.aio.client import Client

from bus.authority import Realm, RealmKeys
from bus.keystore import NationKeys
from bus.protocol.dsse import Envelope
from bus.protocol.frame import FramedDelivery, encode_frame
from bus.protocol.seal_header import HEADER_LENGTH, SealHeader
from bus.protocol.trust import TrustStore
from bus.trust_bundle import read_bundle
from tests.protocol.crafted_bundles import Bundle, reseal
from tests.protocol.messages import encoded
from tests.realm_fixtures import TestRealm

THIRD = "XCC"


@dataclass
class Colluder:
    """XBB with its keys, and with everything the hub may do."""

    client: Client
    realm: TestRealm
    stolen_file: Path

    async def steal(self) -> list[Bundle]:
        """Read every bundle out of DELIVERY, as only the hub can, and keep it."""
        info = json.loads((await self._ask("$JS.API.STREAM.INFO.DELIVERY", {}))["raw"])
        state = info["state"]
        bundles = []
        for number in range(state["first_seq"], state["last_seq"] + 1):
            found = json.loads((await self._ask("$JS.API.STREAM.MSG.GET.DELIVERY", {"seq": number}))["raw"])
            message = found["message"]
            bundles.append(Bundle(base64.b64decode(message.get("data", "")), message["subject"]))
        lines = [json.dumps([b.subject, base64.b64encode(b.sealed).decode()]) for b in bundles]
        self.stolen_file.write_text("\n".join(lines))
        return bundles

    def stolen(self, subject: str) -> list[Bundle]:
        """What was stolen under a subject, in order."""
        entries = map(json.loads, self.stolen_file.read_text().splitlines())
        return [Bundle(base64.b64decode(sealed), name) for name, sealed in entries if name == subject]

    async def inject(self, bundles: Iterable[Bundle]) -> list[str]:
        """Store bundles in the originators' streams, as only the hub can for others."""
        digests = []
        for bundle in bundles:
            answer = json.loads((await self._ask(bundle.subject, bundle.sealed))["raw"])
            if "error" in answer:
                raise RuntimeError(answer)
            digests.append(hashlib.sha256(bundle.sealed).hexdigest())
        return digests

    async def _ask(self, subject: str, question: dict[str, Any] | bytes) -> dict[str, bytes]:
        payload = question if isinstance(question, bytes) else json.dumps(question).encode()
        return {"raw": (await self.client.request(subject, payload, timeout=10)).data}

    def opened(self) -> tuple[Envelope, tuple[FramedDelivery, ...]]:
        """What XAA sent to XBB, in the clear."""
        return self.stolen("out.XAA.op.normal.XBB")[0].opened_by(self.realm, "XBB")

    def resealed(
        self, change: Callable[[dict[str, Any]], dict[str, Any]] = lambda statement: statement
    ) -> Bundle:
        """XBB's copy sealed for the third nation, its statement changed."""
        envelope, deliveries = self.opened()
        bent = [
            replace(one, statement=encoded(changed))
            if (changed := change(json.loads(one.statement))) != json.loads(one.statement)
            else one
            for one in deliveries
        ]
        frame = encode_frame(envelope.encode(), bent)
        return reseal(self.realm, frame, "XAA", THIRD, now=datetime.now(UTC))

    def relabelled(self, **fields: Any) -> Bundle:
        """XBB's copy of the sealed bytes with another seal header, on the third nation's subject."""
        original = self.stolen("out.XAA.op.normal.XBB")[0].sealed
        header = replace(SealHeader.decode(original[:HEADER_LENGTH]), **fields)
        return Bundle(header.encode() + original[HEADER_LENGTH:], header.subject.format())

    def elsewhere(self, subject: str) -> Bundle:
        """The third nation's own bundle, offered on another subject."""
        return replace(self.stolen("out.XAA.op.normal.XCC")[0], subject=subject)


ACTS: dict[str, Callable[[Colluder], Bundle | list[Bundle]]] = {
    "re-sealed for a third nation": lambda c: c.resealed(),
    "re-sealed, its recipient rewritten": lambda c: c.resealed(lambda s: s | {"recipient": THIRD}),
    "re-sealed, its serial rewritten": lambda c: c.resealed(lambda s: s | {"recipient": THIRD, "serial": 77}),
    "another nation's copy as it is": lambda c: replace(
        c.stolen("out.XAA.op.normal.XBB")[0], subject="out.XAA.op.normal.XCC"
    ),
    "another nation's copy under a new header": lambda c: c.relabelled(recipient=THIRD),
    "its own copy on another lane": lambda c: c.elsewhere("out.XAA.op.urgent.XCC"),
    "its own copy on the control lane": lambda c: c.elsewhere("out.XAA.op.control.XCC"),
    "its own copy in another mode": lambda c: c.elsewhere("out.XAA.ex.normal.XCC"),
    "its own copy from another originator": lambda c: c.elsewhere("out.XBB.op.normal.XCC"),
    "its own copy once more": lambda c: c.elsewhere("out.XAA.op.normal.XCC"),
    "old bundles in reverse, the third one withheld": lambda c: [
        bundle
        for number, bundle in reversed(list(enumerate(c.stolen("out.XAA.op.normal.XCC"))))
        if number != 2
    ],
}


async def main(keys_file: str, trust_dir: str, realm: str, url: str, seed: str, stolen: str) -> None:
    """Carry out the acts that standard input names."""
    keys = NationKeys.load(Path(keys_file))
    trust = TrustStore.open(realm, read_bundle(Path(trust_dir)))
    foreign = RealmKeys.generate("standard", threshold=1, of=1, randomness=os.urandom)
    known = TestRealm(Realm.read(trust), foreign, {}, {keys.nation: keys}, datetime.now(UTC))
    client = Client()
    await client.connect(servers=[url], nkeys_seed_str=Path(seed).read_text(), inbox_prefix="_INBOX_HUB")  # noqa: ASYNC240
    colluder = Colluder(client, known, Path(stolen))
    for line in sys.stdin:
        act = line.strip()
        if act == "steal":
            done: Awaitable[Any] = colluder.steal()
            digests = [hashlib.sha256(bundle.sealed).hexdigest() for bundle in await done]
        else:
            made = ACTS[act](colluder)
            digests = await colluder.inject([made] if isinstance(made, Bundle) else made)
        sys.stdout.write(json.dumps({"act": act, "digests": digests}) + "\n")
        sys.stdout.flush()
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
