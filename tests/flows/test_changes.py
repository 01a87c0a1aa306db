"""Updates, corrections and cancellations of our own messages, across the real broker: who gets what."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bus.store import inbox_changes
from bus.store.inbox import InboxMessage
from bus.store.writer import Transaction
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode as R
from tests.flows.world import ALERT, Gateway, World, draft

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
        alone = (None if status == "CANCELLED" else message_id), (message_id,)
        current, history = alone if chain is None else inbox_changes.chains(tx, [chain])[chain]
        found[message_id] = (status, current, history)
    return found


def references(message: InboxMessage) -> list[dict[str, Any]]:
    return list(json.loads(message.content)["header"]["references"])


async def test_holders_get_the_reference_newcomers_a_first_message_and_the_dropped_a_neutral_word(
    world: World,
) -> None:
    alfa, bravo, charlie = await world.trio()
    first = await alfa.publish("XBB")
    await alfa.states(first, {"XBB": "delivered"})
    world.clock.move(timedelta(minutes=1))
    second = await accept(alfa, update(first, "XBB", "XCC"))
    assert shares(second) == {"XBB": "UPDATE", "XCC": "FRESH"}
    old, new = await bravo.mail(2)
    (fresh,) = await charlie.mail(1)
    assert references(new) == [changing(first)["references"][0]]
    assert json.loads(new.content)["body"]["action"] == "UPDATE"
    assert not references(fresh)
    assert json.loads(fresh.content)["body"]["action"] == "ALERT"
    assert fresh.message_id != new.message_id
    history = (old.message_id, new.message_id)
    assert await bravo.store.read(standing_of) == {
        old.message_id: ("UPDATED", new.message_id, history),
        new.message_id: ("CURRENT", new.message_id, history),
    }
    await alfa.states(second, {"XBB": "delivered", "XCC": "delivered"})
    with pytest.raises(DraftRefused) as caught:
        await accept(alfa, update(second, "XCC", relation="corrects"))
    assert (caught.value.code, caught.value.pointer) == (R.NARROWING_NOT_CONFIRMED, "/confirm_narrowing")
    assert "XBB" in caught.value.explanation
    third = await accept(alfa, narrowing(update(second, "XCC", relation="corrects")))
    assert shares(third) == {"XBB": "CANCELLATION", "XCC": "UPDATE"}
    await charlie.mail(2)
    found = await bravo.store.until(standing_of, lambda found: found[new.message_id][0] == "CANCELLED")
    assert found[old.message_id] == ("UPDATED", None, history)
    assert (await charlie.store.read(standing_of))[fresh.message_id][0] == "CORRECTED"
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_CANCELLED)
    assert (record.partner, record.message_id) == ("XAA", new.message_id)


async def test_only_the_current_message_of_a_chain_is_changed_and_it_is_named(world: World) -> None:
    alfa = await world.gateway("XAA")
    first = await alfa.publish("XBB")
    second = await accept(alfa, update(first, "XBB"))
    with pytest.raises(DraftRefused) as caught:
        await accept(alfa, update(first, "XBB"))
    assert (caught.value.code, caught.value.pointer) == (R.CHANGE_NOT_CURRENT, "/header/references/0")
    assert caught.value.current == (second.publication_id, second.message_id, second.digest)
    both = json.loads(update(second, "XBB"))
    both["header"]["references"] += changing(first)["references"]
    both["body"]["action"] = "ALERT"
    third = await accept(alfa, json.dumps(both).encode())
    assert third.change is not None
    assert third.change.changes == (second.publication_id,)


async def test_a_copy_that_never_left_is_taken_back_and_counts_as_not_held(world: World) -> None:
    """The broker is not asked: nothing is relayed before the update is accepted."""
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    async with relay_resting(alfa):
        first = await alfa.publish("XBB")
        second = await accept(alfa, update(first, "XBB"))
        assert shares(second) == {"XBB": "FRESH"}
    (only,) = await bravo.mail(1)
    assert only.message_id == second.message_id
    await alfa.states(first, {"XBB": "withheld"})


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
