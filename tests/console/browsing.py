"""Chromium for tests, and pages whose every complaint fails the test that opened them."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.console.chromium import chromium_path
from tests.console.serving import ServedConsole
from tests.console.visiting import Visitor

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
VIEWPORT = {"width": 1600, "height": 900}


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

    def __init__(self, host: str, allowed: Collection[int]) -> None:
        self._host = host
        self._allowed = allowed
        self.found: list[str] = []

    def watch(self, page: Page) -> None:
        """Listen to a page from its first request on."""
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))
        page.on("response", lambda answer: self._answer(answer.status, answer.url))

    def _console(self, kind: str, text: str) -> None:
        # A status is looked at where it comes, with its address.
        if kind in ("error", "warning") and "the server responded with a status of" not in text:
            self.found.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.found.append(f"reached for {parts.netloc}")

    def _failed(self, url: str, why: str) -> None:
        # Leaving a page ends its streams.
        if "ERR_ABORTED" not in why:
            self.found.append(f"failed: {url} {why}")

    def _answer(self, status: int, url: str) -> None:
        if status >= 400 and status not in self._allowed:
            self.found.append(f"{status}: {url}")


class Pages:
    """The pages of one test."""

    def __init__(
        self,
        browser: Browser,
        consoles: dict[str, ServedConsole],
        signed_in: dict[tuple[str, str], Visitor],
    ) -> None:
        self._browser = browser
        self._consoles = consoles
        self.signed_in = signed_in
        self._contexts: list[BrowserContext] = []
        self._complaints: list[Complaints] = []

    async def open(
        self,
        name: str | None,
        path: str = "/",
        *,
        nation: str = "XAA",
        allow: Collection[int] = (),
        own: bool = False,
        console: ServedConsole | None = None,
        cookies: Mapping[str, str] | None = None,
        language: str = "en",
        **options: Any,
    ) -> Page:
        """A page of somebody who is signed in (None: signed out), at ``path``, with its scripts at work.

        ``allow`` names statuses of answers that are meant to come, ``own`` makes a session that no other test
        shares, ``console`` is another console than the nation's, ``cookies`` are brought along as they are;
        ``options`` are those of a browser context.
        """
        served = console or self._consoles[nation]
        context = await self._browser.new_context(
            **{"viewport": VIEWPORT, "locale": language, "base_url": served.url} | options
        )
        self._contexts.append(context)
        context.set_default_timeout(20_000)
        page = await context.new_page()
        if name is not None:
            await _bring(page, served.url, self._cookies(served, nation, name, own or console is not None))
        if cookies:
            await _bring(page, served.url, cookies)
        complaints = Complaints(urlsplit(served.url).netloc, allow)
        complaints.watch(page)
        context.on("page", complaints.watch)
        self._complaints.append(complaints)
        await page.goto(path)
        if options.get("java_script_enabled", True):
            await page.wait_for_selector("html[data-ready]", state="attached")
        return page

    def _cookies(self, served: ServedConsole, nation: str, name: str, own: bool) -> dict[str, str]:
        if own:
            visitor = Visitor(served).sign_in(name)
            visitor.close()
            return visitor.cookies
        if (nation, name) not in self.signed_in:
            self.signed_in[nation, name] = Visitor(served).sign_in(name)
        return self.signed_in[nation, name].cookies

    async def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            await context.close()

    def judge(self) -> None:
        """Fail for what any page complained of."""
        found = [text for complaints in self._complaints for text in complaints.found]
        assert not found, found


async def _bring(page: Page, url: str, cookies: Mapping[str, str]) -> None:
    """Give a page cookies by the browser's own protocol: playwright names a domain, which is not ours."""
    protocol = await page.context.new_cdp_session(page)
    for name, value in cookies.items():
        given = {"name": name, "value": value, "url": url, "path": "/"}
        answer = await protocol.send("Network.setCookie", given | {"secure": True, "httpOnly": True})
        assert answer["success"], name
    await protocol.detach()
