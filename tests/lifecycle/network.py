"""A hypothesis machine's ground: gateways, chance, and what becomes of bundles on their way."""

import random
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.faults.small_world import SmallGateway, SmallWorld
from tests.lifecycle import settled as must
from tests.realm_fixtures import AgreementPlan, make_realm

NAMES = ("XAA", "XBB", "XCC", "XDD")
REALMS = {
    count: make_realm(NAMES[:count], agreements=[AgreementPlan(parties=NAMES[:count])]) for count in (2, 3, 4)
}

picks = st.integers(0, 30)
DEEDS = 8


class Deed(NamedTuple):
    """Something that may happen, how often compared with the rest, and what it does."""

    name: str
    weight: int
    do: Callable[[], None]


class Network(RuleBasedStateMachine):
    """Gateways, and bundles that are lost, doubled and reordered between them."""

    world: SmallWorld

    def __init__(self) -> None:
        super().__init__()
        self._place = tempfile.TemporaryDirectory()
        self.receipts_lost: set[tuple[str, str]] = set()
        """Who may have said something in vain, to whom."""

    def make(self, count: int) -> None:
        self.names = NAMES[:count]
        self.world = self.make_world(Path(self._place.name), count)

    def make_world(self, directory: Path, count: int) -> SmallWorld:
        return SmallWorld(directory, REALMS[count])

    def filed(self, gateway: SmallGateway) -> None:
        """Something may have come to this gateway."""

    @rule(seed=st.integers(0, 2**32))
    def live(self, seed: int) -> None:
        """Some deeds, by chance: hypothesis alone draws too many that do nothing."""
        chance = random.Random(seed)
        deeds = self.deeds(chance)
        for deed in chance.choices(deeds, [each.weight for each in deeds], k=DEEDS):
            note(deed.name)
            deed.do()

    def deeds(self, chance: random.Random) -> list["Deed"]:
        """What may happen."""
        some = partial(chance.randrange, 31)
        return [
            Deed("carry", 20, lambda: self.carry([some() for _ in range(chance.randint(2, 12))])),
            Deed("carry all", 4, lambda: self.carry_all_to(some())),
            Deed("crash in the relay", 3, lambda: self.crash_in_the_relay(some())),
            Deed("crash while filing", 3, lambda: self.crash_while_filing(some(), some())),
            Deed("double", 4, lambda: self.double(some(), some())),
            Deed("lose", 7, lambda: self.lose(some(), some())),
            Deed("restart", 1, lambda: self.restart(some())),
            Deed("pass time", 6, lambda: self.pass_time(chance.randint(1, 60))),
        ]

    # -- what becomes of it on the way ---------------------------------------------------------------------

    def carry(self, arrivals: list[int]) -> None:
        """Every relay takes a step, and some of what is under way arrives, in any order."""
        for nation in self.names:
            self.world.relay(nation)
        for number in arrivals:
            self._deliver(number, number // len(self.names))

    def carry_all_to(self, who: int) -> None:
        gateway = self.gateway(who)
        while self.world.travelling[gateway.nation]:
            self._deliver(who, 0)

    def crash_in_the_relay(self, who: int) -> None:
        self.world.relay(self.gateway(who).nation, crash=True)

    def crash_while_filing(self, who: int, place: int) -> None:
        self._deliver(who, place, crash=True)

    def double(self, who: int, place: int) -> None:
        self._deliver(who, place, keep=True)

    def lose(self, who: int, place: int) -> None:
        waited_for = [nation for nation in self.names if self.world.travelling[nation]]
        if not waited_for:
            return
        nation = waited_for[who % len(waited_for)]
        waiting = self.world.travelling[nation]
        sent = waiting[place % len(waiting)]
        if ".control." in sent.subject:
            self.receipts_lost.add(sent.nations)
        self.world.lose(nation, place)

    def restart(self, who: int) -> None:
        self.gateway(who).restart()

    def pass_time(self, minutes: int) -> None:
        self.world.pass_time(timedelta(minutes=minutes))

    def _deliver(self, who: int, place: int, *, keep: bool = False, crash: bool = False) -> None:
        gateway = self.gateway(who)
        self.world.deliver(gateway.nation, place, keep=keep, crash=crash)
        self.filed(gateway)

    # -- looking -------------------------------------------------------------------------------------------

    def quiet(self) -> None:
        """Nothing is lost any more, and time passes until nothing moves."""
        self.world.calm()

    def settled(self) -> None:
        """What must hold then."""

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.quiet()
                self.settled()
        finally:
            if hasattr(self, "world"):
                for gateway in self.world.gateways.values():
                    gateway.store.connection.close()
            self._place.cleanup()

    def stores(self) -> must.Stores:
        return {nation: gateway.store.connection for nation, gateway in self.world.gateways.items()}

    def gateway(self, number: int) -> SmallGateway:
        return self.world.gateways[self.names[number % len(self.names)]]

    def others(self, nation: str, bits: int) -> list[str]:
        """Some of the other nations, at least one."""
        others = [name for name in self.names if name != nation]
        return [name for place, name in enumerate(others) if bits >> place & 1] or others
