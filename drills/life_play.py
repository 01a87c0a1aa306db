"""The life of messages in a play: steps handed in over HTTP, and what came of them watched for."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from drills import life_calls
from drills.actors_play import ActorsPlay
from drills.judging_life import different
from drills.life_injects import RequestStep
from drills.observing import Observer
from drills.partner_system import Answer, PartnerSystem
from drills.played import Life, Played, Sent
from drills.scenario import Inject, Scenario
from drills.seen import Seen

_POLL = 0.02
DEADLINE_PATIENCE = 30.0
"""Seconds to wait for a deadline to pass, and for the gateway to tell of it."""


class LifePlay:
    """Steps on earlier messages. What was done while nothing travels is watched once it does again."""

    def __init__(
        self,
        scenario: Scenario,
        partners: Mapping[str, PartnerSystem],
        played: Played,
        observer: Observer,
        patience: float,
        actors: ActorsPlay,
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._played = played
        self._observer = observer
        self._patience = patience
        self._actors = actors
        self._under_way: list[Inject] = []

    async def hand_in(self, inject: Inject) -> Answer | None:
        """Do what the inject does with an earlier message; None when it only watches."""
        partner = self._partners[inject.nation]
        about = self._played.sent[inject.looks_at] if inject.looks_at is not None else None
        assert about is not None  # a scenario's injects name what was played
        publication_id = about.answer["publication_id"]
        if inject.cancel is not None:
            return await life_calls.cancel(partner, publication_id, inject.cancel.reason)
        if inject.recall is not None:
            recall = inject.recall
            return await life_calls.recall(partner, publication_id, recall.reason, recall.history)
        if inject.read is not None:
            return await life_calls.report_read(partner, about.message_of(inject.nation))
        if inject.request is not None:
            return await self.step_on_request(inject.nation, inject.request)
        return None

    async def step_on_request(self, nation: str, step: RequestStep) -> Answer:
        """A step on a request, which may be refused."""
        request = self._played.messages_of(nation)[step.inject]
        return await life_calls.step_on_request(self._partners[nation], request, step.act, step.body)

    def begin(self, inject: Inject) -> None:
        """What came of this inject is to be watched for, if its expectation says anything."""
        if self._scenario.expectation(inject.serial).of_life:
            self._under_way.append(inject)

    async def arrived(self) -> None:
        """Watch for everything under way until it is as it has to be, or patience ends."""
        under_way, self._under_way = self._under_way, []
        for inject in under_way:
            about = self._scenario.about(inject)
            assert about is not None  # a scenario says nothing of the life of a message where there is none
            self._played.lives[inject.serial] = Life(inject, about, await self._watched(inject, about))

    async def _watched(self, inject: Inject, about: str) -> Seen:
        wanted = self._scenario.expectation(inject.serial)
        patience = max(self._patience, DEADLINE_PATIENCE) if wanted.overdue else self._patience
        deadline = _until_deadline(self._played.sent[about]) if wanted.overdue else 0
        loop = asyncio.get_running_loop()
        until = loop.time() + patience + max(self._actors.rest(), deadline)
        while True:
            seen = await self._observer.look(about, wanted, inject.serial)
            if not different(wanted, seen) or loop.time() > until:
                return seen
            if self._actors.held:
                # What actors owe and deadlines that lie ahead come first, however long the play is held.
                until = max(until, loop.time() + patience + self._actors.rest())
            await asyncio.sleep(_POLL)


def _until_deadline(sent: Sent) -> float:
    """Seconds until the message's acknowledgement is due, as its draft says; 0 when it says nothing."""
    by = (sent.draft.get("header", {}).get("acknowledgement") or {}).get("by")
    return 0.0 if by is None else max(0.0, (datetime.fromisoformat(by) - datetime.now(UTC)).total_seconds())
