"""Lives of messages on a real broker: the same chronicle, and the same that must hold in the end.

Three gateways publish, change, cancel, recall, read and acknowledge by chance (seeded), while gateways
stop in the middle of everything and start again, and the broker is killed.
"""

import random
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from bus.store import receipts
from bus.store.inbox import InboxMessage
from bus.store.writer import Transaction
from gateways.changing.cancel import cancel
from gateways.context import GatewayContext
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import recall
from gateways.receipts.owing import note_read
from schemas.reasons import ReasonCode
from tests.faults.small_world import SmallStore
from tests.flows.world import Gateway, World, acknowledgement, draft
from tests.lifecycle import settled as must
from tests.lifecycle.life_world import Chain, Chronicle, Version
from tests.lifecycle.lives import OBJECTIVE, change_of, wanted_cancellation, wanted_recall
from tests.lifecycle.looks import alerts

SEED = 20261122
DEEDS = 150


class Script:
    """What is done by chance, and the chronicle of it."""

    def __init__(self, world: World, gateways: Sequence[Gateway]) -> None:
        self.world = world
        self.gateways = {gateway.nation: gateway for gateway in gateways}
        self.chance = random.Random(SEED)
        self.told = Chronicle()
        self.titles = 0

    async def play(self) -> None:
        """Every deed, each of which happens some of the time."""
        deeds: list[tuple[int, Callable[[], Coroutine[Any, Any, None]]]] = [
            *((12, self.publish), (10, self.change), (14, self.acknowledge), (10, self.read)),
            *((2, self.cancel), (3, self.recall), (3, self.restart), (1, self.kill_the_broker)),
        ]
        weights = [weight for weight, _ in deeds]
        for _, deed in self.chance.choices(deeds, weights, k=DEEDS):
            await deed()
        await self.kill_the_broker()

    # -- what happens --------------------------------------------------------------------------------------

    async def publish(self) -> None:
        gateway, title = self._anybody(), self._title()
        audience = self._audience(gateway.nation)
        self.told.begin(await self._published(gateway, title, audience, draft(audience, subject=title)))

    async def change(self) -> None:
        if (chain := self._chain()) is not None:
            gateway, title = self.gateways[chain.last.originator], self._title()
            audience = self._audience(gateway.nation)
            body = change_of(chain.last, audience, title)
            self.told.change(chain, await self._published(gateway, title, audience, body))

    async def cancel(self) -> None:
        if (chain := self._chain()) is not None:
            context = self.gateways[chain.last.originator].exchange.context
            await cancel(context, wanted_cancellation(chain.last))
            chain.cancelled = True

    async def recall(self) -> None:
        if (chain := self._chain()) is not None:
            version = self.chance.choice(chain.versions)
            await recall(self.gateways[version.originator].exchange.context, wanted_recall(version))
            version.recalled = True

    async def read(self) -> None:
        gateway = self._anybody()
        if (entry := await self._readable(gateway)) is not None:
            done = await gateway.job(partial(_read, gateway.exchange.context, entry, self.world.clock()))
            if done:
                self._did(gateway, entry, "read")

    async def acknowledge(self) -> None:
        gateway = self._anybody()
        if (entry := await self._readable(gateway)) is not None:
            level = self.chance.choice(("UNDERSTOOD", "ACTIONED"))
            answer = acknowledgement(entry, at=self.world.clock(), level=level)
            try:
                await gateway.exchange.accept(answer, api_key_id="test")
            except DraftRefused as refused:
                if refused.code is not ReasonCode.RECALLED:
                    raise
                return  # it was recalled a moment before
            self._did(gateway, entry, "actioned" if level == "ACTIONED" else "acknowledged")
            if not await self._still_there(gateway, entry):
                # The recall crossed it: it was withdrawn, and answered, before or after that.
                self.told.of(gateway.nation, self.told.titles[entry.message_id]).unsure.add("read")

    async def restart(self) -> None:
        """It stops in the middle of whatever it does, and starts again on the same store."""
        gateway = self._anybody()
        await gateway.stop()
        await gateway.start()

    async def kill_the_broker(self) -> None:
        """Every link breaks, and what was not confirmed is not stored."""
        await self.world.broker.server.kill()
        await self.world.broker.server.start()

    # -- what must hold ------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Until nothing is under way from anybody: each that comes may make another say something."""
        busy = True
        while busy:
            for gateway in self.gateways.values():
                await gateway.store.until(_under_way, lambda count: count == 0)
            counts = [await gateway.store.read(_under_way) for gateway in self.gateways.values()]
            busy = any(counts)

    def check(self) -> None:
        """On the stores, with nobody at them any more."""
        world = self.world
        stores = {
            nation: SmallStore(world.directory / f"{nation}.db", nation, world.realm.id, world.clock)
            for nation in self.gateways
        }
        try:
            found = {nation: store.connection for nation, store in stores.items()}
            for nation, tx in found.items():
                must.note_filed(self.told, nation, tx)
            must.nobody_has_what_was_not_for_it(self.told, found)
            must.no_state_runs_ahead_of_what_the_recipient_signed(self.told, found)
            must.everything_settled(self.told, found)
        finally:
            for store in stores.values():
                store.connection.close()

    # -- choosing ------------------------------------------------------------------------------------------

    async def _published(self, gateway: Gateway, title: str, audience: Sequence[str], body: bytes) -> Version:
        done = await gateway.exchange.accept(body, api_key_id="test")
        ids = tuple(each.message_id for each in done.messages)
        names = (done.publication_id, done.message_id, done.digest, ids)
        due = self.world.clock() + OBJECTIVE["ROUTINE"]
        return Version(title, gateway.nation, frozenset(audience), *names, due)

    def _anybody(self) -> Gateway:
        return self.gateways[self.chance.choice(sorted(self.gateways))]

    def _audience(self, of: str) -> list[str]:
        others = [nation for nation in self.gateways if nation != of]
        return self.chance.choice([others, others[:1], others[1:]])

    def _chain(self) -> Chain | None:
        chains = [chain for chain in self.told.chains if not chain.ended]
        return self.chance.choice(chains) if chains else None

    async def _readable(self, gateway: Gateway) -> InboxMessage | None:
        entries = [each for each in await gateway.store.read(alerts) if each.recalled_at is None]
        return self.chance.choice(entries) if entries else None

    async def _still_there(self, gateway: Gateway, entry: InboxMessage) -> bool:
        entries = await gateway.store.read(alerts)
        return all(each.recalled_at is None for each in entries if each.inbox_seq == entry.inbox_seq)

    def _did(self, gateway: Gateway, entry: InboxMessage, act: str) -> None:
        self.told.of(gateway.nation, self.told.titles[entry.message_id]).acts.add(act)

    def _title(self) -> str:
        self.titles += 1
        return f"message {self.titles}"


def _read(context: GatewayContext, entry: InboxMessage, now: datetime, tx: Transaction) -> bool:
    """Somebody opens it, if it was not withdrawn a moment before."""
    (still,) = [each for each in alerts(tx) if each.inbox_seq == entry.inbox_seq]
    if still.recalled_at is not None:
        return False
    note_read(context, tx, entry.inbox_seq, "operator:duty", now)
    return True


def _under_way(tx: Transaction) -> int:
    """Copies and words that wait to be sent or receipted, and receipts not yet made into words."""
    found: int
    (found,) = tx.execute(
        "SELECT count(*) FROM delivery WHERE state IN ('queued', 'sealed', 'sent')"
    ).fetchone()
    return found + len(receipts.due(tx))


async def test_three_nations_lives_on_a_broker_that_dies_end_as_the_chronicle_says(world: World) -> None:
    script = Script(world, await world.trio())
    await script.play()
    await script.settle()
    await world.stop()
    script.check()
    kinds = [len(chain.versions) > 1 for chain in script.told.chains]
    assert any(kinds)
    assert any(chain.cancelled for chain in script.told.chains)
    assert any(version.recalled for _, version in script.told.versions())
