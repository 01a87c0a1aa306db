"""Playing a scenario: injects go to the gateways as partner systems would send them, over HTTP."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from drills import life_calls
from drills.actors_play import ActorsPlay
from drills.agreement_play import AgreementPlay
from drills.alarm_watch import AlarmWatch
from drills.backfill_play import BackfillPlay
from drills.exercise_clock import ExerciseClock
from drills.gate import Gate
from drills.hostile import HostileActError, Loot
from drills.hostile_play import HostilePlay
from drills.injects import Acknowledge, Attempt, DraftTemplate
from drills.life_play import LifePlay
from drills.observing import Observer
from drills.partner_system import Answer, PartnerSystem, PartnerSystemError
from drills.placeholders import PlaceholderError, filled_in
from drills.played import DrillError, Played, Sent, Tried
from drills.ports import Machinery, RealmOffice
from drills.realm_play import RealmPlay
from drills.scenario import Inject, Scenario
from drills.under_way import UnderWay
from drills.webhook_play import hook_up
from schemas.header import Kind


class Player:
    """Plays the injects of one scenario in order. `began` is called before each that the gate admits.

    ``patience``: seconds to wait for what must become of a message before the next inject. ``seed``: what the
    actors' dice fall by.
    """

    def __init__(
        self,
        scenario: Scenario,
        partners: Mapping[str, PartnerSystem],
        machinery: Machinery,
        office: RealmOffice,
        loot: Loot,
        began: Callable[[Inject], None],
        patience: float,
        gate: Gate,
        clock: ExerciseClock,
        seed: int,
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._began = began
        self._gate = gate
        self._played = Played()
        self._realm = RealmPlay(partners, machinery, office, self._played.outages)
        self.alarms = AlarmWatch(scenario, partners, self._realm.away)
        self._agreements = AgreementPlay(partners)
        self._clock = clock
        self._actors = ActorsPlay(
            scenario, partners, self._played, self._realm, clock, seed, self._record, patience
        )
        observer = Observer(scenario, partners, self._played, self._realm.away)
        self._lives = LifePlay(scenario, partners, self._played, observer, patience, self._actors)
        self._hostile = HostilePlay(
            scenario, partners, machinery, loot, self._played, self._agreements, self._publish
        )
        self._backfills = BackfillPlay(partners, self._played)
        self._under_way = UnderWay(partners, self._played, self._realm)

    async def play(self) -> Played:
        """Everything in order. DrillError when the play itself breaks down."""
        self._clock.start(self._scenario.injects[0].moment)
        try:
            await self._play()
        except BaseException:
            await self._actors.stop()
            raise
        return self._played

    async def finish(self) -> None:
        """What actors still owe is done."""
        await self._actors.finish()

    async def _play(self) -> None:
        for inject in self._scenario.injects:
            if not await self._gate.admits(inject, self._due(inject)):
                continue
            self._began(inject)
            self._played.began[inject.serial] = datetime.now(UTC)
            if (moment := self._clock.now) is not None:
                self._played.moments[inject.serial] = moment
            try:
                await self.alarms.before(inject.serial)
                await self._one(inject)
                self._gate.played(inject)
            except (PartnerSystemError, HostileActError, PlaceholderError, httpx.HTTPError) as error:
                why = str(error) or type(error).__name__
                if not self._gate.broke(inject, why):
                    raise DrillError(f"inject {inject.serial}: {why}") from error
                del self._played.began[inject.serial]

    @property
    def so_far(self) -> Played:
        """What has been played; it grows while the play goes on."""
        return self._played

    async def mend(self) -> None:
        """After a play that was ended before its time: what faults took away is brought back. DrillError."""
        await self._actors.stop()
        try:
            await self._realm.mend(self._scenario.injects)
        except (PartnerSystemError, httpx.HTTPError) as error:
            raise DrillError(f"bringing back what stood still: {error or type(error).__name__}") from error

    async def _due(self, inject: Inject) -> None:
        """Returns when the inject's time has come; without a speed at once, since causes alone order it."""
        await self._clock.reached(inject.moment)

    async def _one(self, inject: Inject) -> None:
        partner = self._partners[inject.nation]
        if inject.about_agreement or inject.accession or inject.fault or inject.backfill:
            await self._under_way.settled()
        for serial in inject.refers_to:
            await self._under_way.has_arrived(serial, inject.nation)
        template = self._scenario.template(inject)
        if inject.publish is not None and template is not None:
            await self._publish(inject, partner, template)
        elif inject.preview is not None and template is not None:
            await self._preview(inject, partner, template)
        elif inject.looks_at is not None:
            await self._act_on(inject, partner)
        elif inject.attempt is not None:
            await self._attempt(inject, partner, inject.attempt)
        elif inject.hostile is not None:
            self._played.tried[inject.serial] = await self._hostile.play(inject, inject.hostile)
        elif inject.backfill is not None:
            self._under_way.add(*await self._backfills.send(inject, inject.backfill))
            await self._under_way.settled()
        elif inject.webhook is not None:
            self._played.hooked[inject.serial] = await hook_up(inject, partner, inject.webhook.types)
        else:
            await self._change_realm(inject)
        self._lives.begin(inject)
        await self._let_travel()

    async def _change_realm(self, inject: Inject) -> None:
        """A step on an agreement, an accession or a fault."""
        if inject.agreement is not None:
            await self._agreements.begin(inject, inject.agreement, datetime.now(UTC))
        elif inject.accession is not None:
            self._played.happened[inject.serial] = await self._realm.accession(inject, inject.accession)
        elif inject.fault is not None:
            self._under_way.faulted()
            self._played.happened[inject.serial] = await self._realm.fault(inject, inject.fault)

    async def _act_on(self, inject: Inject, partner: PartnerSystem) -> None:
        """Something is done with an earlier message, or it is only watched."""
        began = asyncio.get_running_loop().time()
        if inject.acknowledge is not None:
            answer = await self._acknowledge(partner, inject.acknowledge, None)
            self._sent(inject, inject.nation, {}, answer, began)
            return
        given = await self._lives.hand_in(inject)
        if inject.answers_request and given is not None:
            header = {"kind": Kind.INFORMATION_RESPONSE.value}
            self._sent(inject, inject.nation, {"header": header}, given, began)
        elif given is not None:
            _require_accepted(inject.nation, given)

    async def _preview(self, inject: Inject, partner: PartnerSystem, template: DraftTemplate) -> None:
        draft = self._draft(template, partner.nation)
        subject = str(json.loads(draft)["header"].get("subject", ""))
        self._played.previewed[inject.serial] = (inject, subject, await partner.preview(draft))

    async def _let_travel(self) -> None:
        """Wait until the parties know of what was done; not while nothing travels."""
        if self._realm.broker_runs:
            await self._actors.caught_up()
            self._played.steps |= await self._agreements.arrived()
            await self._lives.arrived()

    async def _publish(self, inject: Inject, partner: PartnerSystem, template: DraftTemplate) -> None:
        draft = self._draft(template, partner.nation)
        began = asyncio.get_running_loop().time()
        answer = await partner.publish(draft)
        self._sent(inject, partner.nation, json.loads(draft), answer, began)
        await self._under_way.made_ready(partner, answer.body["publication_id"])

    def _sent(
        self, inject: Inject, originator: str, draft: Mapping[str, Any], answer: Answer, began: float
    ) -> None:
        _require_accepted(originator, answer)
        self._record(Sent(inject, originator, draft, answer.body, began))

    def _record(self, sent: Sent) -> None:
        """A message was accepted, of an inject or an actor."""
        self._under_way.add(sent.inject.serial)
        self._played.sent[sent.inject.serial] = sent
        self._actors.sent(sent.inject.serial, sent)

    async def _acknowledge(self, partner: PartnerSystem, acknowledge: Acknowledge, key: str | None) -> Answer:
        message = self._played.messages_of(partner.nation)[acknowledge.inject]
        given = acknowledge.model_dump(mode="json", exclude={"inject"})
        return await life_calls.acknowledge(partner, message, given, key)

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
        elif attempt.backfill is not None:
            await self._under_way.settled()
            answer = await self._backfills.hand_in(
                partner.nation, attempt.backfill, misquote_digest=attempt.misquote_digest
            )
        elif attempt.request is not None:
            answer = await self._lives.step_on_request(partner.nation, attempt.request)
        else:
            assert attempt.acknowledge is not None
            answer = await self._acknowledge(partner, attempt.acknowledge, key)
        self._played.tried[inject.serial] = Tried(inject, answer=answer, subject=subject)

    def _draft(self, template: DraftTemplate, nation: str, *, misquote_digest: bool = False) -> bytes:
        return filled_in(
            template,
            now=datetime.now(UTC),
            played=self._played.messages_of(nation),
            misquote_digest=misquote_digest,
            speed=self._clock.speed,
        )


def _require_accepted(nation: str, answer: Answer) -> None:
    if not answer.accepted:
        detail = answer.body.get("detail", "")
        raise PartnerSystemError(f"{nation}'s gateway refused it: {answer.code}: {detail}")
