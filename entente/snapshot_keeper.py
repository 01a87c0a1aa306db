"""The snapshot of a realm that runs on this machine: renewed before it expires, brought to the gateways.

Trust that has gone stale stops everything, and on one's own machine nobody else would renew it.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import httpx

from bus.authority import AuthorityError, Realm
from bus.keystore import KeyFileError
from bus.protocol.errors import ProtocolError
from bus.protocol.trust import TrustStore
from bus.trust_bundle import TrustBundleError
from entente.bringing_out import request_body
from entente.realm_files import RealmFiles, RealmFilesError
from schemas.trust import Snapshot

LOOK_SECONDS = 1.0
PATIENCE = 10.0


def due(snapshot: Snapshot, now: datetime) -> bool:
    """Whether less than a third of a snapshot's life is left."""
    return snapshot.expires_at - now < (snapshot.expires_at - snapshot.issued_at) / 3


def freshen_snapshot(files: RealmFiles, now: datetime) -> TrustStore | None:
    """Sign and publish the next snapshot when the one in force is due and the key is at hand.

    The trust store it makes; None when nothing was to be done or could be. Raises what reading and signing
    the realm's files raise.
    """
    with files.exclusively():
        trust = files.trust()
        if not due(trust.snapshot, now) or not files.snapshot_key_file.exists():
            return None
        return files.publish(Realm.read(trust).snapshotted(files.snapshot_key(), now=now))


class SnapshotKeeper:
    """Looks every second, until cancelled. `gateways`: nation -> URL and API key."""

    def __init__(
        self, files: RealmFiles, gateways: Mapping[str, tuple[str, str]], report: Callable[[str], None]
    ) -> None:
        self._files = files
        self._gateways = gateways
        self._report = report
        self._said = ""
        self._written = -1
        self._snapshot: Snapshot | None = None

    async def run(self) -> None:
        """Keep the snapshot fresh. What goes wrong is reported and tried again."""
        to_tell: set[str] = set()
        body = b""
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                try:
                    trust = await asyncio.to_thread(self._look)
                except (
                    AuthorityError,
                    KeyFileError,
                    OSError,
                    ProtocolError,
                    RealmFilesError,
                    TrustBundleError,
                ) as error:
                    self._say_once(f"the realm snapshot cannot be renewed: {error}")
                    continue
                if trust is not None:
                    self._report(
                        f"the realm snapshot was renewed: trust version {trust.trust_version}, "
                        f"until {trust.expires_at:%Y-%m-%d %H:%M} UTC"
                    )
                    to_tell, body = set(self._gateways), request_body(trust)
                for nation in sorted(to_tell):
                    if await self._tell(client, nation, body):
                        to_tell.discard(nation)

    def _look(self) -> TrustStore | None:
        """Renew when due. Documents are read only when there are new ones: verifying them is work."""
        written = self._files.trust_dir.stat().st_mtime_ns
        if self._snapshot is None or written != self._written:
            self._snapshot, self._written = self._files.trust().snapshot, written
        now = datetime.now(UTC)
        if not due(self._snapshot, now):
            return None
        trust = freshen_snapshot(self._files, now)
        if trust is None and not self._files.snapshot_key_file.exists():
            self._say_once(
                f"the realm snapshot expires {self._snapshot.expires_at:%Y-%m-%d %H:%M} UTC, and then "
                f"everything stops; its key is not in {self._files.offline}: see `entente realm snapshot`"
            )
        return trust

    async def _tell(self, client: httpx.AsyncClient, nation: str, body: bytes) -> bool:
        """Whether the gateway took it. One that is down reads the bundle at its start, and is told again."""
        url, key = self._gateways[nation]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        try:
            answer = await client.post(f"{url}/v1/trust", content=body, headers=headers)
        except httpx.TransportError:
            return False
        if answer.is_success:
            return True
        self._say_once(f"the gateway of {nation} did not take the new snapshot ({answer.status_code})")
        return answer.status_code < 500

    def _say_once(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._report(text)
