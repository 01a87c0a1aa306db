"""Listening to the gateways' alarms in a play of which it is said which must sound, or that none may."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from dataclasses import replace

import httpx

from drills import life_calls
from drills.alarms import (
    TOLD_BY,
    AlarmOutcome,
    Heard,
    figures_of,
    noise,
    not_listened,
    over_time,
    unheard,
)
from drills.partner_system import PartnerSystem, PartnerSystemError
from drills.scenario import Scenario

PATIENCE_ANSWER = 5.0
_POLL = 0.2


class AlarmWatch:
    """Asks every gateway that runs: before each inject whose alarms are judged, and once that is over."""

    def __init__(
        self, scenario: Scenario, partners: Mapping[str, PartnerSystem], away: Collection[str]
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._away = away
        self._wanted = {each.inject: each for each in scenario.expectations if each.alarms or each.quiet}
        self._serials: list[str] = []
        self._samples: dict[str, list[Heard]] = {nation: [] for nation in partners}
        self._told_to: dict[str, int] = {}

    async def before(self, serial: str) -> None:
        """The inject is about to be played."""
        last = self._wanted.get(self._serials[-1]) if self._serials else None
        if serial in self._wanted or (last is not None and last.quiet):
            self._serials.append(serial)
            await self._listen()

    async def outcomes(self, patience: float) -> tuple[AlarmOutcome, ...]:
        """What sounded after each inject, once all is heard that must be, or patience ends."""
        if not self._serials:
            return ()
        until = asyncio.get_running_loop().time() + patience
        while True:
            await self._listen()
            found = [self._outcome(place) for place, each in enumerate(self._serials) if each in self._wanted]
            heard_all = not any(missing for _, missing in found)
            if heard_all or asyncio.get_running_loop().time() > until:
                return tuple(outcome for outcome, _ in found)
            await asyncio.sleep(_POLL)

    async def _listen(self) -> None:
        """One more sample of every gateway; of one that does not answer, what was heard of it before."""
        await asyncio.gather(*(self._sample(nation) for nation in self._partners))

    async def _sample(self, nation: str) -> None:
        samples = self._samples[nation]
        before = samples[-1] if samples else Heard()
        # A gateway that is away has no alarms.
        heard = replace(before, deaf=nation not in self._away)
        if nation not in self._away:
            with contextlib.suppress(TimeoutError, httpx.HTTPError, PartnerSystemError):
                async with asyncio.timeout(PATIENCE_ANSWER):
                    heard = await self._heard(self._partners[nation], before)
        samples.append(heard)

    async def _heard(self, partner: PartnerSystem, before: Heard) -> Heard:
        metrics = await partner.metrics()
        figures = before.figures if metrics is None else figures_of(metrics)
        first = partner.nation not in self._told_to
        known = self._told_to.get(partner.nation, 0)
        rows = await life_calls.events(partner, known, *TOLD_BY)
        self._told_to[partner.nation] = int(rows[-1]["event_seq"]) if rows else known
        # What was told before anything was listened to is of earlier plays.
        told = () if first else tuple((str(row.get("reason")), str(row["at"])) for row in rows)
        return Heard(figures, (*before.told, *told), deaf=metrics is None)

    def _outcome(self, place: int) -> tuple[AlarmOutcome, bool]:
        """What came of one inject, and whether something is yet to be heard."""
        inject = self._scenario.inject(self._serials[place])
        wanted = self._wanted[inject.serial]
        end = place + 2 if wanted.quiet else None
        listened = {nation: samples[place:end] for nation, samples in self._samples.items()}
        heard = {nation: over_time(samples) for nation, samples in listened.items()}
        missing = unheard(wanted.alarms, heard)
        remarks = missing + (noise(heard) + not_listened(listened) if wanted.quiet else [])
        told = tuple(
            f"{nation}: {name}" + (f" at {at}" if at else "")
            for nation, names in heard.items()
            for name, at in names.items()
            if wanted.quiet or name in wanted.alarms.get(nation, ())
        )
        outcome = AlarmOutcome(
            serial=inject.serial,
            title=inject.title,
            nation=inject.nation,
            told=told,
            as_expected=not remarks,
            remark="; ".join(remarks),
        )
        return outcome, bool(missing)
