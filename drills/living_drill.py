"""A drill without end: storylines played again and again, slowly, so that people see a realm at work.

It drives gateways by HTTP as partner systems do. Before a storyline begins again, what its last playing left
standing is cancelled, so that nothing piles up. Nothing that goes wrong ends it: a gateway that is away, or a
draft that is refused, is a line in the journal, and the storyline goes on without.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from drills.acting import Act
from drills.left_standing import STANDING, end_left
from drills.life_calls import cancel, recall, report_read, step_on_request
from drills.partner_system import Answer, GatewayAccess, PartnerSystem, PartnerSystemError
from drills.placeholders import PlaceholderError, PlayedMessage
from drills.played import Sent
from drills.scenario import Inject
from drills.storylines import PLAYED_HERE, Life, Storyline, seconds_in
from schemas.base import rfc3339
from schemas.cancellation import CancellationReason
from schemas.drill_journal import JournalLine, Played
from schemas.header import CHANGING

PATIENCE = 10.0
AT_ONCE = 4
"""Storylines under way at a time."""
HURRIED_SECONDS = 40.0
HURRY = 6.0
"""So much faster it goes in its first seconds: whoever looks in the first minute sees a realm at work."""
ARRIVAL_TRIES = 20
ARRIVAL_PAUSE = 0.5


@dataclass
class _Run:
    """One playing of a storyline."""

    number: int
    storyline: Storyline
    dice: random.Random
    sent: dict[str, Sent] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    """Serials of what gateways accepted."""


class LivingDrill:
    """Plays a life against gateways until it is cancelled; ``told`` gets every line of the journal.

    ``left``: what an earlier run published and may have left standing: it is cancelled first.
    ``speed``: how much faster than written; ``seed`` fixes the order and every choice.
    """

    def __init__(
        self,
        life: Life,
        accesses: Mapping[str, GatewayAccess],
        told: Callable[[JournalLine], None],
        *,
        left: Iterable[JournalLine] = (),
        speed: float = 1.0,
        seed: int | None = None,
    ) -> None:
        self._life = life
        self._accesses = accesses
        self._told = told
        self._left_before = tuple(left)
        self._speed = speed
        self._dice = random.Random(seed)
        self._began: float | None = None
        self._last: dict[str, _Run] = {}
        self._left: dict[str, list[Sent]] = {}
        """By storyline: what was to be cancelled while its gateway was away."""

    async def play(self) -> None:
        """Never returns by itself."""
        self._began = asyncio.get_running_loop().time()
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
            partners = {nation: PartnerSystem(access, client) for nation, access in self._accesses.items()}
            await end_left(self._left_before, partners)
            storylines = self._in_turn()
            async with asyncio.TaskGroup() as group:
                for place in range(AT_ONCE):
                    group.create_task(self._one_after_another(storylines, partners, place))

    def _in_turn(self) -> Iterator[_Run]:
        """Every storyline whose nations are here, once, in an order drawn anew, and so for ever."""
        number = 0
        here = [line for line in self._life.storylines if _nations(line) <= set(self._accesses)]
        while here:
            self._dice.shuffle(here)
            for storyline in here:
                number += 1
                yield _Run(number, storyline, random.Random(self._dice.random()))

    async def _one_after_another(
        self, runs: Iterator[_Run], partners: Mapping[str, PartnerSystem], place: int
    ) -> None:
        await self._wait(4.0 * place)
        for run in runs:
            await self._play_one(run, partners)
            await self._wait(run.dice.uniform(4, 12))

    async def _play_one(self, run: _Run, partners: Mapping[str, PartnerSystem]) -> None:
        await self._clear(run.storyline, partners)
        self._last[run.storyline.title] = run
        at = 0.0
        for inject in run.storyline.injects:
            await self._wait(seconds_in(inject) - at)
            at = seconds_in(inject)
            answer = await _tried(self._do(run, inject, partners[inject.nation]))
            if answer is not None and answer.accepted:
                run.done.add(inject.serial)
            self._tell(run.storyline, inject, _kind(inject), answer, _publication(run, inject))

    async def _clear(self, storyline: Storyline, partners: Mapping[str, PartnerSystem]) -> None:
        """Cancel the alerts and notices that the storyline's last playing left standing."""
        last, left = self._last.get(storyline.title), self._left.pop(storyline.title, [])
        for sent in left if last is None else left + _standing(last):
            publication = str(sent.answer["publication_id"])
            reason = CancellationReason.OVERTAKEN.value
            answer = await _tried(cancel(partners[sent.originator], publication, reason))
            if answer is None:
                self._left.setdefault(storyline.title, []).append(sent)
            self._tell(storyline, sent.inject, "cancel", answer, publication)

    def _tell(
        self,
        storyline: Storyline,
        inject: Inject | Act,
        did: str,
        answer: Answer | None,
        publication: str | None,
    ) -> None:
        became = Played.UNREACHABLE
        if answer is not None:
            became = Played.DONE if answer.accepted else Played.REFUSED
        self._told(
            JournalLine(
                at=datetime.now(UTC),
                nation=inject.nation,
                storyline=storyline.title,
                title=inject.title,
                did=did,
                became=became,
                code=answer.code if answer is not None and became is Played.REFUSED else None,
                publication_id=publication,
            )
        )

    async def _do(self, run: _Run, inject: Inject, partner: PartnerSystem) -> Answer | None:
        """Do what the inject says; None when what it refers to is not there."""
        template = run.storyline.template(inject)
        if template is not None:
            played = {serial: sent.message_of(inject.nation) for serial, sent in run.sent.items()}
            await self._has_arrived(run, inject, partner)
            now = datetime.now(UTC)
            draft = self._life.draft(template, number=run.number, now=now, played=played, dice=run.dice)
            return await self._publish(run, inject, partner, draft)
        sent = run.sent.get(inject.looks_at or "")
        if sent is None:
            return None
        if inject.cancel is not None:
            return await cancel(partner, sent.answer["publication_id"], inject.cancel.reason.value)
        if inject.recall is not None:
            wanted = inject.recall
            return await recall(partner, sent.answer["publication_id"], wanted.reason.value, wanted.history)
        await self._has_arrived(run, inject, partner)
        message = sent.message_of(inject.nation)
        if inject.read is not None:
            return await report_read(partner, message)
        if inject.request is not None:
            return await step_on_request(partner, message, inject.request.act.value, inject.request.body)
        return await _acknowledge(partner, inject, message)

    async def _publish(self, run: _Run, inject: Inject, partner: PartnerSystem, draft: bytes) -> Answer:
        began = asyncio.get_running_loop().time()
        answer = await partner.publish(draft)
        if answer.accepted:
            run.sent[inject.serial] = Sent(inject, inject.nation, json.loads(draft), answer.body, began)
        return answer

    async def _has_arrived(self, run: _Run, inject: Inject, partner: PartnerSystem) -> None:
        """Whoever refers to a partner's message must have it. PartnerSystemError when it does not come."""
        for serial in inject.refers_to:
            sent = run.sent.get(serial)
            if sent is None:
                raise PartnerSystemError(f"inject {serial} was not played")
            if sent.originator != inject.nation:
                await _arrival(partner, sent.message_of(inject.nation))

    async def _wait(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        young = self._began is not None and now - self._began < HURRIED_SECONDS
        await asyncio.sleep(max(0.0, seconds) / (self._speed * (HURRY if young else 1.0)))


async def _tried(act: Awaitable[Answer | None]) -> Answer | None:
    """What the gateway answered; None when nothing could be done."""
    try:
        return await act
    except (PartnerSystemError, PlaceholderError, httpx.HTTPError):
        return None


def _standing(run: _Run) -> list[Sent]:
    """The alerts and notices that stand at a playing's end: not changed, cancelled or recalled in it."""
    done = [inject for inject in run.storyline.injects if inject.serial in run.done]
    ended = {each.inject for inject in done for each in (inject.cancel, inject.recall) if each is not None}
    ended |= {
        each.inject
        for inject in done
        for each in (inject.publish and inject.publish.references) or ()
        if each.relation in CHANGING
    }
    return [
        sent
        for serial, sent in run.sent.items()
        if serial not in ended and sent.draft["header"]["kind"] in STANDING
    ]


async def _acknowledge(partner: PartnerSystem, inject: Inject, message: PlayedMessage) -> Answer:
    given = inject.acknowledge
    assert given is not None
    body = {
        "level": given.level.value,
        "outcome": given.outcome.value,
        "officer_role": given.officer_role,
        "acknowledged_at": rfc3339(datetime.now(UTC)),
    }
    if given.remarks is not None:
        body["remarks"] = given.remarks
    return await partner.acknowledge(message.message_id, message.originator, json.dumps(body).encode())


async def _arrival(partner: PartnerSystem, message: PlayedMessage) -> None:
    for _ in range(ARRIVAL_TRIES):
        path = f"/v1/inbox/{message.message_id}"
        if (await partner.look(path, {"originator": message.originator})).accepted:
            return
        await asyncio.sleep(ARRIVAL_PAUSE)
    raise PartnerSystemError(f"{message.message_id} did not reach {partner.nation}")


def _publication(run: _Run, inject: Inject) -> str | None:
    sent = run.sent.get(inject.serial)
    return None if sent is None else str(sent.answer["publication_id"])


def _nations(storyline: Storyline) -> set[str]:
    return {inject.nation for inject in storyline.injects}


def _kind(inject: Inject) -> str:
    return next(kind for kind in PLAYED_HERE if getattr(inject, kind) is not None)
