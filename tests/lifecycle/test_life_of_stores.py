"""By property: stores that are set back to old copies, while messages live and bundles are lost.

Every gateway's keeper of lanes runs, too. A recipient whose store went back gets again what it had receipted
and lost; an originator whose store went back begins new epochs and uses no serial twice for different things.
What it forgot is gone, and the chronicle says so; everything else must end as if nothing had been.
"""

import random
from datetime import timedelta
from functools import partial
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis.stateful import invariant

from bus.store import epochs, heads, lane_tails
from bus.store.epochs import store_epoch
from gateways.lanes.keeper import LaneKeeper
from gateways.lanes.policy import HeadPolicy
from schemas.header import Mode
from tests.faults.small_world import SmallWorld, run
from tests.lanes.lane_world import LaneWorld
from tests.lifecycle.life_world import Copy
from tests.lifecycle.lives import Lives
from tests.lifecycle.looks import alerts
from tests.lifecycle.network import REALMS, Deed

HEADS = HeadPolicy()


class KeptWorld(LaneWorld):
    """A world of gateways that start anew by themselves when they die."""

    def keeper(self, nation: str) -> LaneKeeper:
        keeper = self.keepers[nation]
        if keeper._context is not self.gateways[nation].context:
            keeper = self.keepers[nation] = self._keeper(nation)
        return keeper

    def look(self, *nations: str) -> None:
        for nation in nations or tuple(self.gateways):
            run(self.keeper(nation).look())


class StoreLives(Lives):
    """Lives of messages, with lane heads, in which stores are copied and set back."""

    world: KeptWorld

    def __init__(self) -> None:
        super().__init__()
        self.copies: dict[str, Copy] = {}
        self.admitted: dict[tuple[str, str, str, int, int], str] = {}
        """What was admitted under each serial: recipient, originator, lane, epoch, serial."""

    def make_world(self, directory: Path, count: int) -> SmallWorld:
        return KeptWorld(directory, REALMS[count])

    def deeds(self, chance: random.Random) -> list[Deed]:
        some = partial(chance.randrange, 31)
        return [
            *super().deeds(chance),
            Deed("look after lanes", 8, lambda: self.look_after_lanes(chance.randint(1, 60))),
            Deed("copy", 2, lambda: self.copy(some())),
            Deed("set back", 2, lambda: self.set_back(some())),
        ]

    def look_after_lanes(self, seconds: int) -> None:
        self.world.pass_time(timedelta(seconds=seconds))
        self.world.look()

    def copy(self, who: int) -> None:
        nation = self.gateway(who).nation
        self.copies[nation] = self.told.copy(nation, self.world.copy(nation))

    def set_back(self, which: int) -> None:
        """The broker holds more than the old store knows, so that the gateway notices as it starts."""
        if not self.copies:
            return
        nation = sorted(self.copies)[which % len(self.copies)]
        copy = self.copies.pop(nation)
        self.world.pass_time(timedelta(seconds=2))
        self.world.set_back(nation, copy.data)
        gateway = self.world.gateways[nation]
        before = store_epoch(gateway.store.connection)
        run(gateway.store.write(lambda tx: epochs.begin_epoch(tx, self.world.now)))
        assert store_epoch(gateway.store.connection) > before
        self.told.go_back(nation, copy)
        self.admitted = {key: what for key, what in self.admitted.items() if key[0] != nation}

    @invariant()
    def no_serial_stands_for_two_things(self) -> None:
        if not hasattr(self, "world"):
            return
        for nation, tx in self.stores().items():
            for entry in alerts(tx):
                key = (nation, entry.originator, entry.lane.value, entry.epoch, entry.serial)
                assert self.admitted.setdefault(key, entry.message_id) == entry.message_id

    def quiet(self) -> None:
        """As for all; and heads are sent and read until every lane's tail has come."""
        world = self.world
        world.calm()
        for _ in range(4):
            world.pass_time(HEADS.heartbeat)
            for pause in (timedelta(0), HEADS.patience, HEADS.patience):
                world.pass_time(pause)
                world.look()
                world.pump()
        world.calm()

    def settled(self) -> None:
        super().settled()
        for nation, tx in self.stores().items():
            assert not lane_tails.tails(tx), f"{nation} was told of a tail that never came"
            for partner in self.names:
                assert partner == nation or heads.newest(tx, partner, Mode.OPERATION) is not None


TestStores = StoreLives.TestCase
# Not shrunk: that takes minutes. To study a failure, add Phase.shrink.
TestStores.settings = settings(
    max_examples=10, stateful_step_count=10, deadline=None, phases=(Phase.generate,)
)
