"""A drill's realm on this machine: the ports that the drill needs, over real processes and real keys."""

import asyncio
from datetime import UTC, datetime

import httpx

from bus.authority import Realm
from drills.played import DrillError
from drills.ports import SignedDocuments
from entente.bringing_out import put_in_force, request_body
from entente.realm import RunningRealm
from entente.realm_files import RealmFiles
from schemas.community import Community, Membership
from schemas.trust import DocumentType


class RealmMachinery:
    """Implements `drills.ports.Machinery`."""

    def __init__(self, realm: RunningRealm) -> None:
        self._realm = realm

    async def take_away(self, nation: str) -> None:
        """Stop a nation's gateway in order."""
        await self._realm.processes[nation].stop()

    async def bring_back(self, nation: str) -> None:
        """Start it again; returns when it is ready."""
        process = self._realm.processes[nation]
        await process.start()
        async with httpx.AsyncClient(trust_env=False) as client:
            await process.wait_ready(client)

    async def broker_away(self) -> None:
        """Stop the broker in order; it is not brought back by itself."""
        await self._realm.broker.stop()

    async def broker_back(self) -> None:
        """Start it again, with its streams."""
        await self._realm.broker.start()


class KeyHolders:
    """Implements `drills.ports.RealmOffice` with the offline keys of the drill's own realm."""

    def __init__(self, files: RealmFiles) -> None:
        self._files = files

    async def accede(self, community: str, nation: str) -> SignedDocuments:
        """Sign the community's next version and a snapshot. DrillError when there is no such community."""
        return await asyncio.to_thread(self._accede, community, nation)

    def _accede(self, community: str, nation: str) -> SignedDocuments:
        files, now = self._files, datetime.now(UTC)
        with files.exclusively():
            state = Realm.read(files.trust())
            held = state.documents.get((DocumentType.COMMUNITY, community))
            if held is None:
                raise DrillError(f"the realm has no community {community}")
            document = held.document
            assert isinstance(document, Community)
            if nation in document.members_at(now):
                raise DrillError(f"{nation} is a member of {community} already")
            changed = document.model_copy(
                update={
                    "version": document.version + 1,
                    "members": (*document.members, Membership(nation=nation, since=now)),
                }
            )
            keys = files.realm_keys(state.root.threshold)
            trust = put_in_force(files, state.with_document(changed, keys), now)
        return SignedDocuments(request_body(trust), trust.trust_version)
