"""Playing a scenario: injects go to the gateways as partner systems would send them, over HTTP."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from drills.agreement_play import AgreementPlay
from drills.expectation import SETTLED
from drills.hostile import HostileActError, HostileActor, HostileResult, Loot
from drills.hostile_agreements import AgreementForger
from drills.injects import Accession, Acknowledge, Attempt, DraftTemplate, Fault, Hostile, HostileAct
from drills.partner_system import Answer, PartnerSystem, PartnerSystemError
from drills.placeholders import filled_in
from drills.played import DrillError, Happened, Played, Sent, Tried
from drills.ports import Machinery, RealmOffice
from drills.scenario import Inject, Scenario
from schemas.base import rfc3339
from schemas.header import Precedence
from schemas.reasons import ReasonCode
from schemas.wire import lane_of

PATIENCE = 30.0
_POLL = 0.02


class Player:
    """Plays the injects of one scenario in order. `began` is called before each."""

    def __init__(
        self,
        scenario: Scenario,
        partners: Mapping[str, PartnerSystem],
        machinery: Machinery,
        office: RealmOffice,
        loot: Loot,
        began: Callable[[Inject], None],
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._machinery = machinery
        self._office = office
        self._loot = loot
        self._began = began
        self._played = Played()
        self._agreements = AgreementPlay(partners)
        self._broker_runs = True
        self._ahead: set[str] = set()
        self._under_way: list[str] = []

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
        if inject.about_agreement or inject.accession or inject.fault:
            await self._settled()
        for serial in inject.refers_to:
            await self._has_arrived(serial, inject.nation)
        template = self._scenario.template(inject)
        if inject.publish is not None and template is not None:
            await self._publish(inject, partner, template)
        elif inject.preview is not None and template is not None:
            await self._preview(inject, partner, template)
        elif inject.agreement is not None:
            await self._agreements.begin(inject, inject.agreement, datetime.now(UTC))
            await self._let_travel()
        elif inject.accession is not None:
            await self._accession(inject, partner, inject.accession)
        elif inject.fault is not None:
            await self._fault(inject, inject.fault)
        elif inject.acknowledge is not None:
            began = asyncio.get_running_loop().time()
            answer = await self._acknowledge(partner, inject.acknowledge, None)
            self._sent(inject, inject.nation, {}, answer, began)
        elif inject.attempt is not None:
            await self._attempt(inject, partner, inject.attempt)
        elif inject.hostile is not None:
            await self._hostile(inject, inject.hostile)

    async def _preview(self, inject: Inject, partner: PartnerSystem, template: DraftTemplate) -> None:
        draft = self._draft(template, partner.nation)
        subject = str(json.loads(draft)["header"].get("subject", ""))
        self._played.previewed[inject.serial] = (inject, subject, await partner.preview(draft))

    async def _let_travel(self) -> None:
        """Wait until the parties know of what was done; not while nothing travels."""
        if self._broker_runs:
            self._played.steps |= await self._agreements.arrived()

    async def _accession(self, inject: Inject, partner: PartnerSystem, accession: Accession) -> None:
        loop = asyncio.get_running_loop()
        documents = await self._office.accede(accession.community, accession.nation)
        began = loop.time()
        answer = await partner.bring_trust(documents.body)
        if not answer.accepted:
            raise PartnerSystemError(f"{inject.nation}'s gateway refused the documents: {answer.code}")
        until = loop.time() + PATIENCE
        missing = set(self._partners)
        while missing and loop.time() < until:
            for nation in sorted(missing):
                if await self._partners[nation].trust_version() >= documents.trust_version:
                    missing.discard(nation)
            if missing:
                await asyncio.sleep(_POLL)
        what = (
            f"{accession.nation} is a member of {accession.community} from now on; "
            f"in force at every gateway after {1000 * (loop.time() - began):.0f} ms"
        )
        self._played.happened[inject.serial] = Happened(inject, what, tuple(sorted(missing)))

    async def _fault(self, inject: Inject, fault: Fault) -> None:
        if fault is Fault.BROKER_AWAY:
            await self._machinery.broker_away()
            self._ahead.clear()
            await self._connected(False)
            self._broker_runs, what = False, "the broker stands still; gateways accept and queue"
        else:
            await self._machinery.broker_back()
            await self._connected(True)
            self._broker_runs, what = True, "the broker runs again"
            await self._let_travel()
        self._played.happened[inject.serial] = Happened(inject, what)

    async def _has_arrived(self, serial: str, nation: str) -> None:
        """Whoever refers to a message has it: its author, or a nation whose inbox shows it.

        An attempt may quote what its nation never got; then there is nothing to wait for.
        """
        sent = self._played.sent[serial]
        codes = {row["nation"]: row["code"] for row in sent.answer["decisions"]}
        if codes.get(nation) == ReasonCode.DISPLAY_ONLY_PERMITTED.value:
            await self._settled()  # the nation's own system will never see it
        elif nation != sent.originator and nation in sent.answer["recipients"]:
            await self._partners[nation].wait_for(sent.originator, sent.message_of(nation).message_id)

    async def _connected(self, wanted: bool) -> None:
        """Wait until every gateway knows that the broker is there, or that it is not."""
        for partner in self._partners.values():
            until = asyncio.get_running_loop().time() + PATIENCE
            while await partner.broker_connected() is not wanted:
                if asyncio.get_running_loop().time() > until:
                    raise PartnerSystemError(f"{partner.nation}'s gateway does not notice the broker")
                await asyncio.sleep(_POLL)

    async def _settled(self) -> None:
        """Wait until nothing that was published is under way: what changes now does not concern it."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while self._broker_runs and self._under_way and asyncio.get_running_loop().time() < until:
            sent = self._played.sent[self._under_way[0]]
            shown = await self._partners[sent.originator].publication(sent.answer["publication_id"])
            if all(row["state"] in SETTLED for row in shown["deliveries"]):
                self._under_way.pop(0)
            else:
                await asyncio.sleep(_POLL)
        self._under_way = self._under_way if not self._broker_runs else []

    async def _made_ready(self, partner: PartnerSystem, publication_id: str) -> None:
        """Without a broker a gateway makes one bundle ahead; what comes after it waits undecided.

        The first message of that time is waited for until it stands in that bundle.
        """
        if self._broker_runs or partner.nation in self._ahead:
            return
        self._ahead.add(partner.nation)
        until = asyncio.get_running_loop().time() + PATIENCE
        while any(not row["attempts"] for row in (await partner.publication(publication_id))["deliveries"]):
            if asyncio.get_running_loop().time() > until:
                raise PartnerSystemError(f"{partner.nation}'s gateway makes no bundle ahead")
            await asyncio.sleep(_POLL)

    async def _publish(self, inject: Inject, partner: PartnerSystem, template: DraftTemplate) -> None:
        draft = self._draft(template, partner.nation)
        began = asyncio.get_running_loop().time()
        answer = await partner.publish(draft)
        self._sent(inject, partner.nation, json.loads(draft), answer, began)
        await self._made_ready(partner, answer.body["publication_id"])

    def _sent(
        self, inject: Inject, originator: str, draft: Mapping[str, Any], answer: Answer, began: float
    ) -> None:
        if not answer.accepted:
            detail = answer.body.get("detail", "")
            raise PartnerSystemError(f"{originator}'s gateway refused it: {answer.code}: {detail}")
        self._under_way.append(inject.serial)
        self._played.sent[inject.serial] = Sent(inject, originator, draft, answer.body, began)

    async def _acknowledge(self, partner: PartnerSystem, acknowledge: Acknowledge, key: str | None) -> Answer:
        message = self._played.messages_of(partner.nation)[acknowledge.inject]
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
            draft = self._draft(template, partner.nation, misquote_digest=attempt.misquote_digest)
            subject = json.loads(draft)["header"].get("subject")
            answer = await partner.publish(draft, key)
        elif attempt.agreement is not None:
            now = datetime.now(UTC)
            answer = await self._agreements.hand_in(partner.nation, attempt.agreement, key, now)
        else:
            assert attempt.acknowledge is not None
            answer = await self._acknowledge(partner, attempt.acknowledge, key)
        self._played.tried[inject.serial] = Tried(inject, answer=answer, subject=subject)

    async def _hostile(self, inject: Inject, hostile: Hostile) -> None:
        if hostile.agreement is not None:
            self._played.tried[inject.serial] = await self._forge_papers(inject, hostile)
            return
        actor = HostileActor(inject.nation, self._loot)
        if hostile.act is HostileAct.RESEAL_FOR_THIRD:
            result = await self._reseal(inject, hostile, actor)
        else:
            result = await actor.act(hostile, *await self._carried(hostile))
        self._played.tried[inject.serial] = Tried(inject, hostile=result)

    async def _carried(self, hostile: Hostile) -> tuple[str | None, bytes]:
        """Id and exact bytes of the message that a hostile act carries, if it carries one."""
        if hostile.inject is None:
            return None, b""
        return self._played.sent[hostile.inject].message.message_id, await self._content(hostile.inject)

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
        await self._machinery.take_away(inject.nation)
        try:
            return await actor.reseal(hostile, lane, publish)
        finally:
            await self._machinery.bring_back(inject.nation)

    async def _content(self, serial: str) -> bytes:
        """The exact bytes of a message, as its author's gateway shows them."""
        sent = self._played.sent[serial]
        return await self._partners[sent.originator].exact_message(sent.answer["publication_id"])

    def _draft(self, template: DraftTemplate, nation: str, *, misquote_digest: bool = False) -> bytes:
        return filled_in(
            template,
            now=datetime.now(UTC),
            played=self._played.messages_of(nation),
            misquote_digest=misquote_digest,
        )
