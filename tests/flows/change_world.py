"""Drafts that change messages of ours, acts on them, and what an inbox says of a chain."""

import json
from typing import Any

from bus.store import deliveries, inbox_changes, publications
from bus.store.inbox import InboxMessage
from bus.store.writer import Transaction
from gateways.changing import cancel as cancelling
from gateways.changing.cancel import WantedCancellation
from gateways.publishing.accepted import Accepted
from gateways.releasing.second_person import take_word
from schemas.cancellation import Cancellation, CancellationReason
from schemas.control import Control
from schemas.trust import KeyUse
from schemas.wire import ContentType, Lane
from tests.flows.backfill_world import joining as joining
from tests.flows.second_persons import anybody, word
from tests.flows.world import ALERT, Gateway, draft


async def cancel(gateway: Gateway, accepted: Accepted) -> None:
    wanted = WantedCancellation(
        accepted.publication_id, CancellationReason.UNSPECIFIED, "test", lambda _kind, _mode: True
    )
    await cancelling.cancel(gateway.exchange.context, wanted)


async def status(gateway: Gateway, accepted: Accepted) -> str:
    detail = await gateway.store.read(lambda tx: publications.get(tx, accepted.publication_id))
    assert detail is not None
    return detail.publication.standing.status.value


async def confirm(gateway: Gateway, accepted: Accepted) -> None:
    """A second person's word."""
    said = await gateway.store.read(lambda tx: word(accepted, tx))
    await take_word(gateway.exchange.context, said, anybody)


Standing = tuple[str, str | None, tuple[str, ...]]


def changing(of: Accepted, relation: str = "updates", version: int = 0) -> dict[str, Any]:
    """A header that changes one message of a publication."""
    message = of.messages[version]
    reference = {
        "message_id": message.message_id,
        "originator": "XAA",
        "digest": message.digest,
        "relation": relation,
    }
    return {"references": [reference]}


def update(of: Accepted, *nations: str, relation: str = "updates", **options: Any) -> bytes:
    action = {"cancels": "CANCEL"}.get(relation, "UPDATE")
    body = {**ALERT, "action": action}
    made = json.loads(draft(nations, header=changing(of, relation), body=body, **options))
    return json.dumps(made).encode()


def narrowing(raw: bytes) -> bytes:
    return json.dumps({**json.loads(raw), "confirm_narrowing": True}).encode()


def shares(accepted: Accepted) -> dict[str, str]:
    assert accepted.change is not None
    return {share.nation: share.gets.value for share in accepted.change.shares}


async def accept(gateway: Gateway, raw: bytes) -> Accepted:
    return await gateway.exchange.accept(raw, api_key_id="test")


def standing_of(tx: Transaction) -> dict[str, Standing]:
    """Status, current message and history of everything in an inbox, by message id."""
    found = {}
    for message_id, status, chain in tx.execute("SELECT message_id, status, chain FROM inbox").fetchall():
        alone = (None if status in ("CANCELLED", "RECALLED") else message_id), (message_id,)
        current, history = alone if chain is None else inbox_changes.chains(tx, [chain])[chain]
        found[message_id] = (status, current, history)
    return found


def heard(tx: Transaction) -> int:
    """How many cancellations came."""
    return int(tx.execute("SELECT count(*) FROM cancellation").fetchone()[0])


def references(message: InboxMessage) -> list[dict[str, Any]]:
    return list(json.loads(message.content)["header"]["references"])


def relay_resting(gateway: Gateway) -> Any:
    """While it is entered, this gateway's relay seals nothing."""
    return _Paused(gateway)


class _Paused:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def __aenter__(self) -> None:
        await self.gateway.exchange.relay.stop()

    async def __aexit__(self, *_: object) -> None:
        self.gateway.exchange.relay.start()


async def say(gateway: Gateway, nation: str, message: InboxMessage, **changes: Any) -> None:
    """A cancellation of this message, put together by hand and sent by the gateway's own relay."""
    context, now = gateway.exchange.context, gateway.world.clock()
    fields: dict[str, Any] = {
        "message_id": message.message_id,
        "digest": message.digest,
        "mode": message.mode,
        "at": now,
    }
    said = Cancellation(type="cancellation", **fields | changes)

    def job(tx: Transaction) -> None:
        content = Control(v=1, control=said).encode()
        digest = context.digest(content, KeyUse.RECEIPT, said.mode, now)
        content_id = deliveries.add_content(tx, ContentType.CONTROL, content, digest)
        deliveries.enqueue(tx, content_id, [nation], mode=said.mode, lane=Lane.CONTROL)

    await gateway.job(job)
