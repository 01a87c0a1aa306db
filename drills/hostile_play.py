"""Hostile acts in a play: what they carry, and what they come to at their target."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from drills.agreement_play import AgreementPlay
from drills.counting import DUPLICATES, count_of
from drills.expectation import RECOGNISED
from drills.hostile import HostileActor, HostileResult, Loot
from drills.hostile_acts import COPIED, Hostile, HostileAct
from drills.hostile_agreements import AgreementForger
from drills.hostile_asking import ask_around
from drills.injects import DraftTemplate, Fault
from drills.partner_system import PartnerSystem
from drills.played import Played, Sent, Tried
from drills.ports import Machinery
from drills.scenario import Inject, Scenario
from schemas.header import Precedence
from schemas.reasons import ReasonCode
from schemas.wire import lane_of

PATIENCE = 30.0
_POLL = 0.02

Publish = Callable[[Inject, PartnerSystem, DraftTemplate], Awaitable[None]]


class HostilePlay:
    """Carries out hostile injects with what was stolen."""

    def __init__(
        self,
        scenario: Scenario,
        partners: Mapping[str, PartnerSystem],
        machinery: Machinery,
        loot: Loot,
        played: Played,
        agreements: AgreementPlay,
        publish: Publish,
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._machinery = machinery
        self._loot = loot
        self._played = played
        self._agreements = agreements
        self._publish = publish
        self._copies: dict[tuple[str, str], bytes] = {}

    async def play(self, inject: Inject, hostile: Hostile) -> Tried:
        """Try it. HostileActError when it could not even be tried."""
        if hostile.agreement is not None:
            return await self._forge_papers(inject, hostile)
        if hostile.act is HostileAct.LEAK and hostile.inject is not None:
            asker, victim = self._partners[inject.nation], self._partners[hostile.victim]
            result, told = await ask_around(asker, victim, self._played.sent[hostile.inject])
            codes = ("an answer",) if told else (ReasonCode.CREDENTIALS_INVALID.value,)
            return Tried(inject, hostile=result, codes=codes)
        if hostile.act in COPIED and hostile.inject is not None:
            return await self._copied(inject, hostile, self._played.sent[hostile.inject])
        actor = HostileActor(inject.nation, self._loot)
        if hostile.act is HostileAct.RESEAL_FOR_THIRD:
            result = await self._reseal(inject, hostile, actor)
        else:
            result = await actor.act(hostile, *await self._carried(hostile))
        return Tried(inject, hostile=result)

    async def _copied(self, inject: Inject, hostile: Hostile, sent: Sent) -> Tried:
        """A bundle copied at the hub; a replay is known for one at the target, and that shows at once."""
        lane = lane_of(Precedence(sent.draft["header"]["precedence"]))
        target = self._partners[hostile.target]
        await target.wait_for(sent.originator, sent.message_of(hostile.target).message_id)
        before = await count_of(target, DUPLICATES)
        actor, of = HostileActor(hostile.victim, self._loot), (sent.inject.serial, hostile.target)
        if of not in self._copies:
            # Once: afterwards the last under its subject is what was published here.
            self._copies[of] = await actor.copied(hostile, lane)
        result = await actor.publish_copy(hostile, lane, self._copies[of])
        if hostile.act is not HostileAct.REPLAY:
            return Tried(inject, hostile=result)
        until = asyncio.get_running_loop().time() + PATIENCE
        while await count_of(target, DUPLICATES) <= before:
            if asyncio.get_running_loop().time() > until:
                return Tried(inject, hostile=result, codes=())
            await asyncio.sleep(_POLL)
        return Tried(inject, hostile=result, codes=(RECOGNISED,))

    async def _carried(self, hostile: Hostile) -> tuple[str | None, bytes]:
        """Id and exact bytes of the message that a hostile act carries, if it carries one."""
        if hostile.inject is None:
            return None, b""
        sent = self._played.sent[hostile.inject]
        content = await self._partners[sent.originator].exact_message(sent.answer["publication_id"])
        return sent.message.message_id, content

    async def _forge_papers(self, inject: Inject, hostile: Hostile) -> Tried:
        """A hostile act on an agreement, and what it came to at the target: before anything else changes."""
        assert hostile.agreement is not None
        proposed = self._agreements.proposed(hostile.agreement)
        target = self._partners[hostile.target]
        before = await self._refusals(target, inject.nation)
        message_id, content = await self._carried(hostile)
        result = await AgreementForger(inject.nation, self._loot).act_on_agreement(
            hostile, proposed.digest, message_id, content
        )
        until = asyncio.get_running_loop().time() + PATIENCE
        while not (codes := tuple((await self._refusals(target, inject.nation) - before).elements())):
            if asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(_POLL)
        wanted = self._scenario.expectation(inject.serial).agreement
        states = {nation: await self._agreements.state(hostile.agreement, nation) for nation in wanted}
        return Tried(inject, hostile=result, codes=codes, states=states)

    @staticmethod
    async def _refusals(target: PartnerSystem, nation: str) -> Counter[str]:
        """How often a gateway refused papers and bundles of a nation, by code."""
        bundles = [row["reason"] for row in await target.rejected() if row.get("originator") == nation]
        return Counter((*await target.refused_papers(nation), *bundles))

    async def _reseal(self, inject: Inject, hostile: Hostile, actor: HostileActor) -> HostileResult:
        assert hostile.draft is not None
        template, victim = hostile.draft, self._partners[hostile.victim]

        async def publish() -> None:
            await self._publish(inject, victim, template)

        lane = lane_of(Precedence(template.header["precedence"]))
        await self._machinery.bring_about(Fault.GATEWAY_AWAY, inject.nation)
        try:
            return await actor.reseal(hostile, lane, publish)
        finally:
            await self._machinery.bring_about(Fault.GATEWAY_BACK, inject.nation)
