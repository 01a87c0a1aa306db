"""A hypothesis machine's common part: what nations do with messages."""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from bus.protocol.succession import Gets
from bus.store.inbox import InboxMessage
from gateways.changing.cancel import CancelRefused, WantedCancellation, cancel
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import WantedRecall, recall
from gateways.receipts.owing import note_read
from schemas.cancellation import CancellationReason
from schemas.recall import RecallReason
from tests.faults.small_world import SmallGateway, run
from tests.flows.world import acknowledgement, draft
from tests.lifecycle import settled as must
from tests.lifecycle.life_world import Chain, Chronicle, Version
from tests.lifecycle.looks import alerts
from tests.lifecycle.network import REALMS, Deed, Network, picks

OBJECTIVE = {"IMMEDIATE": timedelta(minutes=30), "ROUTINE": timedelta(hours=6)}
"""By when a message is to be there."""


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
        holders = {nation for nation in last.audience if self.told.of(nation, last.title).filed}
        version = self.published(title, gateway, audience, change)
        assert holders - version.audience <= version.told_cancelled
        self.told.change(chain, version)

    def cancel(self, which: int, *, old: bool) -> None:
        """``old``: an earlier version is named."""
        chain = self.chain(which)
        if chain is None:
            return
        named = chain.versions[0 if old else -1]
        if chain.cancelled and chain.last.recalled:
            return  # which of the two was first decides
        context = self.world.gateways[named.originator].context
        wanted = wanted_cancellation(named)
        if named is chain.standing:
            run(cancel(context, wanted))
            chain.cancelled = True
        else:
            with pytest.raises(CancelRefused):
                run(cancel(context, wanted))

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
            Deed("read", 7, lambda: self.read(some(), some())),
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
        shares = () if done.change is None else done.change.shares
        cancelled = frozenset(share.nation for share in shares if share.gets is Gets.CANCELLATION)
        return Version(
            title,
            gateway.nation,
            frozenset(audience),
            *ids,
            self.world.now + OBJECTIVE[precedence],
            told_cancelled=cancelled,
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
