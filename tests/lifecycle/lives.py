"""A hypothesis machine's common part: what nations do with messages, and what becomes of it on the way."""

import json
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bus.store.inbox import InboxMessage
from gateways.changing.cancel import CancelRefused, WantedCancellation, cancel
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import WantedRecall, recall
from gateways.receipts.owing import note_read
from schemas.cancellation import CancellationReason
from schemas.recall import RecallReason
from tests.faults.small_world import SmallGateway, SmallWorld, run
from tests.flows.world import acknowledgement, draft
from tests.lifecycle import settled as must
from tests.lifecycle.life_world import Chain, Chronicle, Version
from tests.lifecycle.looks import alerts
from tests.realm_fixtures import AgreementPlan, make_realm

NAMES = ("XAA", "XBB", "XCC", "XDD")
REALMS = {
    count: make_realm(NAMES[:count], agreements=[AgreementPlan(parties=NAMES[:count])]) for count in (2, 3, 4)
}
OBJECTIVE = {"IMMEDIATE": timedelta(minutes=30), "ROUTINE": timedelta(hours=6)}
"""By when a message is to be there."""

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
            Deed("lose", 4, lambda: self.lose(some(), some())),
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
        nation = self.gateway(who).nation
        if waiting := self.world.travelling[nation]:
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


class Lives(Network):
    """Messages are published, changed, cancelled, recalled, read and acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Chronicle()
        self.titles = 0

    @initialize(
        count=st.sampled_from(sorted(REALMS)),
        first=st.lists(st.tuples(picks, st.integers(1, 7)), min_size=2, max_size=5),
        arrived=st.booleans(),
    )
    def found(self, count: int, first: list[tuple[int, int]], arrived: bool) -> None:
        """There is always something to act on."""
        self.make(count)
        for who, bits in first:
            self.publish(who, bits, "ROUTINE")
        if arrived:
            self.carry([])
            for who in range(count):
                self.carry_all_to(who)

    def publish(self, who: int, bits: int, precedence: str) -> None:
        gateway = self.gateway(who)
        audience, title = self.others(gateway.nation, bits), self.title()
        body = draft(audience, subject=title, header={"precedence": precedence})
        self.told.begin(self.published(title, gateway, audience, body, precedence))

    def change(self, which: int, bits: int, relation: str) -> None:
        chain = self.chain(which)
        if chain is None:
            return
        last = chain.last
        gateway = self.world.gateways[last.originator]
        audience, title = self.others(gateway.nation, bits), self.title()
        change = change_of(last, audience, title, relation)
        if chain.ended:
            with pytest.raises(DraftRefused):
                gateway.publish(change)
            return
        self.told.change(chain, self.published(title, gateway, audience, change))

    def cancel(self, which: int, *, old: bool) -> None:
        """``old``: an earlier version is named."""
        chain = self.chain(which)
        if chain is None:
            return
        named = chain.versions[0 if old else -1]
        context = self.world.gateways[named.originator].context
        wanted = wanted_cancellation(named)
        if chain.cancelled and named is chain.last and not named.recalled:
            run(cancel(context, wanted))
        elif named is not chain.last or chain.ended:
            with pytest.raises(CancelRefused):
                run(cancel(context, wanted))
        else:
            run(cancel(context, wanted))
            chain.cancelled = True

    def recall(self, which: int) -> None:
        versions = [version for _, version in self.told.versions() if not version.forgotten]
        if versions:
            version = versions[which % len(versions)]
            run(recall(self.world.gateways[version.originator].context, wanted_recall(version)))
            version.recalled = True

    def read(self, who: int, which: int) -> None:
        gateway = self.gateway(who)
        entry = self.pick(gateway, which)
        if entry is not None:
            at, seq = self.world.now, entry.inbox_seq
            run(gateway.store.write(lambda tx: note_read(gateway.context, tx, seq, "operator:duty", at)))
            self.did(gateway, entry, "read")

    def acknowledge(self, who: int, which: int, level: str) -> None:
        gateway = self.gateway(who)
        entry = self.pick(gateway, which)
        if entry is not None:
            gateway.publish(acknowledgement(entry, at=self.world.now, level=level))
            self.did(gateway, entry, "actioned" if level == "ACTIONED" else "acknowledged")

    def acknowledge_what_was_recalled(self, who: int, which: int) -> None:
        gateway = self.gateway(who)
        gone = [each for each in alerts(gateway.store.connection) if each.recalled_at is not None]
        if gone:
            with pytest.raises(DraftRefused):
                gateway.publish(acknowledgement(gone[which % len(gone)], at=self.world.now))

    def deeds(self, chance: random.Random) -> list[Deed]:
        some, pick = partial(chance.randrange, 31), chance.choice
        bits = partial(chance.randint, 1, 7)
        relations, levels = ("updates", "corrects", "supersedes"), ("UNDERSTOOD", "ACTIONED")
        return [
            *super().deeds(chance),
            Deed("publish", 6, lambda: self.publish(some(), bits(), pick(sorted(OBJECTIVE)))),
            Deed("change", 6, lambda: self.change(some(), bits(), pick(relations))),
            Deed("cancel", 1, lambda: self.cancel(some(), old=pick((True, False)))),
            Deed("recall", 1, lambda: self.recall(some())),
            Deed("read", 5, lambda: self.read(some(), some())),
            Deed("acknowledge", 6, lambda: self.acknowledge(some(), some(), pick(levels))),
            Deed("answer a recall", 1, lambda: self.acknowledge_what_was_recalled(some(), some())),
        ]

    # -- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def holds_at_any_time(self) -> None:
        if hasattr(self, "world"):
            must.nobody_has_what_was_not_for_it(self.told, self.stores())
            must.no_state_runs_ahead_of_what_the_recipient_signed(self.told, self.stores())

    def filed(self, gateway: SmallGateway) -> None:
        must.note_filed(self.told, gateway.nation, gateway.store.connection)

    def settled(self) -> None:
        for gateway in self.world.gateways.values():
            self.filed(gateway)
        self.holds_at_any_time()
        must.everything_settled(self.told, self.stores(), self.receipts_lost)

    # -- doing ---------------------------------------------------------------------------------------------

    def published(
        self,
        title: str,
        gateway: SmallGateway,
        audience: Sequence[str],
        body: bytes,
        precedence: str = "ROUTINE",
    ) -> Version:
        done = gateway.publish(body)
        messages = tuple(each.message_id for each in done.messages)
        ids = (done.publication_id, done.message_id, done.digest, messages)
        return Version(
            title, gateway.nation, frozenset(audience), *ids, self.world.now + OBJECTIVE[precedence]
        )

    def did(self, gateway: SmallGateway, entry: InboxMessage, act: str) -> None:
        people = self.told.of(gateway.nation, self.told.titles[entry.message_id])
        people.acts.add(act)

    def chain(self, which: int) -> Chain | None:
        """One of which its originator knows all."""
        chains = [chain for chain in self.told.chains if not chain.torn]
        return chains[which % len(chains)] if chains else None

    def title(self) -> str:
        self.titles += 1
        return f"message {self.titles}"

    def pick(self, gateway: SmallGateway, which: int) -> InboxMessage | None:
        """A message that can be read."""
        entries = [each for each in alerts(gateway.store.connection) if each.recalled_at is None]
        return entries[which % len(entries)] if entries else None


def change_of(last: Version, audience: Sequence[str], title: str, relation: str = "updates") -> bytes:
    refers: Mapping[str, str] = {
        "message_id": last.message_id,
        "originator": last.originator,
        "digest": last.digest,
        "relation": relation,
    }
    change = json.loads(draft(audience, subject=title, header={"references": [refers]}))
    return json.dumps(change | {"confirm_narrowing": True}).encode()


def wanted_cancellation(version: Version) -> WantedCancellation:
    return WantedCancellation(
        version.publication_id, CancellationReason.UNSPECIFIED, "operator:chief", lambda _kind, _mode: True
    )


def wanted_recall(version: Version) -> WantedRecall:
    return WantedRecall(
        version.publication_id,
        RecallReason.UNSPECIFIED,
        history=False,
        by="operator:chief",
        sees=lambda _kind, _mode: True,
    )
