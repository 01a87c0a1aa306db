"""One realm, one console per nation and one Chromium for everything in this directory, which one worker runs.

``open_page`` gives pages that are signed in and watched: a test fails when its pages report an error, break a
rule of their own security policy, reach for another host, or a request of theirs fails. Tests with a browser
are coroutines and say ``pytestmark = pytest.mark.asyncio(loop_scope="session")``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.console.browsing import Pages, Tabs, running_chromium, shared_visitor
from tests.console.hostile import HostileMessage, messages
from tests.console.realm import NATIONS, ConsoleRealm, console_realm
from tests.console.seeding import seed
from tests.console.serving import ServedConsole, served_console
from tests.console.visiting import Visitor

OpenPage = Callable[..., Awaitable[Page]]
Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleRealm]:
    """Three nations, people of every role, no traffic yet: see ``seeded``."""
    with console_realm(tmp_path_factory.mktemp("console") / "realm") as running:
        yield running


@pytest.fixture(scope="session")
def seeded(realm: ConsoleRealm) -> dict[str, dict[str, Any]]:
    """A little of everything, published; by the names of ``seeding.seed``."""
    return seed(realm)


@pytest.fixture(scope="session")
def hostile(realm: ConsoleRealm) -> list[HostileMessage]:
    """The corpus of ``hostile.py`` in XAA's inbox, from XBB."""
    return messages(realm)


@pytest.fixture(scope="session")
def consoles(realm: ConsoleRealm) -> Iterator[dict[str, ServedConsole]]:
    """A console of each nation."""
    with ExitStack() as stack:
        yield {nation: stack.enter_context(served_console(realm, nation)) for nation in NATIONS}


@pytest.fixture(scope="session")
def console(consoles: dict[str, ServedConsole]) -> ServedConsole:
    """The console of XAA."""
    return consoles["XAA"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with running_chromium() as running:
        yield running


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Tabs:
    """Tabs that tests share."""
    return Tabs(browser)


@pytest.fixture(scope="session")
def signed_in(consoles: dict[str, ServedConsole]) -> Iterator[dict[tuple[str, str], Visitor]]:
    """Sessions that tests share, by nation and name; a test that ends one asks for its own."""
    kept: dict[tuple[str, str], Visitor] = {}
    yield kept
    for visitor in kept.values():
        visitor.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(
    tabs: Tabs,
    consoles: dict[str, ServedConsole],
    signed_in: dict[tuple[str, str], Visitor],
) -> AsyncIterator[OpenPage]:
    """``await open_page("wanda", "/nations", nation="XAA", allow=(403,), **options)``."""
    pages = Pages(tabs, consoles, signed_in)
    yield pages.open
    await pages.close()


@pytest.fixture
def visit(consoles: dict[str, ServedConsole], signed_in: dict[tuple[str, str], Visitor]) -> Iterator[Visit]:
    """``visit("wanda", nation="XAA", own=False)``: a visitor without a browser; None is signed out."""
    made: list[Visitor] = []

    def visitor(name: str | None, nation: str = "XAA", *, own: bool = False) -> Visitor:
        if name is not None and not own:
            return shared_visitor(signed_in, consoles[nation], nation, name)
        made.append(Visitor(consoles[nation]))
        return made[-1].sign_in(name) if name is not None else made[-1]

    yield visitor
    for each in made:
        each.close()
