"""Chromium for tests, and pages whose every complaint fails the test that opened them."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, CDPSession, Error, Page, async_playwright, expect

from tests.console.chromium import chromium_path
from tests.console.serving import ServedConsole
from tests.console.visiting import Visitor

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Debian's starter asks to paint by graphics hardware. There is none: in software that costs a third more.
    "--disable-gpu-rasterization",
    # The browser's own window is painted, too: nothing in it need move.
    *("--force-prefers-reduced-motion", "--animation-duration-scale=0"),
    # Nobody types into its address field: what would drop down there is a page of its own for every window,
    # and costs more than most of ours. Nor is a process kept ready, for every context anew, for another site:
    # none comes. Playwright's own are named again, for only the last such flag counts.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,AimEnabled,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,"
    "AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,NetworkTimeServiceQuerying,PreconnectToSearch,"
    "SpareRendererForSitePerProcess",
)
Allowed = Collection[int | str]
VIEWPORT = {"width": 1600, "height": 900}
NOTHING = "/palette.css"
"""Where a tab waits for the next test: nothing runs there."""

PATIENCE = 60.0
"""How long a page is waited for, in seconds: a busy machine is slow, not wrong."""

expect.set_options(timeout=PATIENCE * 1000)


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """One Chromium, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS])
        try:
            yield browser
        finally:
            await browser.close()


class Complaints:
    """What a page reported that a page must not report."""

    def __init__(self, host: str, allowed: Allowed) -> None:
        self._host = host
        self._allowed = allowed
        self._over = False
        self.found: list[str] = []

    def watch(self, page: Page) -> None:
        """Listen to a page from its first request on."""
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self._note(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))
        page.on("response", lambda answer: self._answer(answer.status, answer.url))

    def take(self) -> list[str]:
        """What was found; nothing is noted any more."""
        self._over = True
        return self.found

    def begin(self, allowed: Allowed) -> None:
        """Note for the next test."""
        self._allowed, self._over, self.found = allowed, False, []

    def _note(self, text: str) -> None:
        if not self._over:
            self.found.append(text)

    def _console(self, kind: str, text: str) -> None:
        # A status is looked at where it comes, with its address.
        if kind in ("error", "warning") and "the server responded with a status of" not in text:
            self._note(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self._note(f"reached for {parts.netloc}")

    def _failed(self, url: str, why: str) -> None:
        # Leaving a page ends its streams. What its policy forbids is an error of the console, too; where
        # scripts are off their preloading ends like that, without one.
        if "ERR_ABORTED" not in why and why != "csp" and why not in self._allowed:
            self._note(f"failed: {url} {why}")

    def _answer(self, status: int, url: str) -> None:
        if status >= 400 and status not in self._allowed:
            self._note(f"{status}: {url}")


@dataclass
class Tab:
    """A page in a browser context of its own."""

    key: object
    context: BrowserContext
    page: Page
    protocol: CDPSession
    complaints: Complaints

    async def bring(self, url: str, cookies: Mapping[str, str]) -> None:
        """Give it cookies by the browser's own protocol: playwright names a domain, which is not ours."""
        place = {"url": url, "path": "/", "secure": True, "httpOnly": True}
        given = [{"name": name, "value": value} | place for name, value in cookies.items()]
        await self.protocol.send("Network.setCookies", {"cookies": given})


class Tabs:
    """Tabs that tests borrow one after another: a new browser context costs more than what is done in it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[object, list[Tab]] = {}

    async def borrow(self, url: str, allow: Allowed, kept: bool, options: Mapping[str, Any]) -> Tab:
        """A tab without cookies, storage or history that a test could see. Unless ``kept`` it is new."""
        size = options.get("viewport", VIEWPORT)
        rest = {name: value for name, value in options.items() if name != "viewport"}
        # What else a context can be given is rare, and such a tab is for one test.
        key = (url, rest["locale"]) if kept and rest.keys() == {"locale"} else None
        if free := self._free.get(key):
            tab = free.pop()
            tab.complaints.begin(allow)
            if tab.page.viewport_size != size:
                await tab.page.set_viewport_size(size)
            return tab
        context = await self._browser.new_context(**{"viewport": size, "base_url": url} | rest)
        context.set_default_timeout(PATIENCE * 1000)
        page = await context.new_page()
        protocol = await context.new_cdp_session(page)
        complaints = Complaints(urlsplit(url).netloc, allow)
        complaints.watch(page)
        context.on("page", complaints.watch)
        return Tab(key, context, page, protocol, complaints)

    async def give_back(self, tab: Tab) -> None:
        """Empty it, for the next test; a tab that is for one test, or will not be emptied, is closed."""
        tab.complaints.take()
        if tab.key is None or tab.page.is_closed():
            await tab.context.close()
            return
        try:
            for page in tab.context.pages:
                if page is not tab.page:
                    await page.close()
            await tab.page.unroute_all()
            await tab.page.emulate_media(media="null")
            await tab.page.goto(NOTHING)
            await tab.page.evaluate(
                "() => { localStorage.clear(); sessionStorage.clear(); window.name = ''; }"
            )
            await tab.context.clear_cookies()
        except Error:
            await tab.context.close()
        else:
            self._free.setdefault(tab.key, []).append(tab)


def shared_visitor(
    signed_in: dict[tuple[str, str], Visitor], served: ServedConsole, nation: str, name: str
) -> Visitor:
    """The session that tests share: a new one where the last was displaced by later ones, or is too old."""
    visitor = signed_in.get((nation, name))
    # A small page, which asks the gateway, too.
    if visitor is not None and visitor.get("/settings/password").is_success:
        return visitor
    if visitor is not None:
        visitor.close()
    signed_in[nation, name] = Visitor(served).sign_in(name)
    return signed_in[nation, name]


class Pages:
    """The pages of one test."""

    def __init__(
        self,
        tabs: Tabs,
        consoles: dict[str, ServedConsole],
        signed_in: dict[tuple[str, str], Visitor],
    ) -> None:
        self._tabs = tabs
        self._consoles = consoles
        self.signed_in = signed_in
        self._borrowed: list[Tab] = []

    async def open(
        self,
        name: str | None,
        path: str = "/",
        *,
        nation: str = "XAA",
        allow: Allowed = (),
        own: bool = False,
        console: ServedConsole | None = None,
        cookies: Mapping[str, str] | None = None,
        language: str = "en",
        **options: Any,
    ) -> Page:
        """A page of somebody who is signed in (None: signed out), at ``path``, with its scripts at work.

        ``allow`` names statuses of answers, and failures, that are meant to come, ``own`` makes a session
        that no other test shares, ``console`` is another console than the nation's, ``cookies`` are brought
        along as they are; ``options`` are those of a browser context.
        """
        served = console or self._consoles[nation]
        tab = await self._tabs.borrow(served.url, allow, console is None, {"locale": language} | options)
        self._borrowed.append(tab)
        if name is not None:
            given = await asyncio.to_thread(self._cookies, served, nation, name, own or console is not None)
            await tab.bring(served.url, given)
        if cookies:
            await tab.bring(served.url, cookies)
        await tab.page.goto(path)
        if options.get("java_script_enabled", True):
            await tab.page.wait_for_selector("html[data-ready]", state="attached")
        return tab.page

    def _cookies(self, served: ServedConsole, nation: str, name: str, own: bool) -> dict[str, str]:
        if own:
            visitor = Visitor(served).sign_in(name)
            visitor.close()
            return visitor.cookies
        return shared_visitor(self.signed_in, served, nation, name).cookies

    async def close(self) -> None:
        """Give every page back, and fail for what any of them complained of."""
        found = [text for tab in self._borrowed for text in tab.complaints.take()]
        for tab in self._borrowed:
            await self._tabs.give_back(tab)
        assert not found, found
