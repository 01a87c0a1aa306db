"""The processes and files of a load's own realm."""

from collections.abc import Mapping

from drills.load.processes import directory_bytes
from entente.realm import RunningRealm


class RealmSurroundings:
    """Implements `drills.load.play.Surroundings`."""

    def __init__(self, realm: RunningRealm) -> None:
        self._realm = realm

    def pids(self) -> Mapping[str, int | None]:
        """Each gateway by its nation, and the broker."""
        gateways = {nation: process.pid for nation, process in self._realm.processes.items()}
        return {**gateways, "broker": self._realm.broker.pid}

    def disk(self) -> Mapping[str, int]:
        """Each gateway's directory, and the broker's store."""
        state = self._realm.state
        gateways = {nation: directory_bytes(state.gateway(nation)) for nation in self._realm.processes}
        return {**gateways, "broker": directory_bytes(state.broker)}
