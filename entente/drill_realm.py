"""A drill's realm on this machine: the ports that the drill needs, over real processes and real keys."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta

import httpx

from bus.authority import Realm
from bus.embedded import EmbeddedServerError
from bus.provisioning import ProvisioningError
from drills.injects import ON_BROKER, ON_LINKS, Fault
from drills.played import DrillError
from drills.ports import SignedDocuments
from entente.bringing_out import put_in_force, request_body
from entente.drilled_gateway import set_clock
from entente.gateway_process import GatewayProcess
from entente.realm import RunningRealm
from entente.realm_files import RealmFiles
from schemas.community import Community, Membership
from schemas.trust import DocumentType

SLOW_SECONDS = 0.3


class RealmMachinery:
    """Implements `drills.ports.Machinery`."""

    def __init__(self, realm: RunningRealm) -> None:
        self._realm = realm

    async def bring_about(self, fault: Fault, nation: str) -> None:
        """Stop, kill, pause, cut, destroy, or bring back. DrillError when it cannot be done here."""
        if fault in ON_LINKS:
            self._on_link(fault, nation)
        elif fault in ON_BROKER:
            await self._on_broker(fault)
        else:
            await self._on_gateway(fault, self._realm.processes[nation])

    async def set_clock(self, nation: str, ahead: timedelta) -> None:
        """Let the clock of the nation's gateway be so far ahead, while it runs."""
        clock = self._realm.processes[nation].clock
        if clock is None:
            raise DrillError(f"the clock of {nation}'s gateway cannot be set in this realm")
        set_clock(clock, ahead)

    async def _on_gateway(self, fault: Fault, process: GatewayProcess) -> None:
        match fault:
            case Fault.GATEWAY_AWAY:
                await process.stop()
            case Fault.GATEWAY_KILLED:
                await process.crash()
            case Fault.GATEWAY_PAUSED:
                process.signal(signal.SIGSTOP)
            case Fault.GATEWAY_RESUMED:
                process.signal(signal.SIGCONT)
                await _ready(process)
            case Fault.GATEWAY_BACK:
                await process.start()
                await _ready(process)

    async def _on_broker(self, fault: Fault) -> None:
        broker = self._realm.broker
        try:
            match fault:
                case Fault.BROKER_AWAY:
                    await broker.stop()
                case Fault.BROKER_BACK:
                    await broker.start()
                case Fault.BROKER_FULL:
                    await broker.fill()
                case Fault.BROKER_ROOM:
                    await broker.make_room()
                case _:
                    await broker.wipe()
        except (EmbeddedServerError, ProvisioningError) as error:
            raise DrillError(str(error)) from error

    def _on_link(self, fault: Fault, nation: str) -> None:
        link = self._realm.links.get(nation)
        if link is None:
            raise DrillError(f"the gateway of {nation} has no link of its own in this realm")
        if fault is Fault.LINK_CUT:
            link.cut()
        elif fault is Fault.LINK_SLOW:
            link.slow_down(SLOW_SECONDS)
        elif fault is Fault.LINK_REORDERED:
            link.reorder()
        else:
            link.restore()


async def _ready(process: GatewayProcess) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await process.wait_ready(client)


class KeyHolders:
    """Implements `drills.ports.RealmOffice` with the offline keys of the drill's own realm."""

    def __init__(self, files: RealmFiles) -> None:
        self._files = files

    async def accede(self, community: str, nation: str) -> SignedDocuments:
        """Sign the community's next version and a snapshot. DrillError when that would change nothing."""
        return await asyncio.to_thread(self._sign, community, nation, True)

    async def secede(self, community: str, nation: str) -> SignedDocuments:
        """Sign the community's next version and a snapshot. DrillError when that would change nothing."""
        return await asyncio.to_thread(self._sign, community, nation, False)

    def _sign(self, community: str, nation: str, joins: bool) -> SignedDocuments:
        files, now = self._files, datetime.now(UTC)
        with files.exclusively():
            state = Realm.read(files.trust())
            held = state.documents.get((DocumentType.COMMUNITY, community))
            if held is None:
                raise DrillError(f"the realm has no community {community}")
            document = held.document
            assert isinstance(document, Community)
            if joins == (nation in document.members_at(now)):
                raise DrillError(f"{nation} is {'a' if joins else 'no'} member of {community} already")
            keys = files.realm_keys(state.root.threshold)
            changed = next_version(document, nation, joins, now)
            trust = put_in_force(files, state.with_document(changed, keys), now)
        return SignedDocuments(request_body(trust), trust.trust_version)


def next_version(document: Community, nation: str, joins: bool, now: datetime) -> Community:
    """The next version of a community, in which a nation is a member from now on, or no more."""
    ended = (
        each.model_copy(update={"until": now}) if each.nation == nation and each.until is None else each
        for each in document.members
    )
    members = (*document.members, Membership(nation=nation, since=now)) if joins else tuple(ended)
    return document.model_copy(update={"version": document.version + 1, "members": members})
