"""Actors in a play: each waits for its message, then so much exercise time, then does what it owes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx

from drills import life_calls
from drills.acting import Act, acts, answer_template, delay
from drills.exercise_clock import ExerciseClock
from drills.misbehaving import misbehave
from drills.partner_system import Answer, PartnerSystem, PartnerSystemError
from drills.placeholders import filled_in
from drills.played import Acted, Played, Sent
from drills.scenario import Scenario
from schemas.header import Kind

LOOK_SECONDS = 1.0
"""How long a message is waited for before somebody looks whether it is still to come."""
_GONE = ("withheld", "refused")
NEVER_CAME = "the message that it reacts to never came"

NOT_DONE = "it was not done by the end of the play"

Record = Callable[[Sent], None]


class Ways(Protocol):
    """Port: what stands still just now."""

    broker_runs: bool
    away: set[str]

    @property
    def unreachable(self) -> set[str]:
        """Nations that no mail reaches, or leaves."""


@dataclass
class _Part:
    """A nation's part in one message: what its actors owe, in order of time."""

    nation: str
    sent: Sent
    owed: list[tuple[timedelta, Act]]
    rests: bool = False
    """Nothing is due before some exercise time has passed."""
    until: timedelta | None = None
    """By when the last of it is due, once the message has come."""


class ActorsPlay:
    """What the actors do while injects are played. ``record`` is told of every message that they send.

    Without a speed nobody waits: what is owed is done in the order in which it would have been.
    """

    def __init__(
        self,
        scenario: Scenario,
        partners: Mapping[str, PartnerSystem],
        played: Played,
        realm: Ways,
        clock: ExerciseClock,
        seed: int,
        record: Record,
        patience: float,
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._played = played
        self._realm = realm
        self._clock = clock
        self._seed = seed
        self._record = record
        self._patience = patience
        self._owed: dict[str, list[Act]] = {}
        for act in acts(scenario):
            self._owed.setdefault(act.on, []).append(act)
        self._parts: dict[asyncio.Task[None], _Part] = {}
        self._moved = asyncio.Event()
        self._over = False

    def sent(self, serial: str, sent: Sent) -> None:
        """A message was accepted: whoever is to react to it begins to wait for it."""
        by_nation: dict[str, list[tuple[timedelta, Act]]] = {}
        for act in self._owed.pop(serial, ()):
            by_nation.setdefault(act.nation, []).append((delay(act, self._seed), act))
        for nation, owed in by_nation.items():
            part = _Part(nation, sent, sorted(owed, key=lambda each: (each[0], each[1].number)))
            task = asyncio.create_task(self._play(part))
            self._parts[task] = part
            task.add_done_callback(self._ended)

    async def caught_up(self) -> None:
        """Wait until nothing more is owed before exercise time goes on; not for whom no mail reaches."""
        self._tell()  # whoever waits for its gateway to be back looks again
        until = asyncio.get_running_loop().time() + self._patience
        while any(not part.rests and self._reachable(part) for part in self._parts.values()):
            if not await self._something_moves(until):
                return

    async def finish(self) -> None:
        """Wait until everything is done that is owed, as long as patience allows beyond its time.

        While exercise time is held, or has yet to come, patience does not run out.
        """
        loop = asyncio.get_running_loop()
        since = loop.time()
        while self._parts:
            now = loop.time()
            moved = await self._something_moves(now + min(LOOK_SECONDS, self._patience))
            if moved or self.held or self.rest() > 0:
                since = loop.time()
            elif loop.time() >= since + self._patience:
                break
        self._over = True
        await self.stop()

    async def stop(self) -> None:
        """Nobody does anything more; what is not done is not held against anybody."""
        left = list(self._parts)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @property
    def held(self) -> bool:
        """Whether exercise time stands still."""
        return self._clock.held

    def rest(self) -> float:
        """Seconds until the last of what is owed is due, as far as that is known."""
        now = self._clock.now
        dues = [part.until for part in self._parts.values() if part.until is not None]
        return self._clock.real_seconds(max(dues) - now) if dues and now is not None else 0.0

    def _ended(self, task: asyncio.Task[None]) -> None:
        part = self._parts.pop(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # Whatever broke it: what is owed and was not done must not go unjudged.
            self._not_done(part, str(error) or type(error).__name__)
        self._tell()

    def _not_done(self, part: _Part, why: str) -> None:
        for wait, act in part.owed:
            self._played.acted.setdefault(act.serial, Acted(act, wait, remark=why))

    def _tell(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def _something_moves(self, until: float) -> bool:
        """Whether anybody has come further before this time of the loop's clock."""
        try:
            async with asyncio.timeout_at(until):
                await self._moved.wait()
        except TimeoutError:
            return False
        return True

    def _reachable(self, part: _Part) -> bool:
        beyond = self._realm.unreachable
        return self._realm.broker_runs and not {part.nation, part.sent.originator} & beyond

    async def _play(self, part: _Part) -> None:
        try:
            came = await self._comes(part)
            now = self._clock.now or timedelta(0)
            part.until = now + part.owed[-1][0]
            for wait, act in part.owed:
                if not came:
                    self._played.acted[act.serial] = Acted(act, wait, remark=NEVER_CAME)
                    continue
                await self._due(part, now + wait)
                await self._do(part, act, wait)
        except asyncio.CancelledError:
            if not self._over:
                raise
            self._not_done(part, NEVER_CAME if part.until is None else NOT_DONE)
            raise

    async def _due(self, part: _Part, moment: timedelta) -> None:
        """Wait until exercise time is there, and the nation's own gateway."""
        if self._clock.now is not None and self._clock.now < moment:
            part.rests = True
            self._tell()
            await self._clock.reached(moment)
            part.rests = False
        while part.nation in self._realm.away:
            await self._moved.wait()

    async def _comes(self, part: _Part) -> bool:
        """Whether the message has come to the nation; not when it is sent there no more."""
        message = part.sent.message_of(part.nation)
        while True:
            try:
                await self._partners[part.nation].wait_for(
                    message.originator, message.message_id, LOOK_SECONDS
                )
            except PartnerSystemError:
                if await self._is_gone(part):
                    return False
            else:
                return True

    async def _is_gone(self, part: _Part) -> bool:
        sent = part.sent
        if part.nation not in sent.answer["recipients"]:
            return True
        if sent.originator in self._realm.away:
            return False
        shown = await self._partners[sent.originator].publication(sent.answer["publication_id"])
        return any(row["nation"] == part.nation and row["state"] in _GONE for row in shown["deliveries"])

    async def _do(self, part: _Part, act: Act, wait: timedelta) -> None:
        code, remark = "", ""
        at, moment = datetime.now(UTC), self._clock.now
        try:
            code, remark = await self._done(part, act)
        except (PartnerSystemError, httpx.HTTPError) as error:
            remark = str(error) or type(error).__name__
        self._played.acted[act.serial] = Acted(act, wait, at, moment, code, remark)
        self._tell()

    async def _done(self, part: _Part, act: Act) -> tuple[str, str]:
        """The code with which it was refused, and what is not as it must be."""
        actor, partner = act.actor, self._partners[act.nation]
        message = part.sent.message_of(act.nation)
        began = asyncio.get_running_loop().time()
        if actor.silent:
            return "", ""
        if actor.misbehave is not None:
            found = await misbehave(actor.misbehave, partner, message, part.sent.draft)
            if found.accepted is not None:
                self._sent(act, Kind.ACKNOWLEDGEMENT, found.accepted, began)
            return found.code, found.remark
        kind = Kind.INFORMATION_RESPONSE
        if actor.acknowledge is not None:
            kind = Kind.ACKNOWLEDGEMENT
            answer = await life_calls.acknowledge(partner, message, actor.acknowledge.model_dump(mode="json"))
        elif actor.read:
            answer = await life_calls.report_read(partner, message)
        elif actor.request is not None:
            assert act.request is not None
            asked = self._played.sent[act.request].message_of(act.nation)
            answer = await life_calls.step_on_request(partner, asked, actor.request.act, actor.request.body)
        else:
            draft = filled_in(
                answer_template(act, self._scenario),
                now=datetime.now(UTC),
                played=self._played.messages_of(act.nation),
                speed=self._clock.speed,
            )
            answer = await partner.publish(draft)
        if not answer.accepted:
            return answer.code, f"{act.nation}'s gateway refused it: {answer.code}"
        if actor.acknowledge is not None or actor.sends_answer:
            self._sent(act, kind, answer, began)
        return "", ""

    def _sent(self, act: Act, kind: Kind, answer: Answer, began: float) -> None:
        draft: dict[str, Any] = {"header": {"kind": kind.value}}
        self._record(Sent(act, act.nation, draft, answer.body, began))
