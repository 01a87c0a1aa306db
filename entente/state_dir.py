"""The state of a realm that runs on this machine (`entente up`, drills): where it lies, and who holds it.

lock              held by the one process that runs the realm (flock)
realm/            the founded realm, see realm_files.py
broker/           broker credentials, configuration, log and store
gateways/<N>/     each gateway's store and log
api-keys/<N>.key  the API key for each gateway (0600)
ports.json        loopback ports, kept from one start to the next
"""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from bus.broker_keys import BrokerKey
from entente.hub_keys import hub_user
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed


class StateDir:
    """The layout above, rooted at `path`, which is made readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.realm = RealmFiles(self.path / "realm")
        self.broker = self.path / "broker"

    @contextlib.contextmanager
    def locked(self, patience: float = 10.0) -> Iterator[int]:
        """Hold the directory; gives the lock's descriptor, which children that use the directory inherit.

        CommandFailed, naming the holder, when another process runs this realm. When the holder is gone and
        children of it are still ending, waits for them up to `patience` seconds.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CommandFailed(f"{self.path} cannot be used: {error.strerror}") from error
        try:
            self._take(descriptor, patience)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield descriptor
        finally:
            # The kernel lets go of the lock with the last descriptor, also after kill -9.
            os.close(descriptor)

    def _take(self, descriptor: int, patience: float) -> None:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                if _alive(holder) or time.monotonic() > until:
                    raise CommandFailed(
                        f"the realm in {self.path} runs already (process {holder or 'unknown'}): "
                        "stop it, or give another --state"
                    ) from None
                time.sleep(0.1)
            else:
                return

    def gateway(self, nation: str) -> Path:
        """A gateway's own directory, made when missing."""
        directory = self.path / "gateways" / nation
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return directory

    def api_key_file(self, nation: str) -> Path:
        """The file with the API key for a gateway; its directory is made when missing."""
        directory = self.path / "api-keys"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return directory / f"{nation}.key"

    def broker_user(self, role: str) -> BrokerKey:
        """The broker's `admin` or `auditor` credentials, drawn when missing."""
        return hub_user(self.broker, role)

    def ports(self, names: tuple[str, ...]) -> dict[str, int]:
        """A free loopback port for each name, the same as last time where that one is still free."""
        file = self.path / "ports.json"
        try:
            kept = json.loads(file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            kept = {}
        chosen: dict[str, int] = {}
        with contextlib.ExitStack() as held:
            for name in names:
                wanted = kept.get(name) if isinstance(kept, dict) else None
                chosen[name] = _free_port(held, wanted if isinstance(wanted, int) else 0)
        written = {**kept, **chosen} if isinstance(kept, dict) else chosen
        file.write_text(json.dumps(written, indent=1) + "\n", encoding="ascii")
        return chosen


def _free_port(held: contextlib.ExitStack, wanted: int) -> int:
    """A port that can be listened on, held until `held` ends so that no two names get the same."""
    for port in (wanted, 0):
        listener = socket.socket()
        # As servers do: a port in TIME_WAIT from the last run is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            continue
        held.callback(listener.close)
        found: int = listener.getsockname()[1]
        return found
    raise CommandFailed("there is no free port on the loopback address")


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
