"""What happens to the realm and its machinery in a drill, watched until every gateway knows."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from drills.clock_error import clock_error
from drills.course import Outage, StoodStill
from drills.dependence import BRINGS_BACK
from drills.injects import Accession, Fault
from drills.partner_system import PartnerSystem, PartnerSystemError
from drills.played import Happened
from drills.ports import Machinery, RealmOffice
from drills.scenario import Inject

PATIENCE = 30.0
MENDED = tuple(StoodStill)
"""In which order things are brought back: a link is waited for at a gateway that runs, with its broker."""
_POLL = 0.02


class RealmPlay:
    """The broker, the gateways' processes and the realm's offices. ``away``: nations without a gateway."""

    def __init__(
        self,
        partners: Mapping[str, PartnerSystem],
        machinery: Machinery,
        office: RealmOffice,
        outages: list[Outage],
    ) -> None:
        self._partners = partners
        self._machinery = machinery
        self._office = office
        self._outages = outages
        self.broker_runs = True
        self.away: set[str] = set()
        self._cut: set[str] = set()
        self._unreliable: set[str] = set()

    async def accession(self, inject: Inject, accession: Accession) -> Happened:
        """A nation becomes a member of a community, or is one no more."""
        loop = asyncio.get_running_loop()
        sign = self._office.secede if accession.leaves else self._office.accede
        documents = await sign(accession.community, accession.nation)
        began = loop.time()
        answer = await self._partners[inject.nation].bring_trust(documents.body)
        if not answer.accepted:
            raise PartnerSystemError(f"{inject.nation}'s gateway refused the documents: {answer.code}")
        until = loop.time() + PATIENCE
        missing = set(self._partners) - self.away
        while missing and loop.time() < until:
            for nation in sorted(missing):
                if await self._partners[nation].trust_version() >= documents.trust_version:
                    missing.discard(nation)
            if missing:
                await asyncio.sleep(_POLL)
        what = (
            f"{accession.nation} is {'no' if accession.leaves else 'a'} member of {accession.community} "
            f"{'any more' if accession.leaves else 'from now on'}; "
            f"in force at every gateway after {1000 * (loop.time() - began):.0f} ms"
        )
        return Happened(inject, what, tuple(sorted(missing)))

    @property
    def unreachable(self) -> set[str]:
        """Nations that mail may neither reach nor leave, as things stand."""
        return self.away | self._cut | self._unreliable

    async def fault(self, inject: Inject, fault: Fault) -> Happened:
        """Something stops, or runs again; returns once the gateways have noticed."""
        nation = inject.nation
        match fault:
            case Fault.BROKER_AWAY | Fault.BROKER_BACK | Fault.BROKER_WIPED:
                what = await self._broker(inject, fault)
            case Fault.BROKER_FULL | Fault.BROKER_ROOM:
                what = await self._room(inject, fault)
            case Fault.LINK_CUT | Fault.LINK_SLOW | Fault.LINK_REORDERED | Fault.LINK_RESTORED:
                what = await self._link(inject, fault)
            case Fault.CLOCK_SKEWED | Fault.CLOCK_RIGHT:
                what = await self._clock(inject)
            case Fault.GATEWAY_BACK:
                self._ends(StoodStill.GATEWAY, nation)
                await self._machinery.bring_about(fault, nation)
                self.away.discard(nation)
                what = f"the gateway of {nation} runs again"
            case Fault.GATEWAY_RESUMED:
                self._ends(StoodStill.GATEWAY, nation)
                await self._machinery.bring_about(fault, nation)
                self.away.discard(nation)
                what = f"the gateway of {nation} goes on where it stood"
            case Fault.GATEWAY_AWAY:
                self._leaves(inject)
                await self._machinery.bring_about(fault, nation)
                what = f"the gateway of {nation} is away; what is sent there waits"
            case Fault.GATEWAY_KILLED:
                self._leaves(inject)
                await self._machinery.bring_about(fault, nation)
                what = f"the gateway of {nation} was killed; what is sent there waits"
            case Fault.GATEWAY_PAUSED:
                self._leaves(inject)
                await self._machinery.bring_about(fault, nation)
                what = f"the gateway of {nation} stands still; what is sent there waits"
        return Happened(inject, what)

    async def _broker(self, inject: Inject, fault: Fault) -> str:
        if fault is Fault.BROKER_AWAY:
            self._begins(StoodStill.BROKER, inject, None)
            await self._machinery.bring_about(fault, inject.nation)
            await self._connected(False, self._partners)
            self.broker_runs = False
            return "the broker stands still; gateways accept and queue"
        if fault is Fault.BROKER_WIPED:
            await self._machinery.bring_about(fault, inject.nation)
            return "all that the broker kept is destroyed"
        self._ends(StoodStill.BROKER, None)
        await self._machinery.bring_about(fault, inject.nation)
        await self._connected(True, self._partners)
        self.broker_runs = True
        return "the broker runs again"

    async def _room(self, inject: Inject, fault: Fault) -> str:
        if fault is Fault.BROKER_FULL:
            self._begins(StoodStill.ROOM, inject, None)
            await self._machinery.bring_about(fault, inject.nation)
            self.broker_runs = False
            return "the broker has no room left: it delivers, and stores nothing more"
        self._ends(StoodStill.ROOM, None)
        await self._machinery.bring_about(fault, inject.nation)
        self.broker_runs = True
        return "the broker has room again"

    async def _clock(self, inject: Inject) -> str:
        nation, ahead = inject.nation, clock_error(inject.by) if inject.by is not None else timedelta(0)
        if ahead:
            self._begins(StoodStill.CLOCK, inject, nation)
            self._unreliable.add(nation)
        else:
            self._ends(StoodStill.CLOCK, nation)
            self._unreliable.discard(nation)
        await self._machinery.set_clock(nation, ahead)
        if not ahead:
            return f"the clock of {nation}'s gateway is right again"
        how = "ahead" if ahead > timedelta(0) else "behind"
        return f"the clock of {nation}'s gateway is {abs(ahead)} {how}"

    async def _link(self, inject: Inject, fault: Fault) -> str:
        nation = inject.nation
        if fault is Fault.LINK_CUT:
            self._begins(StoodStill.LINK, inject, nation)
            await self._machinery.bring_about(fault, inject.nation)
            await self._connected(False, (nation,))
            self._cut.add(nation)
            return f"{nation} is cut off from the broker; its gateway accepts and queues"
        if fault is Fault.LINK_SLOW:
            self._begins(StoodStill.SPEED, inject, nation)
            await self._machinery.bring_about(fault, inject.nation)
            return f"whatever goes to {nation} or comes from it takes longer"
        if fault is Fault.LINK_REORDERED:
            self._begins(StoodStill.ORDER, inject, nation)
            await self._machinery.bring_about(fault, inject.nation)
            self._unreliable.add(nation)
            return (
                f"what goes to {nation} or comes from it changes places; its gateway takes it in order only"
            )
        for what in (StoodStill.LINK, StoodStill.SPEED, StoodStill.ORDER):
            self._ends(what, nation)
        await self._machinery.bring_about(fault, nation)
        self._cut.discard(nation)
        self._unreliable.discard(nation)
        await self._connected(True, (nation,))
        return f"the link of {nation} is as it was"

    async def mend(self, injects: Iterable[Inject]) -> None:
        """Bring back what these faults took away and nothing has brought back since: the broker first."""
        open_ones = {outage.serial: outage for outage in self._outages if outage.until is None}
        ends = {began: fault for fault, begins in BRINGS_BACK.items() for began in begins}
        broken = [each for each in injects if each.serial in open_ones and each.fault in ends]
        for inject in sorted(broken, key=lambda each: MENDED.index(open_ones[each.serial].what)):
            assert inject.fault is not None
            await self.fault(inject.model_copy(update={"by": None}), ends[inject.fault])

    def _leaves(self, inject: Inject) -> None:
        self._begins(StoodStill.GATEWAY, inject, inject.nation)
        self.away.add(inject.nation)

    def _begins(self, what: StoodStill, inject: Inject, nation: str | None) -> None:
        began = datetime.now(UTC)
        self._outages.append(Outage(what=what, nation=nation, serial=inject.serial, began=began))

    def _ends(self, what: StoodStill, nation: str | None) -> None:
        """What stood still is brought back from now on: how long that takes is part of recovering."""
        for place, outage in enumerate(self._outages):
            if (outage.what, outage.nation) == (what, nation) and outage.until is None:
                # A clock that was put back in between makes no outage that ends before it began.
                until = max(outage.began, datetime.now(UTC))
                self._outages[place] = outage.model_copy(update={"until": until})

    async def _connected(self, wanted: bool, nations: Iterable[str]) -> None:
        """Wait until these nations' gateways know that the broker is there, or that it is not."""
        for nation in nations:
            partner = self._partners[nation]
            if wanted and nation in self._cut:
                continue
            until = asyncio.get_running_loop().time() + PATIENCE
            while nation not in self.away and await partner.broker_connected() is not wanted:
                if asyncio.get_running_loop().time() > until:
                    raise PartnerSystemError(f"{partner.nation}'s gateway does not notice the broker")
                await asyncio.sleep(_POLL)
