"""Agreements in a drill: proposed and acted on over HTTP, and watched until every party's gateway knows."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drills.injects import AgreementStep
from drills.partner_system import Answer, PartnerSystem, PartnerSystemError
from drills.placeholders import with_times
from drills.played import Proposed, Step
from drills.scenario import Inject

PATIENCE = 30.0
UNKNOWN = "unknown"
_POLL = 0.02


@dataclass(frozen=True)
class _OnItsWay:
    inject: Inject
    agreement: Proposed
    number: int
    began: float


class AgreementPlay:
    """Steps on agreements. What was done while nothing travels is watched once it does again."""

    def __init__(self, partners: Mapping[str, PartnerSystem]) -> None:
        self._partners = partners
        self._proposed: dict[str, Proposed] = {}
        self._under_way: list[_OnItsWay] = []

    def proposed(self, serial: str) -> Proposed:
        """The agreement that an inject proposed."""
        return self._proposed[serial]

    async def hand_in(self, nation: str, step: AgreementStep, key: str | None, now: datetime) -> Answer:
        """Ask a nation's gateway for a step, with its own API key or with ``key``."""
        partner = self._partners[nation]
        if step.act is None:
            return await partner.propose(proposal(step, now), key)
        act, proposed_in = step.act
        return await partner.act(self._proposed[proposed_in].digest, act.value, key)

    async def begin(self, inject: Inject, step: AgreementStep, now: datetime) -> None:
        """Do a step that is to be taken. PartnerSystemError when the gateway refuses it."""
        began = asyncio.get_running_loop().time()
        answer = await self.hand_in(inject.nation, step, None, now)
        if not answer.accepted:
            detail = answer.body.get("detail", "")
            raise PartnerSystemError(f"{inject.nation}'s gateway refused it: {answer.code}: {detail}")
        shown = answer.body
        if step.act is None:
            self._proposed[inject.serial] = Proposed(
                shown["id"], shown["version"], shown["digest"], _parties(shown)
            )
        proposed = self._proposed[inject.serial if step.act is None else step.act[1]]
        number = _number_of(shown, inject.nation)
        self._under_way.append(_OnItsWay(inject, proposed, number, began))

    async def arrived(self) -> dict[str, Step]:
        """Wait until every party's gateway knows of every step under way; gives them by serial."""
        under_way, self._under_way = self._under_way, []
        return {each.inject.serial: await self._watched(each) for each in under_way}

    async def state(self, serial: str, nation: str) -> str:
        """The state of an agreement at one gateway now."""
        shown = await self._partners[nation].agreement(self._proposed[serial].digest)
        return UNKNOWN if shown is None else str(shown["state"])

    async def _watched(self, each: _OnItsWay) -> Step:
        known = await asyncio.gather(*(self._known_at(nation, each) for nation in each.agreement.parties))
        at = [moment for _, moment in known]
        late = any(moment is None for moment in at)
        step = each.inject.agreement
        assert step is not None  # only agreement injects are begun
        return Step(
            each.inject,
            "propose" if step.act is None else step.act[0].value,
            each.agreement,
            {nation: state for nation, (state, _) in zip(each.agreement.parties, known, strict=True)},
            None if late else max(moment for moment in at if moment is not None) - each.began,
        )

    async def _known_at(self, nation: str, each: _OnItsWay) -> tuple[str, float | None]:
        """The state at a gateway once it knows of the step, and when that was seen."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            shown = await self._partners[nation].agreement(each.agreement.digest)
            if shown is not None and _number_of(shown, each.inject.nation) >= each.number:
                return str(shown["state"]), loop.time()
            if loop.time() > until:
                return UNKNOWN if shown is None else str(shown["state"]), None
            await asyncio.sleep(_POLL)


def proposal(step: AgreementStep, now: datetime) -> bytes:
    """The proposal of a step as JSON, its times filled in. PlaceholderError."""
    return json.dumps(with_times(step.propose, now), ensure_ascii=False).encode()


def _parties(shown: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(party["nation"] for party in shown["parties"])


def _number_of(shown: Mapping[str, Any], nation: str) -> int:
    """How many acts of a nation a gateway knows of on an agreement."""
    return next((party.get("number") or 0 for party in shown["parties"] if party["nation"] == nation), 0)
