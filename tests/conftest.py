"""For every test: hypothesis without its per-example deadline, long ones first, little garbage to look for.

A busy machine is slow, not wrong. With several workers (`make test`) the next test goes to whoever is free:
what takes long is begun early, so that no worker is left alone with it at the end.
"""

import gc

import pytest
from hypothesis import settings

settings.register_profile("entente", deadline=None, database=None)
settings.load_profile("entente")

LONG_FIRST = ("faults", "flows", "drills", "cli", "gateway", "transport", "store")
"""Folders under tests/ with processes, a broker or much traffic; the others' tests take milliseconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG_FIRST)}

    def place(item: pytest.Item) -> int:
        folder = item.nodeid.removeprefix("tests/").partition("/")[0]
        return places.get(folder, len(places))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Set aside what collecting the tests has made: it stays, and every look for garbage would walk it."""
    gc.collect()
    gc.freeze()
