"""For every test: hypothesis without its per-example deadline, long ones first, little garbage to look for.

A busy machine is slow, not wrong. With several workers (`make test`) the next test goes to whoever is free:
what takes long is begun early, so that no worker is left alone with it at the end.
"""

import gc
from collections.abc import Generator

import pytest
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

settings.register_profile("entente", deadline=None, database=None)
settings.load_profile("entente")

LONG_FIRST = ("faults", "flows", "drills", "cli", "gateway", "transport", "store")
"""Folders under tests/ with processes, a broker or much traffic; the others' tests take milliseconds."""

CONSOLE = "tests/console/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG_FIRST)}

    def place(item: pytest.Item) -> int:
        folder = item.nodeid.removeprefix("tests/").partition("/")[0]
        return places.get(folder, len(places))

    items.sort(key=place)


class OneConsole(LoadScopeScheduling):  # type: ignore[misc]
    """Each test to whoever is free, but all of the console's to one worker, which begins with them.

    They share a realm, consoles and a Chromium. Marks for groups have no effect with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return CONSOLE if nodeid.startswith(CONSOLE) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneConsole | None:
    """How `make suite` asks for tests to be given out; other ways are left as they are."""
    return OneConsole(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while collecting, a third of its time; set aside what it has made: that stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
