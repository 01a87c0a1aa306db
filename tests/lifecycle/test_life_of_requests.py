"""By property, over every interleaving: who asked and who was asked come to say the same of each question.

Nations ask several others, which accept, decline, redirect, answer partly or in full, while the asker closes
or cancels, bundles are lost, doubled and reordered, gateways die before a commit, and time passes. Where each
question must end is worked out from what people did, without `bus.protocol.requests`.
"""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from bus.store import lanes, requests
from bus.store.requests import Party
from gateways.changing.cancel import CancelRefused, WantedCancellation, cancel
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import WantedRecall, recall
from gateways.requests.closing import Closing, close
from gateways.requests.expiring import expire
from gateways.requests.standing import TransitionIllegal, standing_of
from schemas.cancellation import CancellationReason
from schemas.recall import RecallReason
from schemas.request_acts import CloseOutcome, RequestState
from tests.faults.small_world import SmallGateway, run
from tests.flows.world import acknowledgement
from tests.lifecycle.dying import dying_before_the_commit
from tests.lifecycle.network import Deed, Network, picks
from tests.lifecycle.request_lives import AFTER, Asked, Question, answer, ask, requests_in


class RequestLives(Network):
    """Questions, and what both sides do about them."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[Question] = []
        self.by_message: dict[str, Question] = {}

    @initialize(
        count=st.sampled_from([3, 4]), first=st.lists(picks, min_size=1, max_size=3), came=st.booleans()
    )
    def found(self, count: int, first: list[int], came: bool) -> None:
        self.make(count)
        for who in first:
            self.ask(who, 7, 600)
        if came:
            self.carry([])
            for who in range(count):
                self.carry_all_to(who)

    def ask(self, who: int, bits: int, minutes: int) -> None:
        gateway = self.gateway(who)
        title = f"RFI-{len(self.questions)}"
        ltiov = self._tick() + timedelta(minutes=minutes)
        asked = ask(gateway, self.others(gateway.nation, bits), title, ltiov)
        self.questions.append(asked)
        self.by_message |= {each.message_id: asked for each in asked.accepted.messages}
        self.by_message[asked.accepted.message_id] = asked

    def deeds(self, chance: random.Random) -> list[Deed]:
        some, pick = partial(chance.randrange, 31), chance.choice
        either = partial(chance.choice, (True, False, False))
        ways, ends = (*AFTER, "ACCEPTED", "ANSWERED"), tuple(CloseOutcome)
        return [
            *super().deeds(chance),
            Deed("ask", 4, lambda: self.ask(some(), chance.randint(1, 7), chance.randint(10, 900))),
            Deed("respond", 25, lambda: self.respond(some(), some(), pick(ways), crash=either())),
            Deed("acknowledge", 5, lambda: self.acknowledge(some(), some())),
            Deed(
                "close",
                2,
                lambda: self.close(some(), pick(ends), pick((None, some())), crash=either()),
            ),
            Deed("take back", 1, lambda: self.take_back(some(), taken_away=pick((True, False)))),
            Deed("expire", 2, lambda: self.let_expire(some(), crash=either())),
        ]

    # -- who is asked --------------------------------------------------------------------------------------

    def respond(self, who: int, which: int, state: str, *, crash: bool) -> None:
        gateway, now = self.gateway(who), self._tick()
        entries = [each for each in requests_in(gateway) if each.recalled_at is None]
        if not entries:
            return
        entry = entries[which % len(entries)]
        about = self.by_message[entry.message_id]
        mine = about.asked[gateway.nation]
        other = next(name for name in self.names if name not in (gateway.nation, about.asker))
        legal = (not mine.said or state in AFTER[mine.said[-1]]) and now <= about.ltiov
        if self._knows_the_end(gateway, about):
            legal = False
        if not legal:
            with pytest.raises(DraftRefused):
                answer(gateway, entry, about.title, state, other)
        elif crash:
            with dying_before_the_commit(gateway):
                answer(gateway, entry, about.title, state, other)
        else:
            answer(gateway, entry, about.title, state, other)
            mine.said.append(state)

    def acknowledge(self, who: int, which: int) -> None:
        gateway, now = self.gateway(who), self._tick()
        entries = [each for each in requests_in(gateway) if each.recalled_at is None]
        if entries:
            entry = entries[which % len(entries)]
            about = self.by_message[entry.message_id]
            gateway.publish(acknowledgement(entry, at=now))
            about.asked[gateway.nation].acknowledged |= now <= about.ltiov

    # -- who asks ------------------------------------------------------------------------------------------

    def close(self, which: int, outcome: CloseOutcome, one: int | None, *, crash: bool) -> None:
        self._tick()
        about = self.questions[which % len(self.questions)]
        context = self.world.gateways[about.asker].context
        nation = None if one is None else sorted(about.asked)[one % len(about.asked)]
        seq = self._parties(about.asker, about, min(about.asked))[0].request_seq
        closing = Closing(seq, outcome, nation, "operator:chief")
        meant = [about.asked[name] for name in ([nation] if nation else about.asked)]
        still_open = [each for each in meant if each.ended is None]
        if crash:
            with dying_before_the_commit(self.world.gateways[about.asker]), suppress(TransitionIllegal):
                run(close(context, closing))
        elif still_open or all(each.ended == f"CLOSED {outcome.value}" for each in meant):
            run(close(context, closing))
            self._end(still_open, f"CLOSED {outcome.value}")
        else:
            with pytest.raises(TransitionIllegal):
                run(close(context, closing))

    def take_back(self, which: int, *, taken_away: bool) -> None:
        """The request's message is cancelled, or recalled."""
        self._tick()
        about = self.questions[which % len(self.questions)]
        context = self.world.gateways[about.asker].context
        publication = about.accepted.publication_id
        if taken_away:
            wanted = WantedRecall(
                publication, RecallReason.UNSPECIFIED, False, "operator:chief", lambda _kind, _mode: True
            )
            run(recall(context, wanted))
        else:
            with suppress(CancelRefused):
                reason = CancellationReason.UNSPECIFIED
                run(cancel(context, WantedCancellation(publication, reason, "chief", lambda _k, _m: True)))
        self._end([each for each in about.asked.values() if each.ended is None], "CANCELLED")

    def let_expire(self, who: int, *, crash: bool) -> None:
        gateway = self.gateway(who)
        if crash:
            with dying_before_the_commit(gateway):
                run(expire(gateway.context))
        run(expire(gateway.context))

    # -- what must hold ------------------------------------------------------------------------------------

    def settled(self) -> None:
        for gateway in self.world.gateways.values():
            run(expire(gateway.context))
            assert not lanes.count_missing(gateway.store.connection)
        for about in self.questions:
            for nation, mine in about.asked.items():
                wanted = mine.stands(expired=self.world.now > about.ltiov)
                views = dict(self._views(about, nation))
                assert views[about.asker] == wanted, f"{about.title}, {nation}: {views}, not {wanted}"
                if nation not in views:
                    assert mine.ended is not None, f"{about.title} never reached {nation}"
                    assert not mine.said
                else:
                    assert views[nation] == wanted, f"{about.title}, {nation}: {views}, not {wanted}"

    def _views(self, about: Question, nation: str) -> Iterator[tuple[str, str]]:
        """Where it stands by each side's store; each has told just that."""
        for at in (about.asker, nation):
            tx = self.world.gateways[at].store.connection
            for party in self._parties(at, about, nation):
                found = standing_of(tx, party, self.world.now)
                assert (party.state, party.outcome) == (found.state, found.outcome), f"{at}: {party.state}"
                yield at, found.state.value if found.outcome is None else f"{found.state} {found.outcome}"

    def _parties(self, at: str, about: Question, nation: str) -> list[Party]:
        tx = self.world.gateways[at].store.connection
        ids = [each for each, of in self.by_message.items() if of is about]
        found = (requests.party(tx, about.asker, each, nation) for each in ids)
        return [each for each in found if each is not None]

    def _knows_the_end(self, gateway: SmallGateway, about: Question) -> bool:
        """The gateway itself says so: the asker's word has come here, as it may have by now."""
        (party,) = self._parties(gateway.nation, about, gateway.nation)
        found = standing_of(gateway.store.connection, party, self.world.now).state
        ended = found in (RequestState.CLOSED, RequestState.CANCELLED)
        assert not ended or about.asked[gateway.nation].ended is not None
        return ended

    def _end(self, which: list[Asked], how: str) -> None:
        for each in which:
            each.ended = how

    def _tick(self) -> datetime:
        """Acts of one moment would be put in order by their ids, which are random."""
        self.world.pass_time(timedelta(seconds=1))
        return self.world.now


TestRequests = RequestLives.TestCase
# Not shrunk: that takes minutes. To study a failure, add Phase.shrink.
TestRequests.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, phases=(Phase.generate,)
)
