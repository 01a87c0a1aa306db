"""The processes and files of a load's own realm."""

from collections.abc import Mapping

from drills.load.processes import directory_bytes
from entente.realm import RunningRealm

LOGS = ("-wal", "-shm")


class RealmSurroundings:
    """Implements `drills.load.play.Surroundings`."""

    def __init__(self, realm: RunningRealm) -> None:
        self._realm = realm

    def pids(self) -> Mapping[str, int | None]:
        """Each gateway by its nation, and the broker."""
        gateways = {nation: process.pid for nation, process in self._realm.processes.items()}
        return {**gateways, "broker": self._realm.broker.pid}

    def disk(self) -> Mapping[str, int]:
        """What each gateway's directory holds just now, and the broker's; logs under way included."""
        return self._held(())

    def kept(self) -> Mapping[str, int]:
        """The same without the logs: when a gateway has stopped, what was in them is in its store."""
        return self._held(LOGS)

    def _held(self, without: tuple[str, ...]) -> Mapping[str, int]:
        state, nations = self._realm.state, self._realm.processes
        gateways = {nation: directory_bytes(state.gateway(nation), without) for nation in nations}
        return {**gateways, "broker": directory_bytes(state.broker)}
