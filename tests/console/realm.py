"""A small realm for the console: three nations' gateways as processes on a real broker, people of every role.

Tests share one (``conftest.py``); ``python -m tests.console.develop`` leaves one running to look at.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bus.store import operators
from bus.store.operators import Operator
from bus.store.writer import Store, Transaction
from entente.realm import RunningRealm, found_or_keep, running_realm
from entente.state_dir import StateDir
from gateways.operators.hashing import Hashing
from gateways.store_file import STORE_FILE
from schemas.header import Kind, Mode
from schemas.operator import Role
from schemas.realm_plan import RealmPlan

NATIONS = ("XAA", "XBB", "XCC")
DISPLAY_NAMES = {"XAA": "Aland", "XBB": "Borduria", "XCC": "Cascadia"}
PASSWORD = "seven herons cross the ford"
ONE_TIME = "once at the gate of the mill"

PEOPLE: dict[str, tuple[Role, ...]] = {
    "wanda": (Role.WATCH_OFFICER,),
    "rolf": (Role.RELEASER,),
    "rita": (Role.RELEASER,),
    "ed": (Role.EXERCISE_STAFF,),
    "sofia": (Role.SECURITY_OFFICER,),
    "aude": (Role.AUDITOR,),
    "chief": (Role.RELEASER, Role.SECURITY_OFFICER),
}
"""Operators of each nation, all with ``PASSWORD``. ``newcomer`` besides has a one-time password."""

WAIT = 60.0


def plan() -> RealmPlan:
    """Three nations that may exchange everything up to NATO SECRET in every mode; two communities of them."""
    return RealmPlan.model_validate(
        {
            "name": "Console",
            "nations": tuple(
                {"nation": code, "display_name": DISPLAY_NAMES[code], "policy": "NATO"} for code in NATIONS
            ),
            "known_policies": ("NATO", "REALM"),
            "communities": (
                {
                    "id": "TRIO",
                    "title": "All three nations",
                    "members": NATIONS,
                },
                {"id": "PAIR", "title": "Two of the three", "members": NATIONS[:2]},
            ),
            "agreements": (
                {
                    "id": "trio",
                    "title": "Agreement of the three",
                    "parties": NATIONS,
                    "kinds": tuple(Kind),
                    "modes": tuple(Mode),
                    "highest": ({"policy": "NATO", "classification": "NATO SECRET"},),
                },
            ),
        }
    )


@dataclass
class ConsoleRealm:
    """The realm while it runs, seen from another thread."""

    loop: asyncio.AbstractEventLoop
    running: RunningRealm
    http: httpx.Client
    """Whoever calls gateways past every console."""

    def url(self, nation: str) -> str:
        """The gateway's address."""
        return self.running.gateways[nation].url

    def key(self, nation: str) -> str:
        """An API key that may do everything."""
        return self.running.gateways[nation].key

    def get(self, nation: str, path: str, **params: Any) -> Any:
        """GET as a partner system; the parsed JSON."""
        answer = self.http.get(self.url(nation) + path, params=params, headers=self._auth(nation))
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, nation: str, path: str, body: Any) -> Any:
        """POST as a partner system; the parsed JSON."""
        answer = self.http.post(self.url(nation) + path, json=body, headers=self._auth(nation))
        assert answer.is_success, answer.text
        return answer.json()

    def sign_in(self, nation: str, name: str, password: str = PASSWORD) -> dict[str, Any]:
        """A session of its own at the gateway, past every console: tokens and operator."""
        answer = self.http.post(
            f"{self.url(nation)}/v1/operators/sign-in", json={"name": name, "password": password}
        )
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait_for(self, nation: str, message_id: str) -> dict[str, Any]:
        """The inbox entry of a message, once it has come: follows the inbox's own stream."""
        entry = f"{self.url(nation)}/v1/inbox/{message_id}"
        found = self.http.get(entry, headers=self._auth(nation))
        if found.is_success:
            return dict(found.json())
        stream = f"{self.url(nation)}/v1/inbox/stream"
        with self.http.stream("GET", stream, params={"after": 0}, headers=self._auth(nation)) as coming:
            for line in coming.iter_lines():
                if line.startswith("data:") and message_id in line:
                    break
        return dict(self.get(nation, f"/v1/inbox/{message_id}"))

    def pid(self, nation: str) -> int:
        """The gateway's process, to freeze or kill it."""
        process = self.running.processes[nation].pid
        assert process is not None
        return process

    def call(self, job: Any) -> Any:
        """Run a coroutine in the realm's loop (``processes[nation].stop()`` and ``start()``)."""
        return asyncio.run_coroutine_threadsafe(job, self.loop).result(WAIT)

    def _auth(self, nation: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key(nation)}"}


@contextlib.contextmanager
def console_realm(directory: Path, settings: dict[str, str] | None = None) -> Iterator[ConsoleRealm]:
    """Found a realm in a directory, with its people, run it in a thread, and stop it in order."""
    state = StateDir(directory)
    # Without TLS there is no certificate to read, which takes longer than the request.
    with state.locked() as lock, httpx.Client(trust_env=False, verify=False, timeout=WAIT) as http:
        found_or_keep(state, plan())
        asyncio.run(_add_people(state))
        started: list[ConsoleRealm] = []
        ready, stop = threading.Event(), threading.Event()
        faults: list[BaseException] = []

        async def run() -> None:
            loop = asyncio.get_running_loop()
            wanted = {"log_level": "WARNING", **(settings or {})}
            async with running_realm(state, lock, lambda _: None, wanted) as realm:
                started.append(ConsoleRealm(loop, realm, http))
                ready.set()
                await loop.run_in_executor(None, stop.wait)

        def thread() -> None:
            try:
                asyncio.run(run())
            except BaseException as error:  # noqa: BLE001 (told to who waits)
                faults.append(error)
            finally:
                ready.set()

        running = threading.Thread(target=thread, name="console-realm")
        running.start()
        ready.wait()
        try:
            if faults:
                raise faults[0]
            yield started[0]
        finally:
            stop.set()
            running.join()


async def _add_people(state: StateDir) -> None:
    """Operators of every role in every nation's store, before its gateway opens it."""
    trust = state.realm.trust()
    hashing = Hashing()
    hashed, once = hashing.hash_now(PASSWORD), hashing.hash_now(ONE_TIME)
    hashing.close()
    now = datetime.now(UTC)
    for nation in NATIONS:
        store = Store.open(state.gateway(nation) / STORE_FILE, nation, trust.realm)

        def add(tx: Transaction) -> None:
            for name, roles in PEOPLE.items():
                if operators.find(tx, name) is None:
                    operators.add(
                        tx,
                        Operator(
                            name, name.capitalize(), frozenset(roles), True, now, hashed, now, False, None
                        ),
                    )
            if operators.find(tx, "newcomer") is None:
                watch, until = frozenset({Role.WATCH_OFFICER}), now + timedelta(days=7)
                operators.add(tx, Operator("newcomer", "Newcomer", watch, True, now, once, now, True, until))

        try:
            await store.write(add)
        finally:
            await store.close()
