"""Playing a scenario: injects go to the gateways as partner systems would send them, over HTTP."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx

from drills.hostile import HostileActError, HostileActor, HostileResult, Loot
from drills.partner_system import Answer, GatewayAccess, PartnerSystem, PartnerSystemError
from drills.placeholders import PlayedMessage, filled_in
from drills.scenario import Acknowledge, Attempt, DraftTemplate, Hostile, HostileAct, Inject, Scenario
from schemas.base import rfc3339
from schemas.header import Precedence
from schemas.wire import lane_of


class DrillError(Exception):
    """The drill cannot go on: not an expectation that failed, but the play itself."""


class Gateways(Protocol):
    """Port: taking a nation's gateway away and bringing it back (the process, not the nation)."""

    async def take_away(self, nation: str) -> None:
        """Stop the gateway in order."""

    async def bring_back(self, nation: str) -> None:
        """Start it again; returns when it is ready."""


@dataclass(frozen=True)
class Sent:
    """A message that a gateway accepted."""

    inject: Inject
    originator: str
    draft: Mapping[str, Any]
    answer: Mapping[str, Any]
    sent_at: float

    @property
    def message(self) -> PlayedMessage:
        """Its identity on the bus."""
        return PlayedMessage(self.answer["message_id"], self.originator, self.answer["digest"])


@dataclass(frozen=True)
class Tried:
    """Something that had to fail, and what became of it."""

    inject: Inject
    answer: Answer | None = None
    hostile: HostileResult | None = None
    subject: str | None = None


@dataclass
class Played:
    """Everything that was played, by serial."""

    sent: dict[str, Sent] = field(default_factory=dict)
    tried: dict[str, Tried] = field(default_factory=dict)

    @property
    def messages(self) -> dict[str, PlayedMessage]:
        """Identities of the messages by serial."""
        return {serial: sent.message for serial, sent in self.sent.items()}


@contextlib.asynccontextmanager
async def partner_systems(accesses: Mapping[str, GatewayAccess]) -> AsyncIterator[dict[str, PartnerSystem]]:
    """A partner system per nation, each following its inbox; yields once all are connected."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx.AsyncClient(trust_env=False, timeout=30.0, limits=limits) as client:
        partners = {nation: PartnerSystem(access, client) for nation, access in accesses.items()}
        connected = {nation: asyncio.Event() for nation in partners}
        tasks = [asyncio.create_task(partner.follow(connected[name])) for name, partner in partners.items()]
        try:
            await _first_of(tasks, [event.wait() for event in connected.values()])
            yield partners
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _first_of(tasks: list[asyncio.Task[None]], waits: list[Any]) -> None:
    """Wait for all `waits`, or raise what ended a task first."""

    async def all_waits() -> None:
        await asyncio.gather(*waits)

    waiting = asyncio.create_task(all_waits())
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED, timeout=30.0)
    if waiting not in done:
        waiting.cancel()
        for task in done:
            task.result()
        raise DrillError("the gateways' inbox streams did not open")


class Player:
    """Plays the injects of one scenario in order. `began` is called before each."""

    def __init__(
        self,
        scenario: Scenario,
        partners: Mapping[str, PartnerSystem],
        gateways: Gateways,
        loot: Loot,
        began: Callable[[Inject], None],
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._gateways = gateways
        self._loot = loot
        self._began = began
        self._played = Played()

    async def play(self) -> Played:
        """Everything in order. DrillError when the play itself breaks down."""
        for inject in self._scenario.injects:
            self._began(inject)
            try:
                await self._one(inject)
            except (PartnerSystemError, HostileActError, httpx.HTTPError) as error:
                raise DrillError(f"inject {inject.serial}: {error or type(error).__name__}") from error
        return self._played

    async def _one(self, inject: Inject) -> None:
        partner = self._partners[inject.nation]
        for serial in inject.refers_to:
            await self._has_arrived(serial, inject.nation)
        if inject.publish is not None:
            await self._publish(inject, partner, inject.publish)
        elif inject.acknowledge is not None:
            began = asyncio.get_running_loop().time()
            answer = await self._acknowledge(partner, inject.acknowledge, None)
            self._sent(inject, inject.nation, {}, answer, began)
        elif inject.attempt is not None:
            await self._attempt(inject, partner, inject.attempt)
        elif inject.hostile is not None:
            await self._hostile(inject, inject.hostile)

    async def _has_arrived(self, serial: str, nation: str) -> None:
        """Whoever refers to a message has it: its author, or a nation whose inbox shows it.

        An attempt may quote what its nation never got; then there is nothing to wait for.
        """
        sent = self._played.sent[serial]
        if nation != sent.originator and nation in sent.answer["recipients"]:
            await self._partners[nation].wait_for(sent.originator, sent.message.message_id)

    async def _publish(self, inject: Inject, partner: PartnerSystem, template: DraftTemplate) -> None:
        draft = self._draft(template)
        began = asyncio.get_running_loop().time()
        answer = await partner.publish(draft)
        self._sent(inject, partner.nation, json.loads(draft), answer, began)

    def _sent(
        self, inject: Inject, originator: str, draft: Mapping[str, Any], answer: Answer, began: float
    ) -> None:
        if not answer.accepted:
            detail = answer.body.get("detail", "")
            raise PartnerSystemError(f"{originator}'s gateway refused it: {answer.code}: {detail}")
        self._played.sent[inject.serial] = Sent(inject, originator, draft, answer.body, began)

    async def _acknowledge(self, partner: PartnerSystem, acknowledge: Acknowledge, key: str | None) -> Answer:
        message = self._played.messages[acknowledge.inject]
        body = {
            "level": acknowledge.level.value,
            "outcome": acknowledge.outcome.value,
            "officer_role": acknowledge.officer_role,
            "acknowledged_at": rfc3339(datetime.now(UTC)),
        }
        if acknowledge.remarks is not None:
            body["remarks"] = acknowledge.remarks
        encoded = json.dumps(body).encode()
        return await partner.acknowledge(message.message_id, message.originator, encoded, key)

    async def _attempt(self, inject: Inject, partner: PartnerSystem, attempt: Attempt) -> None:
        key = attempt.key if attempt.key_of is None else self._partners[attempt.key_of].key
        subject = None
        template = self._scenario.template(inject)
        if template is not None:
            draft = self._draft(template, misquote_digest=attempt.misquote_digest)
            subject = json.loads(draft)["header"].get("subject")
            answer = await partner.publish(draft, key)
        else:
            assert attempt.acknowledge is not None
            answer = await self._acknowledge(partner, attempt.acknowledge, key)
        self._played.tried[inject.serial] = Tried(inject, answer=answer, subject=subject)

    async def _hostile(self, inject: Inject, hostile: Hostile) -> None:
        actor = HostileActor(inject.nation, self._loot)
        if hostile.act is HostileAct.RESEAL_FOR_THIRD:
            result = await self._reseal(inject, hostile, actor)
        else:
            message_id, content = None, b""
            if hostile.inject is not None:
                message_id = self._played.messages[hostile.inject].message_id
                content = await self._content(hostile.inject)
            result = await actor.act(hostile, message_id, content)
        self._played.tried[inject.serial] = Tried(inject, hostile=result)

    async def _reseal(self, inject: Inject, hostile: Hostile, actor: HostileActor) -> HostileResult:
        assert hostile.draft is not None
        template, victim = hostile.draft, self._partners[hostile.victim]

        async def publish() -> None:
            await self._publish(inject, victim, template)

        lane = lane_of(Precedence(template.header["precedence"]))
        await self._gateways.take_away(inject.nation)
        try:
            return await actor.reseal(hostile, lane, publish)
        finally:
            await self._gateways.bring_back(inject.nation)

    async def _content(self, serial: str) -> bytes:
        """The exact bytes of a message, as its author's gateway shows them."""
        sent = self._played.sent[serial]
        return await self._partners[sent.originator].exact_message(sent.answer["publication_id"])

    def _draft(self, template: DraftTemplate, *, misquote_digest: bool = False) -> bytes:
        return filled_in(
            template, now=datetime.now(UTC), played=self._played.messages, misquote_digest=misquote_digest
        )
