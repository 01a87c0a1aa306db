"""Consoles served in this process, in a thread of their own, as a test's browser needs them."""

import asyncio
import contextlib
import threading
import traceback
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from console import problems
from console.app import create_app
from console.server import ConsoleServer
from console.settings import ConsoleSettings
from tests.console.realm import ConsoleRealm

WAIT = 30.0

_place_of = problems._place_of


def _with_trace(error: BaseException) -> str:
    """The console writes no traces, which may hold content; a test that fails needs one."""
    traceback.print_exception(error)
    return _place_of(error)


problems._place_of = _with_trace


class ServedConsole:
    """One app, served."""

    def __init__(self, app: FastAPI, settings: ConsoleSettings) -> None:
        self.app = app
        self.settings = settings
        listening = threading.Event()
        self.server = ConsoleServer(app, settings, lambda _: listening.set())
        self._thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()), name="console")
        self._thread.start()
        assert listening.wait(WAIT), "the console did not come up"
        self.url = self.server.url

    def stop(self) -> None:
        """As a signal does."""
        self.server.should_exit = True
        self._thread.join(WAIT)
        assert not self._thread.is_alive(), "the console did not stop"


def settings_for(realm: ConsoleRealm, nation: str, **changes: Any) -> ConsoleSettings:
    """Settings of a console of a nation of the realm, on a free port."""
    given: dict[str, Any] = {
        "nation": nation,
        "gateway_url": realm.url(nation),
        "port": 0,
        "exercise_name": "NORTHERN LANTERN 26",
    }
    return ConsoleSettings(**given | changes)


@contextlib.contextmanager
def served_console(realm: ConsoleRealm, nation: str, **changes: Any) -> Iterator[ServedConsole]:
    """A console of a nation while the block lasts."""
    settings = settings_for(realm, nation, **changes)
    served = ServedConsole(create_app(settings), settings)
    try:
        yield served
    finally:
        served.stop()
