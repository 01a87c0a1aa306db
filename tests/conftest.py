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

from gateways.collector import collect_seldom

settings.register_profile("entente", deadline=None, database=None)
settings.load_profile("entente")

LONG_FIRST = ("faults", "flows", "drills", "cli", "gateway", "transport", "store")
"""Folders under tests/ with processes, a broker or much traffic; the others' tests take milliseconds."""

WHOLE_FOLDERS = ("tests/console/", "tests/cli/at_work/")
"""Folders whose tests share a realm that runs."""
WHOLE_FILES = ("tests/gateway/", "tests/oidc/", "tests/drills/test_drill_run.py")
"""Files whose tests share what takes seconds to make: a drill, a generated client, a provider, gateways."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG_FIRST)}

    def place(item: pytest.Item) -> int:
        folder = item.nodeid.removeprefix("tests/").partition("/")[0]
        return places.get(folder, len(places))

    items.sort(key=place)


class SharersTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Each test to whoever is free, but to one worker those that share what each would have to make again.

    What has most tests is begun with, the console's first. Marks for groups have no effect with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        for folder in WHOLE_FOLDERS:
            if nodeid.startswith(folder):
                return folder
        return nodeid.partition("::")[0] if nodeid.startswith(WHOLE_FILES) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SharersTogether | None:
    """How `make suite` asks for tests to be given out; other ways are left as they are."""
    return SharersTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while collecting, a third of its time; set aside what it has made: that stays.

    Afterwards it is looked for as seldom as a gateway's own process does: many gateways live in this one.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        collect_seldom()
        gc.enable()
