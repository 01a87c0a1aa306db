"""By property, over every interleaving: both ends come to say the same of what became of a message.

Two to four nations publish, change, cancel and recall, people read and acknowledge, while bundles are lost,
doubled and reordered, gateways die before a commit, and time passes. Every step is the production code on a
real store; the network is the test's. What must hold is said by a chronicle that shares nothing with
`bus.protocol`.
"""

import random
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import invariant

from gateways.changing.cancel import cancel
from gateways.publishing.accepted import Accepted
from gateways.recalling.recalling import recall
from gateways.receipts.watching import look
from gateways.releasing.not_released import NotReleased
from gateways.releasing.second_person import take_word
from tests.faults.small_world import SmallGateway, run
from tests.flows.second_persons import anybody, word
from tests.flows.world import acknowledgement, draft
from tests.lifecycle.dying import dying_before_the_commit
from tests.lifecycle.life_world import Version
from tests.lifecycle.lives import Lives, change_of, wanted_cancellation, wanted_recall
from tests.lifecycle.looks import states, told_overdue
from tests.lifecycle.network import Deed

SOON = timedelta(minutes=10)
"""By when FLASH is to be there, once its second person confirmed it."""
ACTS = ("publish", "change", "cancel", "recall", "acknowledge")
"""In which a gateway may die."""


class MessageLives(Lives):
    """Some releases wait for a second person, deadlines are watched, and gateways die in what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[Version, Accepted]] = []

    def deeds(self, chance: random.Random) -> list[Deed]:
        some, pick = partial(chance.randrange, 31), chance.choice
        return [
            *super().deeds(chance),
            Deed("publish what waits", 2, lambda: self.publish_what_waits(some(), chance.randint(1, 7))),
            Deed("second word", 4, lambda: self.say_the_second_word(some(), yes=pick((True, True, False)))),
            Deed("die", 4, lambda: self.die_in_an_act(some(), some(), pick(ACTS))),
            Deed("deadlines", 6, lambda: self.look_at_deadlines(some(), crash=pick((True, False)))),
            Deed("hours", 2, lambda: self.pass_time(400)),
        ]

    def publish_what_waits(self, who: int, bits: int) -> None:
        gateway = self.gateway(who)
        audience, title = self.others(gateway.nation, bits), self.title()
        done = gateway.publish(draft(audience, subject=title, header={"precedence": "FLASH"}))
        assert done.second_person is not None
        ids = tuple(each.message_id for each in done.messages)
        names = (done.publication_id, done.message_id, done.digest, ids)
        version = Version(title, gateway.nation, frozenset(audience), *names, self.world.now)
        self.waiting.append((version, done))

    def say_the_second_word(self, which: int, *, yes: bool) -> None:
        if not self.waiting:
            return
        version, done = self.waiting.pop(which % len(self.waiting))
        gateway = self.world.gateways[version.originator]
        said = word(done, gateway.store.connection, confirm=yes)
        assert done.second_person is not None
        if self.world.now >= done.second_person.until:
            with pytest.raises(NotReleased):
                run(take_word(gateway.context, said, anybody))
            return
        run(take_word(gateway.context, said, anybody))
        if yes:
            version.due = self.world.now + SOON
            self.told.begin(version)

    def die_in_an_act(self, who: int, which: int, act: str) -> None:
        """It was not done: nothing in the chronicle."""
        gateway, chain = self.gateway(who), self.chain(which)
        if act == "publish":
            with dying_before_the_commit(gateway):
                gateway.publish(draft(self.others(gateway.nation, 7), subject="never"))
        elif act == "acknowledge":
            if (entry := self.pick(gateway, which)) is not None:
                with dying_before_the_commit(gateway):
                    gateway.publish(acknowledgement(entry, at=self.world.now))
        elif chain is not None and not chain.ended:
            gateway = self.world.gateways[chain.last.originator]
            with dying_before_the_commit(gateway):
                if act == "change":
                    gateway.publish(change_of(chain.last, self.others(gateway.nation, 1), "never"))
                elif act == "cancel":
                    run(cancel(gateway.context, wanted_cancellation(chain.last)))
                else:
                    run(recall(gateway.context, wanted_recall(chain.last)))

    def look_at_deadlines(self, who: int, *, crash: bool) -> None:
        gateway = self.gateway(who)
        if crash:
            with dying_before_the_commit(gateway):
                run(look(gateway.context))
        missed = self._missed(gateway)
        run(look(gateway.context))
        told = told_overdue(gateway.store.connection)
        assert missed <= set(told), f"passed, and not told: {missed - set(told)}"

    @invariant()
    def no_deadline_is_told_twice_or_early(self) -> None:
        if not hasattr(self, "world"):
            return
        due = {version.publication_id: version.due for _, version in self.told.versions()}
        for tx in self.stores().values():
            for (publication, nation), times in Counter(told_overdue(tx)).items():
                assert times == 1, f"{nation}: told {times} times"
                assert due.get(publication, self.world.now) <= self.world.now

    def _missed(self, gateway: SmallGateway) -> set[tuple[str, str]]:
        """What is late now for all its originator knows, and is still wanted."""
        found = set()
        for chain, version in self.told.versions():
            if version.originator != gateway.nation or version.due > self.world.now:
                continue
            if version is not chain.last or chain.ended:
                continue  # nothing is awaited of it any more
            for nation, state in states(gateway.store.connection, version).items():
                if state in ("queued", "sealed", "sent"):
                    found.add((version.publication_id, nation))
        return found


TestLife = MessageLives.TestCase
# Not shrunk: that takes minutes. To study a failure, add Phase.shrink.
TestLife.settings = settings(max_examples=12, stateful_step_count=12, deadline=None, phases=(Phase.generate,))
