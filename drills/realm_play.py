"""What happens to the realm and its machinery in a drill, watched until every gateway knows."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from drills.course import Outage, StoodStill
from drills.injects import Accession, Fault
from drills.partner_system import PartnerSystem, PartnerSystemError
from drills.played import Happened
from drills.ports import Machinery, RealmOffice
from drills.scenario import Inject

PATIENCE = 30.0
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

    async def accession(self, inject: Inject, accession: Accession) -> Happened:
        """A nation becomes a member of a community."""
        loop = asyncio.get_running_loop()
        documents = await self._office.accede(accession.community, accession.nation)
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
            f"{accession.nation} is a member of {accession.community} from now on; "
            f"in force at every gateway after {1000 * (loop.time() - began):.0f} ms"
        )
        return Happened(inject, what, tuple(sorted(missing)))

    async def fault(self, inject: Inject, fault: Fault) -> Happened:
        """Something stops, or runs again; returns once the gateways have noticed."""
        nation = inject.nation
        match fault:
            case Fault.BROKER_AWAY:
                self._begins(StoodStill.BROKER, inject, None)
                await self._machinery.broker_away()
                await self._connected(False)
                self.broker_runs, what = False, "the broker stands still; gateways accept and queue"
            case Fault.BROKER_BACK:
                await self._machinery.broker_back()
                await self._connected(True)
                self._ends(StoodStill.BROKER, None)
                self.broker_runs, what = True, "the broker runs again"
            case Fault.GATEWAY_AWAY:
                self._begins(StoodStill.GATEWAY, inject, nation)
                await self._machinery.take_away(nation)
                self.away.add(nation)
                what = f"the gateway of {nation} is away; what is sent there waits"
            case Fault.GATEWAY_BACK:
                await self._machinery.bring_back(nation)
                self._ends(StoodStill.GATEWAY, nation)
                self.away.discard(nation)
                what = f"the gateway of {nation} runs again"
        return Happened(inject, what)

    def _begins(self, what: StoodStill, inject: Inject, nation: str | None) -> None:
        began = datetime.now(UTC)
        self._outages.append(Outage(what=what, nation=nation, serial=inject.serial, began=began))

    def _ends(self, what: StoodStill, nation: str | None) -> None:
        """What stood still last runs again."""
        for place, outage in enumerate(self._outages):
            if (outage.what, outage.nation) == (what, nation) and outage.until is None:
                self._outages[place] = outage.model_copy(update={"until": datetime.now(UTC)})

    async def _connected(self, wanted: bool) -> None:
        """Wait until every gateway knows that the broker is there, or that it is not."""
        for nation, partner in self._partners.items():
            until = asyncio.get_running_loop().time() + PATIENCE
            while nation not in self.away and await partner.broker_connected() is not wanted:
                if asyncio.get_running_loop().time() > until:
                    raise PartnerSystemError(f"{partner.nation}'s gateway does not notice the broker")
                await asyncio.sleep(_POLL)
