"""Worlds with and without a fuller version, and what a recipient can see of them but for random values."""

import json
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bus.protocol.seal_header import HEADER_LENGTH, SealHeader
from bus.store import deliveries, lease
from bus.store.bundles import StoredBundle, confirm
from bus.store.writer import Store, Transaction
from bus.transport import NatsTransport
from gateways.context import FlowLimits, GatewayContext
from gateways.exchange import Exchange
from gateways.publishing.accepted import Accepted
from gateways.publishing.publish import accept_draft
from gateways.relaying.relay_step import StepOptions, run_step
from gateways.trust_changes import bring_trust
from tests.flows.world import ALERT, Clock, draft
from tests.protocol.crafted_bundles import Bundle
from tests.realm_fixtures import TestRealm

Version = tuple[str, dict[str, Any], dict[str, Any]]
"""Subject, label, body."""


def version(
    subject: str, *releasable_to: str, classification: str = "NATO RESTRICTED", size: int = 100
) -> Version:
    """One version of a draft; ``size``: of its text."""
    label = {"policy": "NATO", "classification": classification, "releasable_to": list(releasable_to)}
    texts = [{"language": "en", "event": "Intrusion", "description": subject[0] * size}]
    return subject, label, {**ALERT, "texts": texts}


def drafted(*versions: Version, header: dict[str, Any] | None = None) -> bytes:
    """A draft of these versions, the fullest first."""
    (subject, label, body), *others = versions
    value = json.loads(draft(label["releasable_to"], header=header, label=label, subject=subject, body=body))
    if others:
        value["tear_lines"] = [
            {"subject": subject, "label": label, "body": body} for subject, label, body in others
        ]
    return json.dumps(value).encode()


@dataclass
class Desk:
    """The originator's gateway, relaying by hand to nowhere, with randomness that comes from a seed."""

    context: GatewayContext
    realm: TestRealm
    clock: Clock

    async def publish(self, raw: bytes) -> Accepted:
        return (await accept_draft(self.context, raw, api_key_id="test")).answer

    async def bring(self, realm: TestRealm) -> None:
        """Put what this realm says now in force."""
        assert await bring_trust(self.context, realm.envelopes, actor="test") is not None

    async def relay(self) -> tuple[StoredBundle, ...]:
        """Every bundle that what waits makes, in the order in which they leave."""
        context = self.context
        found: tuple[StoredBundle, ...] = ()
        while True:
            held = await context.store.write(
                lambda tx: lease.acquire(tx, "test", context.now(), context.limits.lease)
            )
            assert held is not None
            step = await context.store.write(
                lambda tx, held=held: run_step(  # type: ignore[misc]
                    context, tx, held, frozenset(), StepOptions(seal=True, count=False)
                )
            )
            found += step.bundles
            if not step.progressed:
                return found

    async def sent_without_answer(self, bundles: Sequence[StoredBundle]) -> None:
        """The broker confirmed these, no receipt came, and time passed."""
        seqs = [bundle.bundle_seq for bundle in bundles]

        def job(tx: Transaction) -> None:
            confirm(tx, seqs, len(seqs))
            deliveries.mark_sent(tx, seqs, self.context.now(), self.context.limits.resend)

        await self.context.store.write(job)
        self.clock.move(self.context.limits.resend.first)


@asynccontextmanager
async def desk(path: Path, realm: TestRealm, limits: FlowLimits | None = None) -> AsyncIterator[Desk]:
    """A desk of XAA on a new store."""
    clock = Clock()
    store = Store.open(path, "XAA", realm.id, now=clock)
    exchange = await Exchange.open(
        store=store,
        keys=realm.keys["XAA"],
        transport=NatsTransport(["nats://127.0.0.1:1"], "XAA", realm.keys["XAA"].nkey_seed),
        envelopes=realm.envelopes,
        now=clock,
        randomness=random.Random(7).randbytes,
        limits=limits,
    )
    yield Desk(exchange.context, realm, clock)
    await store.close()


_RANDOM = re.compile(
    rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|sha256:[0-9a-f]{64}|(?<=\")[0-9a-f]{32}(?=\")"
)


def without_random(text: bytes) -> bytes:
    """JSON with its ids, digests and salts made the same; their lengths and everything else stay."""
    return _RANDOM.sub(lambda found: b"?" * len(found[0]), text)


@dataclass(frozen=True)
class Sight:
    """What one recipient can see of one bundle, but for random values."""

    subject: str
    octets: int
    header: tuple[object, ...]
    root: dict[str, Any]
    signatures: int
    deliveries: tuple[tuple[bytes, int, bytes], ...]
    """Statement, length of its path, content."""


def seen_by(nation: str, bundles: Sequence[StoredBundle], realm: TestRealm) -> list[Sight]:
    """Everything that this nation can see of its bundles in the message lanes."""
    sights = []
    for bundle in bundles:
        if not bundle.subject.endswith(nation) or ".control." in bundle.subject:
            continue
        envelope, framed = Bundle(bundle.sealed, bundle.subject).opened_by(realm, nation)
        header = SealHeader.decode(bundle.sealed[:HEADER_LENGTH])
        root = json.loads(envelope.payload)
        root["root"] = len(root["root"])
        deliveries = tuple(
            (without_random(each.statement), len(each.proof.path), without_random(each.content))
            for each in framed
        )
        place = (header.suite, header.mode, header.lane, header.originator, header.recipient, header.seal_kid)
        sights.append(
            Sight(bundle.subject, len(bundle.sealed), place, root, len(envelope.signatures), deliveries)
        )
    return sights


def roots_of(nation: str, bundles: Sequence[StoredBundle], realm: TestRealm) -> dict[str, str]:
    """The root that each message to this nation was signed under, by message id."""
    found = {}
    for bundle in bundles:
        if bundle.subject.endswith(nation):
            envelope, framed = Bundle(bundle.sealed, bundle.subject).opened_by(realm, nation)
            for each in framed:
                found[json.loads(each.statement)["message_id"]] = json.loads(envelope.payload)["root"]
    return found
