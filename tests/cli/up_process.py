"""`entente up` as a real process, for tests: started, asked, killed, and nothing left behind."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.free_ports import free_port

PATIENCE = 60.0
LOOK_SECONDS = 0.1
"""How often another process is asked whether something has happened there: nothing tells it by itself."""

PLAN = """
name: Realm of a test
nations:
  - {nation: XAA, display_name: A}
  - {nation: XBB, display_name: B}
known_policies: [REALM]
agreements:
  - id: all
    title: Everything
    parties: [XAA, XBB]
    kinds: [threat_alert, acknowledgement]
    modes: [OPERATION, EXERCISE]
    highest: [{policy: REALM, classification: PROTECTED}]
"""


def draft(subject: str) -> dict[str, Any]:
    """A draft of XAA for XBB."""
    return {
        "header": {"kind": "threat_alert", "precedence": "PRIORITY", "mode": "OPERATION", "subject": subject},
        "label": {"policy": "REALM", "classification": "LIMITED", "releasable_to": ["XBB"]},
        "body": {
            "action": "ALERT",
            "threat_type": "maritime",
            "categories": ["Safety"],
            "urgency": "Immediate",
            "severity": "Minor",
            "certainty": "Observed",
            "texts": [{"language": "en", "event": "Drifting container", "headline": "Awash, without lights"}],
            "affected_nations": ["XBB"],
        },
    }


class UpProcess:
    """One `entente up` over a state directory; a context manager that kills whatever is left."""

    def __init__(
        self,
        state: Path,
        plan: str | None = PLAN,
        nations: Iterable[str] = ("XAA", "XBB"),
        options: Iterable[str] = ("--no-console", "--no-drill"),
        **environment: str,
    ) -> None:
        """``plan``: None for the realm that `entente up` founds by itself; ``nations``: those it has."""
        arguments: list[str | Path] = ["--state", state, "--json", *options]
        if plan is not None:
            file = state.with_name("plan.yaml")
            file.write_text(plan, encoding="utf-8")
            arguments += ["--plan", file]
        if not state.exists():
            state.mkdir(mode=0o700)
            ports = {name: free_port() for name in ("broker", *nations)}
            (state / "ports.json").write_text(json.dumps(ports))
        self.state = state
        self.log: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "entente", "up", *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._pids: set[int] = {self.process.pid}
        # Drained all the time, so that the process never waits for us to read.
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        addresses = self._read_addresses()
        self.gateways: Mapping[str, Any] = addresses["gateways"]
        self.consoles: Mapping[str, Any] = addresses["consoles"]
        self.pids()

    def __enter__(self) -> "UpProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_everything()
        self._reader.join(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def pids(self) -> dict[str, int]:
        """The programs that live now, by what they are: "broker", "console", or a nation's gateway."""
        found: dict[str, int] = {}
        for pid in children_of(self.process.pid):
            if b"entente.forking" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                found["broker"] = pid
                continue
            self._pids.add(pid)
            for forked in children_of(pid):
                name = Path(f"/proc/{forked}/comm").read_text().strip()
                found[name.removeprefix("gateway of ")] = forked
        self._pids |= set(found.values())
        return found

    def starters(self) -> list[int]:
        """The children from which gateways and console are forked."""
        return sorted(set(children_of(self.process.pid)) - {self.pids()["broker"]})

    def client(self, nation: str) -> httpx.Client:
        """An HTTP client for one gateway, with its key."""
        place = self.gateways[nation]
        key = Path(place["key_file"]).read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(
            base_url=place["url"], headers=headers, trust_env=False, verify=False, timeout=PATIENCE
        )

    def publish(self, subject: str) -> str:
        """Publish a draft of XAA; gives its message id."""
        with self.client("XAA") as client:
            answer = client.post("/v1/messages", json=draft(subject))
        assert answer.status_code == 201, answer.text
        message_id: str = answer.json()["message_id"]
        return message_id

    def inbox(self, nation: str) -> list[str]:
        """Ids of the messages in a nation's inbox, in order of filing."""
        with self.client(nation) as client:
            return [entry["message_id"] for entry in client.get("/v1/inbox?limit=500").json()["items"]]

    def wait_for_messages(self, nation: str, wanted: Iterable[str]) -> None:
        """Return once a nation's inbox stream has shown all of these. AssertionError when that takes long."""
        missing = set(wanted)
        deadline = time.monotonic() + PATIENCE
        with self.client(nation) as client, client.stream("GET", "/v1/inbox/stream?after=0") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    missing.discard(json.loads(line[6:])["message_id"])
                if not missing:
                    return
                # The stream says every now and then that it lives, so this is looked at.
                assert time.monotonic() < deadline, f"{len(missing)} messages did not come"

    def stop(self, number: int) -> int:
        """Send a signal to the parent and wait for its end; gives its exit code."""
        self.pids()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def kill_everything(self) -> None:
        """SIGKILL to every process of the realm at once, and wait until none is left."""
        if self.process.poll() is None:
            self.pids()
        for pid in self._pids:
            if still_ours(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.wait_until_gone()

    def wait_until_gone(self) -> None:
        """Return once no process of the realm lives. AssertionError when one outlives our patience."""
        for pid in self._pids - {self.process.pid}:
            wait_for_end(pid)

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def _read_addresses(self) -> Mapping[str, Any]:
        assert self.process.stdout is not None
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        text = ""
        for line in self.process.stdout:
            text += line
            if line == "}\n":
                break
        watchdog.cancel()
        assert text, f"the realm did not come up: {''.join(self.log)}"
        addresses: Mapping[str, Any] = json.loads(text)
        return addresses


def children_of(pid: int) -> list[int]:
    """Process ids of the children that the threads of a process have."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(word) for word in (task / "children").read_text().split()]
    return found


def still_ours(pid: int) -> bool:
    """Whether the process lives and is one of a realm's: a number may have gone to somebody else."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"entente" in words or b"nats-server" in words


def wait_for_end(pid: int) -> None:
    """Return once a process has ended; AssertionError when it does not within our patience."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], PATIENCE)
        assert ended, f"process {pid} still lives"
    finally:
        os.close(descriptor)
